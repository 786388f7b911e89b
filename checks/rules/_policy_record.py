"""The change of a record that receivers ask for at a name of its own: `_dmarc`, `_mta-sts`, `_smtp._tls`, `_bimi`.

Such a name is often a CNAME to a service. The record then stands at the canonical name, and is to be changed there:
beside a CNAME there can be no other record (RFC 1034 section 3.6.2).
"""

from __future__ import annotations

from checks.catalogue import RecordChange


def policy_change(
    name: str, canonical: str | None, old: str | None, new: str | None, *, later: bool = False
) -> RecordChange:
    """`canonical`: of `name`, None where that is no alias. A record that is still to come is one for `name` itself:
    the CNAME may be a wildcard's, and lead to a host that has nothing to do with it.
    """
    if canonical is None:
        return RecordChange(name, "TXT", old, new, later)
    if old is None:
        return RecordChange(name, "TXT", old, new, later, alias_of=canonical)
    return RecordChange(canonical, "TXT", old, new, later, alias=name)
