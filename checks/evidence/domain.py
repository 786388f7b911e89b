"""The name itself, and what it is used for."""

from __future__ import annotations

from dataclasses import dataclass

from checks.model import Answer, Known


@dataclass(frozen=True, slots=True)
class DomainEvidence:
    """`start_of_authority`: the SOA question at the name; Absent("nxdomain") where the name does not exist, or with
    `alias_of` where it does, but as an alias of a name that does not.

    `ascii` is the A-label form in lower case without trailing dot, `shown` the U-label form.
    `registrable`: the public suffix plus one label by the Public Suffix List, "" where the list knows none.
    """

    ascii: str
    shown: str
    registrable: str
    start_of_authority: Known[Answer[str]]


@dataclass(frozen=True, slots=True)
class UseEvidence:
    """Does the name send mail, as far as its records tell?

    `non_sending`: null MX, or neither MX nor address, together with `v=spf1 -all` or no SPF; None where a lookup
    failed.
    `is_below`: the name lies below its organizational domain (RFC 9989 section 4.10.2).
    `has_mx`: None where the lookup failed.
    """

    domain: str
    non_sending: bool | None
    is_below: bool
    has_mx: bool | None
    provider: str | None = None
    """Id of the mail platform or gateway that its MX names show (checks.providers), None where unknown."""
