"""What concerns only domains that receive mail by MX: MTA-STS and TLS reporting."""

from __future__ import annotations

from checks.catalogue import CannotTell, NotApplicable
from checks.evidence.mx import MxEvidence
from checks.model import Seen, Unreachable, Why


def mx_hosts(mx: MxEvidence) -> tuple[str, ...]:
    """The names that the MX records give, by preference. Raises NotApplicable without any, or with the null MX."""
    match mx.records:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen(answer):
            named = sorted(answer.values, key=lambda h: (h.preference, h.host))
            hosts = tuple(dict.fromkeys(h.host.lower() for h in named if h.host))
            if hosts:
                return hosts
    raise NotApplicable(Why.NO_MX)


def usable_mx_hosts(mx: MxEvidence) -> tuple[str, ...]:
    """Those of `mx_hosts` that a policy may name: all but the IP addresses in place of names, and the names to which
    nobody can deliver. Which are unusable only a failed lookup leaves open; those stay in.
    """
    unusable = {target.host.lower() for target in mx.targets if target.usable is False}
    return tuple(host for host in mx_hosts(mx) if host not in unusable)
