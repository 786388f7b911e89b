"""DMARC at enforcement, as BIMI demands it: quarantine or reject, for all mail and for the subdomains too."""

from __future__ import annotations

from checks.catalogue import CannotTell
from checks.evidence.dmarc import DmarcEvidence
from checks.model import Seen, Unreachable
from checks.parse.dmarc import effective_policy


def weakness(dmarc: DmarcEvidence) -> str | None:
    """What falls short of it: "p=none", "sp=none", "t=y", "pct=50"; "" without a record or policy; None where nothing does.

    Raises CannotTell where the record could not be looked up.
    """
    match dmarc.record:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen(record) if not dmarc.is_suffix_record:
            pass
        case _:
            return ""
    policy = effective_policy(record, is_own=dmarc.at == dmarc.domain)
    if policy not in ("quarantine", "reject"):
        return f"p={policy}" if policy else ""
    if record.subdomain_policy == "none":
        return "sp=none"
    if record.testing:
        return "t=y"
    percent = next((tag.value for tag in record.tags if tag.name == "pct"), "100")
    # RFC 9989 has no pct any more, but the receivers that show logos still look at it.
    return f"pct={percent}" if percent.isascii() and percent.isdigit() and int(percent[:4]) < 100 else None
