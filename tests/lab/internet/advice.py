"""The advice that nearly every name of the lab deserves, read from its zone so that no entry need repeat it.

A domain with mail that publishes no MTA-STS, TLS reporting or BIMI is advised to (STS001, RPT001, BIMI001: notices,
which never lower a verdict). An entry whose zone does not show what holds says it itself, with the key `advice`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

ADVICE = frozenset({"STS001", "RPT001", "BIMI001"})
_ENFORCED = r'"v=DMARC1; p=(quarantine|reject)(?!.*; (sp=none|t=y|pct=[0-9]{1,2}\b))'


def advice(zone: str, owner: str, *, sends: bool) -> frozenset[str]:
    """What a check advises for `owner`, relative to its zone, whose lines are `zone`; "@" is the zone's own name.

    BIMI is advised to organizational domains alone, if they have mail of their own and DMARC at enforcement.
    """
    below = "" if owner == "@" else f".{owner}"
    advised = set()
    if _has(zone, owner, "MX", r"\d+\s+[^\s.]"):
        advised |= _missing(zone, {f"_mta-sts{below}": "STS001", f"_smtp._tls{below}": "RPT001"}.items())
    if owner == "@" and sends and _has(zone, "_dmarc", "TXT", _ENFORCED):
        advised |= _missing(zone, [("default._bimi", "BIMI001")])
    return frozenset(advised)


def _missing(zone: str, rules: Iterable[tuple[str, str]]) -> set[str]:
    return {rule for owner, rule in rules if not _has(zone, owner, "(TXT|CNAME)", "")}


def _has(zone: str, owner: str, rdtype: str, data: str) -> bool:
    return re.search(rf"^{re.escape(owner)}\s+{rdtype}\s+{data}", zone, re.MULTILINE) is not None
