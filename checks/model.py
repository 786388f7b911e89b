"""The vocabulary of a check: how bad, for which verdict, and the three things a lookup can tell.

Nothing here asks, judges or speaks; every other module of the package may import it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Literal, TypeAlias, TypeVar

T = TypeVar("T")
Lang: TypeAlias = Literal["en", "ja"]
LANGS: tuple[Lang, ...] = ("en", "ja")


class Severity(StrEnum):
    """Defined by consequence, not by taste; the order of the members is from worst to mildest."""

    CRITICAL = "critical"
    """Others can abuse it, or mail is being lost now."""
    ERROR = "error"
    """A receiver that follows the standard refuses or ignores it, or a required item is absent."""
    WARNING = "warning"
    """Works today, breaks on the next change or at some receivers."""
    NOTICE = "notice"
    """Advice."""

    @property
    def rank(self) -> int:
        """0 for the worst, rising as it gets milder: the sort key of "worst first"."""
        return list(Severity).index(self)


class Tier(StrEnum):
    """Which of the five verdicts a finding can lower."""

    DANGER = "danger"
    MAIL = "mail"
    DNS = "dns"
    NONE = "-"


class Outcome(StrEnum):
    """The answer to one question of a check."""

    PASSED = "passed"
    """Determined, and nothing of severity warning or worse was found (a notice is advice and may be attached)."""
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"
    BROKEN = "broken"
    """Our own bug: logged, and the rest of the report goes on."""


class Why(StrEnum):
    """Why a question has no answer, or does not arise. The values are the `reason` words of a report."""

    TIMEOUT = "timeout"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    NETWORK = "network"
    """Our packets could not be sent or the connection was torn down."""
    BAD_NAME = "bad_name"
    """The name cannot be asked for in the DNS (a label over 63 octets, an empty label)."""
    BLOCKED = "blocked"
    """A blocklist or server refuses us, not the domain."""
    FILTERED = "filtered"
    """Our resolver answers in place of the domain (a filter, or forged answers)."""
    NOT_VALIDATING = "not_validating"
    """Our resolver did not prove that it validates DNSSEC."""
    NO_DIRECT = "no_direct"
    """From here no name server can be asked without the resolver, although that one gets answers."""
    NO_CONNECT = "no_connect"
    """Connections were switched off by whoever asked for the check."""
    NOT_PROVIDED = "not_provided"
    """The session facts (address, HELO, return path, TLS) were not given with the message."""
    NOT_ASKED = "not_asked"
    """The check was asked for other topics only."""
    NOT_COVERED = "not_covered"
    """This version does not test it."""
    NEEDS_MAIL = "needs_mail"
    NEEDS_PROOF = "needs_proof"
    """The open-relay probe wants a proof of ownership first."""
    DEPENDS = "depends"
    """The evidence it rests on could not be obtained."""
    INTERNAL = "internal"
    NON_SENDING = "non_sending"
    NO_DOMAIN = "no_domain"
    NO_RECORD = "no_record"
    NO_MX = "no_mx"
    NO_SIGNATURE = "no_signature"
    NO_PASS = "no_pass"
    """No signature, or not SPF, passed; another question says why."""
    FORWARDED = "forwarded"
    NO_FROM = "no_from"
    NOT_BULK = "not_bulk"
    """Nothing says that the mail goes to many."""
    NO_UNSUBSCRIBE = "no_unsubscribe"
    TOO_COSTLY = "too_costly"
    """The analysis of the mail went over its limit of time or memory."""
    NOT_ANALYSED = "not_analysed"
    """The process that analysed the mail died, or none was free."""

    @property
    def is_own_side(self) -> bool:
        """Prevented by us, not by the domain: "not tested here", never a cause of an undetermined verdict."""
        return self in _OWN_SIDE


_OWN_SIDE = frozenset(
    {
        Why.BLOCKED,
        Why.NOT_VALIDATING,
        Why.NO_DIRECT,
        Why.NO_CONNECT,
        Why.NOT_PROVIDED,
        Why.NOT_ASKED,
        Why.NOT_COVERED,
        Why.NEEDS_MAIL,
        Why.NEEDS_PROOF,
    }
)


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """It was there, and this is what it said."""

    value: T


@dataclass(frozen=True, slots=True)
class Absent:
    """The question was answered: there is none. `nxdomain`: not even the name exists. `authentic`: as in `Answer`."""

    how: Literal["nodata", "nxdomain"] = "nodata"
    authentic: bool = field(default=False, compare=False)
    alias_of: str | None = field(default=None, compare=False)
    """The canonical name, of which all this is said, where the asked name is an alias (CNAME) of it."""
    zone: str | None = field(default=None, compare=False)
    """The zone that says so: the owner of the SOA record that came with the answer (RFC 2308 section 5)."""


@dataclass(frozen=True, slots=True)
class ExtendedError:
    """An Extended DNS Error (RFC 8914): the INFO-CODE and the server's text."""

    code: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Could not tell: no answer, or none that means anything. Never to be read as absence."""

    why: Why
    detail: str = ""
    extended: tuple[ExtendedError, ...] = ()


Known: TypeAlias = Seen[T] | Absent | Unreachable
"""What a lookup tells: seen, absent, or could not tell."""


@dataclass(frozen=True, slots=True)
class MxHost:
    """One MX record; `host` without the trailing dot, "" for the null MX (RFC 7505)."""

    preference: int
    host: str


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """The records of one name and type, CNAMEs followed.

    `values` by type: TXT bytes (the strings of a record joined, RFC 7208 section 3.3), A and AAAA the address as text,
    MX `MxHost`, PTR, CNAME and NS the name without trailing dot, anything else the presentation text.
    `authentic`: the AD bit, from a resolver that proved that it validates; False says nothing about the zone otherwise.
    """

    name: str
    rdtype: str
    values: tuple[T, ...]
    ttl_s: int = 0
    authentic: bool = False
    alias_of: str | None = None
    """The canonical name, where the asked name is an alias of it."""
    signatures: tuple[str, ...] = ()
    """The RRSIG records of these values in presentation format, for the types asked with DO (SOA, DNSKEY, DS)."""


def canonical_name(told: Known[Answer[T]]) -> str | None:
    """The name that the CNAME at the asked name leads to in the end, whether records stand there or not."""
    match told:
        case Seen(Answer(alias_of=target)) | Absent(alias_of=target):
            return target
    return None


class HttpsFault(StrEnum):
    """What is wrong with a page where a server was found to be at fault. The values go into reports."""

    NO_ADDRESS = "no_address"
    PRIVATE_ADDRESS = "private_address"
    """The name has addresses, but none that is reachable from the Internet."""
    REFUSED = "refused"
    DISCONNECTED = "disconnected"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_EARLY = "certificate_early"
    CERTIFICATE_NAME = "certificate_name"
    CERTIFICATE_SELF_SIGNED = "certificate_self_signed"
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    HANDSHAKE = "handshake"
    NOT_HTTP = "not_http"
    STATUS = "status"
    REDIRECT = "redirect"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Document:
    """What a server returned for a URL with status 200. `content_type`: the media type in lower case, "" for none."""

    url: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class NotServed:
    """The server was found to be at fault. `detail`: the status code, the target of a redirect, an address, or ""."""

    url: str
    fault: HttpsFault
    detail: str = ""


Fetched: TypeAlias = Document | NotServed | Unreachable
"""What fetching a URL tells: the document, the server's fault, or could not tell."""
