"""DMARC as published, and as a receiver applies it (RFC 9989)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from checks.model import Answer, Known

AuthResult: TypeAlias = Literal["pass", "fail", "none", "temperror", "permerror"]


@dataclass(frozen=True, slots=True)
class DmarcTag:
    """One tag of a record: its name in lower case, its value without surrounding blanks, the octet where it begins."""

    name: str
    value: str
    position: int


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """A TXT record whose first tag is `v=DMARC1` (RFC 9989 section 4.7). `problems`: tags that a receiver must ignore.

    `policy`, `subdomain_policy`, `nonexistent_policy`: the valid values of p, sp, np, else None.
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
class DmarcResultEvidence:
    """DMARC for one received mail, as a receiver evaluates it (RFC 9989 section 5.3).

    `spf_aligned` and `dkim_aligned` (one per signature) are None where the organizational domain could not be told.
    `result` None: not evaluated, since the session is not known and no signature decides it.
    `near_miss`: would align relaxed, but the record asks for strict alignment.
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
