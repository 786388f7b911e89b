"""A received mail: what its bytes say, and what verification of its signatures gave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from checks.evidence.message_form import MessageForm
from checks.model import Why

SignatureResult: TypeAlias = Literal["pass", "fail", "permerror", "temperror", "none", "policy", "neutral"]

SignatureReason: TypeAlias = Literal[
    "",
    "body_changed",
    "signature_invalid",
    "key_not_found",
    "key_revoked",
    "key_syntax",
    "key_lookup_failed",
    "key_too_short",
    "key_restricted",
    "signature_syntax",
    "from_not_signed",
    "sha1",
    "expired",
    "too_many",
]


ArcReason: TypeAlias = Literal["", "structure", "cv_fail", "message_signature", "seal", "key_lookup_failed"]
"""Why a chain fails: no chain at all, a seal says so, or what does not verify (RFC 8617 section 5.2)."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM-Signature field (RFC 6376), from the top of the message. Result words of RFC 8601 section 2.7.1.

    `key_bits` None where no key was read. `signed_headers` in lower case, in the order of h=. `body_length`: the l=
    tag.
    """

    index: int
    result: SignatureResult
    reason: SignatureReason
    domain: str
    selector: str
    algorithm: str
    key_bits: int | None
    identity: str
    signed_headers: tuple[str, ...]
    body_length: int | None = None
    key_name: str = ""
    key_why: str = ""
    """The `Why` word, where the key lookup failed."""
    key_records: tuple[str, ...] = ()
    """The TXT records at `key_name` as they came."""
    key_alias_of: str | None = None
    """Where `key_name` is a CNAME: what it leads to. The records are at that name, which is mostly a provider's."""
    signed_at: int | None = None
    expires_at: int | None = None
    """The t= and x= tags, seconds since 1970; 10**12 for ever."""
    unsigned_octets: int = 0
    """How much of the canonical body l= leaves out: what was appended after signing, or never signed."""

    @property
    def is_not_read(self) -> bool:
        """It stands behind so many others that nobody looked at it: it may be any, and may pass."""
        return self.reason == "too_many"


@dataclass(frozen=True, slots=True)
class ArcEvidence:
    """The ARC chain (RFC 8617). `sealer`: d= of the newest seal. `instances`: the highest instance value.

    A failed key lookup makes a chain `fail` as well (section 5.2.1): the reason is then key_lookup_failed, and nothing
    else was found wrong.
    """

    result: Literal["none", "pass", "fail"]
    instances: int
    sealer: str = ""
    reason: ArcReason = ""
    key_why: str = ""
    """The `Why` word, where the key lookup failed."""


@dataclass(frozen=True, slots=True)
class HearsayEvidence:
    """What the topmost Received field of a mail file says of the session that brought it. Shown, and never judged by:
    whoever made the file can have written it.

    `protocol`: the word after "with", in capitals (RFC 3848: ESMTPS is ESMTP over TLS). Each None where it is not said.
    """

    client_ip: str | None
    helo: str | None
    protocol: str | None
    tls_version: str | None
    tls_cipher: str | None


@dataclass(frozen=True, slots=True)
class MessageEvidence:
    """What the bytes of the mail tell.

    `from_fields`: the raw From field values; `from_address`: None where there is not exactly one valid address
    (`from_problem` then says which way: none, several_fields, several_addresses, no_address, bad_domain);
    `from_domain`: its A-label domain, or that which several share. `return_path_header`: the top Return-Path value,
    hearsay. `forwarded`: the signs found (srs, list_id, resent, arc).
    """

    size: int
    from_fields: tuple[str, ...]
    from_address: str | None
    from_domain: str | None
    from_problem: Literal["", "none", "several_fields", "several_addresses", "no_address", "bad_domain"]
    signatures: tuple[Signature, ...]
    arc: ArcEvidence
    forwarded: tuple[str, ...]
    longest_line: int
    has_bare_line_ends: bool
    header_names: tuple[str, ...]
    list_unsubscribe: tuple[str, ...] = ()
    list_unsubscribe_post: tuple[str, ...] = ()
    return_path_header: str | None = None
    malformed_header_lines: int = 0
    """Lines of the header that are neither a field nor its continuation; verification passes them over."""
    form: MessageForm = field(default_factory=MessageForm)
    hearsay: HearsayEvidence | None = None
    """Only of a mail that came without its session."""

    def signs_of_forwarding(self, *, spf_is_aligned: bool) -> tuple[str, ...]:
        """A list sends with its own return path: where the author's domain passes SPF, List-Id is no such sign."""
        return tuple(sign for sign in self.forwarded if not (spf_is_aligned and sign == "list_id"))


@dataclass(frozen=True, slots=True)
class SessionEvidence:
    """The SMTP session that brought the mail, as our own server saw it; every field None where it is not known.

    `mail_from` "" is the null return path. `tls_version` None with `client_ip` known: sent in clear.
    """

    client_ip: str | None
    helo: str | None
    mail_from: str | None
    tls_version: str | None
    tls_cipher: str | None
    tls_known: bool = True
    """False: whether the session used TLS is not known."""
    smtputf8: bool | None = None
    """Whether the client announced SMTPUTF8 for this mail (RFC 6531 section 3.4)."""
    tls_failure: str | None = None
    """How a handshake that the same client had begun with us shortly before came to its end, in OpenSSL's words."""
    received_at: float | None = None
    """Seconds since 1970, None for the time of the analysis."""
    is_file: bool = False
    """Somebody told the session of a mail that lay in a file."""

    @property
    def is_live(self) -> bool:
        """The mail came over the wire, just as it is."""
        return self.client_ip is not None and not self.is_file


@dataclass(frozen=True, slots=True)
class SpfResultEvidence:
    """SPF of the real client (RFC 7208 section 2.6 words) for the identity `scope` at `domain`; result None: not
    evaluated.

    `mechanism`: the term that matched, at the top level. `problem`: why permerror or temperror, for a log.
    `hard_fail`: fail by `-all`. `only_ipv4_listed`: the client came over IPv6, and the record names only IPv4.
    """

    client_ip: str | None
    scope: Literal["mfrom", "helo"]
    domain: str
    result: Literal["pass", "fail", "softfail", "neutral", "none", "permerror", "temperror"] | None
    mechanism: str = ""
    problem: str = ""
    record: str | None = None
    hard_fail: bool = False
    only_ipv4_listed: bool = False
    is_null_return_path: bool = False
    why: Why | None = None
    """The reason of a temperror."""
    explanation: str = ""
    """Of a fail: what the domain says of it by `exp` (section 6.2). A stranger's text, at most 500 ASCII characters."""
