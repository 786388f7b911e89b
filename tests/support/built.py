"""Evidence built by hand, for the tests of rules: what a probe would have seen, without a network."""

from __future__ import annotations

from checks.catalogue import Check
from checks.engine import judge
from checks.evidence.dmarc import DmarcEvidence, DmarcStep, TreeWalk
from checks.evidence.domain import DomainEvidence, UseEvidence
from checks.model import Absent, Answer, Known, MxHost, Seen, Unreachable, Why
from checks.parse.dmarc import governing_record, organizational_domain, walk_names, walked

NODATA: Absent = Absent("nodata")
NXDOMAIN: Absent = Absent("nxdomain")
TIMEOUT = Unreachable(Why.TIMEOUT)
SERVFAIL = Unreachable(Why.SERVFAIL)


def txt(*texts: str, name: str = "example.co.jp") -> Seen[Answer[bytes]]:
    return Seen(Answer(name, "TXT", tuple(t.encode() for t in texts)))


def addresses(*values: str) -> Seen[Answer[str]]:
    return Seen(Answer("host", "A", values))


def names(*values: str) -> Seen[Answer[str]]:
    return Seen(Answer("pointer", "PTR", values))


def mx(*hosts: str) -> Seen[Answer[MxHost]]:
    return Seen(Answer("example.co.jp", "MX", tuple(MxHost(10, host) for host in hosts)))


def domain(
    name: str = "example.co.jp", registrable: str = "example.co.jp", soa: Known[Answer[str]] | None = None
) -> DomainEvidence:
    return DomainEvidence(name, name, registrable, soa or Seen(Answer(name, "SOA", ("ns. h. 1 1 1 1 1",))))


def use(
    name: str = "example.co.jp",
    *,
    non_sending: bool | None = False,
    is_below: bool = False,
    has_mx: bool | None = True,
    provider: str | None = None,
) -> UseEvidence:
    return UseEvidence(name, non_sending, is_below, has_mx, provider)


def walk(name: str, at: dict[str, Known[Answer[bytes]]]) -> TreeWalk:
    """The tree walk from `name` where `_dmarc.<domain>` answers as `at` says, and with NXDOMAIN elsewhere."""
    steps = walked([DmarcStep(n, at.get(n, NXDOMAIN)) for n in walk_names(name)])
    return TreeWalk(name, steps, organizational_domain(name, steps))


def dmarc(name: str, at: dict[str, Known[Answer[bytes]]]) -> DmarcEvidence:
    tree = walk(name, at)
    record, where, is_suffix = governing_record(name, tree.steps)
    return DmarcEvidence(name, tree, record, where, is_suffix)


def yields(check: Check, *evidence: object) -> list[str]:
    """The rule ids that the check finds, in order."""
    return [finding.rule.id for finding in judge(check, *evidence).findings]
