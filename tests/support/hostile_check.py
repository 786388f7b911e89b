"""What must be true of whatever is made of a hostile mail."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from hostile_mails import Chance, zones
from signed_mail import NOW, SESSION

from bot.demo.nameserver import Nameserver
from checks import CATALOGUE, Checker, Outcome, Report, Session, Tls, Why, Workers
from checks.engine import judge
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import MessageEvidence, SessionEvidence
from checks.model import Absent, Answer, Known, Seen

EMPTY = ("example", "org", "com", "net", "jp", "arpa", "test")
NOT_ANALYSED = (Why.TOO_COSTLY, Why.NOT_ANALYSED, Why.INTERNAL)


@asynccontextmanager
async def opened(workers: Workers, deadline_s: float = 20.0) -> AsyncIterator[Checker]:
    """A checker whose DNS is a server on loopback with the keys of the mails."""
    async with Nameserver(zones(), empty_zones=EMPTY) as ns:
        try:
            async with Checker([ns.address], connect=False, isolation=workers, deadline_s=deadline_s) as checker:
                yield checker
        finally:
            await workers.aclose()


def session(seed: int, number: int) -> Session | None:
    """A session for the mail of this seed and number: an ordinary one, a bounce's, one that is odd, or none."""
    tls = Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384")
    return Chance(f"session:{seed}:{number}").choice((
        Session("192.0.2.25", "mx.example.jp", "info@example.jp", tls),
        Session("2001:db8::1", "mx.example.com", "", tls),
        Session("::ffff:192.0.2.1", "[192.0.2.1]", "a\\300b@example.jp", None),
        Session("fe80::1%eth0", "\udcff", "@", None),
        None,
    ))  # fmt: skip


async def faults(checker: Checker, raw: bytes, given: Session | None) -> tuple[list[str], float]:
    """What is wrong with the report on this mail, and the seconds that it took."""
    began = time.monotonic()
    try:
        report = await checker.check_message(raw, given)
    except Exception as error:  # noqa: BLE001 - that is the fault looked for
        return [f"raised {error!r}"[:300]], time.monotonic() - began
    took = time.monotonic() - began
    return list(_faults_of(report)), took


def _faults_of(report: Report) -> Iterator[str]:
    if [c.id for c in report.checks] != [c.id for c in CATALOGUE.checks]:
        yield "not one result for each check"
    for result in report.checks:
        if result.outcome is Outcome.BROKEN or result.reason in NOT_ANALYSED:
            yield f"{result.id}: {result.outcome} {result.reason}"
    if report.mail is None or report.authentication is None:
        yield "no facts of the mail"
    for lang in ("en", "ja"):
        json.dumps(report.as_dict(lang))
    stored = json.loads(json.dumps(report.as_stored()))
    if Report.from_stored(stored, CATALOGUE).as_stored() != report.as_stored():
        yield "does not come back from the store"


_OF_MAIL = {MessageEvidence, SessionEvidence, DmarcResultEvidence}
MAIL_CHECKS = tuple(check for check in CATALOGUE.checks if set(check.needs) <= _OF_MAIL)
"""The checks that need the mail, and of the DNS at most what DMARC makes of it."""


async def faults_of_evidence(workers: Workers, raw: bytes, answer: Known[Answer[bytes]]) -> list[str]:
    """The same of the computation alone and of the rules for mails, every key being `answer`: ten times as fast."""
    try:
        prepared = await workers.prepare(raw)
        message = await workers.verify(raw, dict.fromkeys(prepared.key_names, answer), SESSION, NOW)
        by_kind = {MessageEvidence: message, SessionEvidence: SESSION, DmarcResultEvidence: _dmarc(message)}
        results = [judge(check, *(by_kind[kind] for kind in check.needs)) for check in MAIL_CHECKS]
        json.dumps([[f.title("ja"), f.why("en"), f.fix("en")] for r in results for f in r.findings])
    except Exception as error:  # noqa: BLE001 - that is the fault looked for
        return [f"raised {error!r}"[:300]]
    return []


def _dmarc(message: MessageEvidence) -> DmarcResultEvidence:
    """No record, and every second signature aligned."""
    return DmarcResultEvidence(
        from_domain=message.from_domain,
        organizational=Seen(message.from_domain) if message.from_domain else Absent(),
        record=Absent(),
        at=None,
        result="none",
        policy=None,
        spf_aligned=None,
        dkim_aligned=tuple(number % 2 == 0 for number, _ in enumerate(message.signatures)),
    )
