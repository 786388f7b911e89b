"""DMARC as published, and as a receiver applies it (RFC 9989)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from checks.model import Answer, Known, MxHost, canonical_name

AuthResult: TypeAlias = Literal["pass", "fail", "none", "temperror", "permerror"]


@dataclass(frozen=True, slots=True)
class DmarcTag:
    """One tag of a record: its name in lower case, its value without surrounding blanks, the octet where it begins."""

    name: str
    value: str
    position: int


@dataclass(frozen=True, slots=True)
class ReportUri:
    """One URI of rua or ruf. `domain`: of the mailbox, in lower case; "" where no report can be sent to it.

    `problem`: then why (no_scheme: not a URI at all; other_scheme: no `mailto:`; no_address). `size_limit`: the "10m"
    of an obsolete `!10m`, which receivers ignore.
    """

    text: str
    domain: str
    problem: Literal["", "no_scheme", "other_scheme", "no_address"] = ""
    size_limit: str = ""


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """A TXT record whose first tag is `v=DMARC1` (RFC 9989 section 4.7). `problems`: tags that a receiver must ignore.

    `policy`, `subdomain_policy`, `nonexistent_policy`: the valid values of p, sp, np, else None. `report_uris`: those
    of rua that are valid URIs (section 4.10.1), whether or not anybody can send to them.
    """

    text: str
    tags: tuple[DmarcTag, ...]
    policy: str | None
    subdomain_policy: str | None
    nonexistent_policy: str | None
    psd: Literal["y", "n", "u"]
    strict_dkim: bool
    strict_spf: bool
    testing: bool
    report_uris: tuple[str, ...]
    problems: tuple[DmarcTag, ...]
    aggregate_uris: tuple[ReportUri, ...] = ()
    """All entries of rua, as written."""
    failure_uris: tuple[ReportUri, ...] = ()
    """All entries of ruf, as written."""


@dataclass(frozen=True, slots=True)
class DmarcStep:
    """One question of the tree walk: the domain asked for, and all TXT records at `_dmarc.<domain>`."""

    domain: str
    answer: Known[Answer[bytes]]


@dataclass(frozen=True, slots=True)
class TreeWalk:
    """The DNS tree walk from one name (RFC 9989 section 4.10): at most 8 questions, in the order asked.

    `organizational`: the organizational domain, Unreachable where a question failed that decides it.
    """

    start: str
    steps: tuple[DmarcStep, ...]
    organizational: Known[str]

    def alias_of(self, domain: str) -> str | None:
        """The canonical name of `_dmarc.<domain>`, where that is an alias."""
        return next((canonical_name(step.answer) for step in self.steps if step.domain == domain), None)


@dataclass(frozen=True, slots=True)
class DmarcEvidence:
    """`walk` from the checked name.

    `record`: what governs the name; Absent where no record does. `at`: where it stands.
    """

    domain: str
    walk: TreeWalk
    record: Known[DmarcRecord]
    at: str | None
    is_suffix_record: bool = False
    """The record stands at a public suffix domain (psd=y) and no record of the organization's own was found."""


@dataclass(frozen=True, slots=True)
class MonitoringEvidence:
    """`days`: since the first of an unbroken row of earlier checks that found p=none; None where none is known of."""

    days: int | None = None


@dataclass(frozen=True, slots=True)
class DmarcPlaceEvidence:
    """The TXT records where a DMARC record lands by mistake; receivers look at none of these names.

    `apex`: at the domain itself. `nested`: at `_dmarc._dmarc.<domain>`, `doubled`: at `_dmarc.<domain>.<domain>`; these
    two are None where not asked, because something meant as DMARC stands at the right name or that could not be told.
    """

    domain: str
    apex: Known[Answer[bytes]]
    nested: Known[Answer[bytes]] | None
    doubled: Known[Answer[bytes]] | None


@dataclass(frozen=True, slots=True)
class ReportDestination:
    """A domain that rua or ruf sends reports to; `tags`: which of them.

    `organizational`: its organizational domain, Absent where it stands for itself. `authorisation`: the TXT records at
    `authorised_at`, by which it agrees to receive them (RFC 9990 section 4), where it is not the record's own domain.
    `ipv4` and `ipv6` are None where an MX was found or the MX question failed.
    """

    domain: str
    tags: tuple[str, ...]
    organizational: Known[str]
    authorised_at: str
    authorisation: Known[Answer[bytes]] | None
    mx: Known[Answer[MxHost]]
    ipv4: Known[Answer[str]] | None
    ipv6: Known[Answer[str]] | None


@dataclass(frozen=True, slots=True)
class DmarcReportsEvidence:
    """The destinations of the reports that the governing record asks for, in its order.

    `not_asked`: how many more it names.
    """

    domain: str
    destinations: tuple[ReportDestination, ...]
    not_asked: int = 0


@dataclass(frozen=True, slots=True)
class DmarcResultEvidence:
    """DMARC for one received mail, as a receiver evaluates it (RFC 9989 section 5.3).

    `record`, `at`, `is_suffix_record`: as in DmarcEvidence, from the author's domain. `policy`: what its owner asks for
    (section 4.10.1), None where no record acts, or where a failed lookup decides it. `policy_tag`: the tag that says
    so, "" where the record only acts as p=none. `applied`: what a mail that fails gets, one level below `policy` where
    the record says t=y. `spf_aligned` and `dkim_aligned` (one per signature): None where that could not be told.
    `result` None: not evaluated, since the session is not known and no signature decides it.
    `near_miss`: the mail would pass with relaxed alignment, but the record asks for strict alignment; `spf_near_miss`:
    so would SPF, whatever DKIM does.
    """

    from_domain: str | None
    organizational: Known[str]
    record: Known[DmarcRecord]
    at: str | None
    result: AuthResult | None
    policy: str | None
    spf_aligned: bool | None
    dkim_aligned: tuple[bool | None, ...]
    near_miss: bool = False
    policy_tag: Literal["p", "sp", "np", ""] = ""
    applied: str | None = None
    is_suffix_record: bool = False
    spf_near_miss: bool = False
    alias_of: str | None = None
    """The canonical name, where `_dmarc.<at>` is an alias of it and the record stands there."""
