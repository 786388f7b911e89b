"""MTA-STS, TLS reports and BIMI as they are really asked for: DNS and HTTPS on loopback."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from web_server import LOOPBACK, answering, document, good, head, resolving, serving, trusting

from bot.demo.nameserver import Fault, Nameserver, Zone
from checks import Checker, Https, Outcome, Why
from checks.evidence.bimi import BimiAssetsEvidence, BimiEvidence, Logo
from checks.evidence.sts import StsEvidence, StsPolicy, StsPolicyEvidence
from checks.evidence.tls_reports import TlsReportEvidence
from checks.model import Absent, HttpsFault, NotServed, Seen, Unreachable
from checks.probes import PROBES
from checks.probes.run import Run

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
RECORDS = """\
@ MX 10 mx
mx A 11.1.0.1
@ TXT "v=spf1 mx -all"
_dmarc TXT "v=DMARC1; p=reject"
_mta-sts TXT "v=STSv1; id=1"
mta-sts A 127.0.0.1
_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@d.example"
default._bimi TXT "v=BIMI1; l=https://bimi.d.example/logo.svg"
bimi A 127.0.0.1
"""
POLICY = b"version: STSv1\nmode: enforce\nmx: mx.d.example\nmax_age: 86400\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps"><title>D</title></svg>'


def names():
    return good("mta-sts.d.example", "bimi.d.example")


async def _both(reader, writer) -> None:
    """The policy or the logo, by the host that is asked."""
    request = (await reader.readuntil(b"\r\n\r\n")).lower()
    body, media_type = (SVG, "image/svg+xml") if b"host: bimi." in request else (POLICY, "text/plain")
    writer.write(head("200 OK", f"Content-Length: {len(body)}", f"Content-Type: {media_type}") + body)
    await writer.drain()


def gathered(kind: type, records: str = RECORDS, answer=_both, *, connect: bool = True):
    async def ask():
        async with serving(answer, names()) as served, resolving(Zone("d.example", records)) as dns:
            https = Https(allowed=LOOPBACK, context=trusting(), ports={443: served.port})
            run = Run("d.example", "d.example", dns, NOW, PROBES, connect=connect, https=https)
            try:
                return await run.evidence(kind), served.connections
            finally:
                await run.close()

    return asyncio.run(ask())


def test_the_policy_is_fetched_because_of_the_record() -> None:
    evidence, connections = gathered(StsPolicyEvidence)
    assert evidence == StsPolicyEvidence("d.example", StsPolicy("enforce", 86400, ("mx.d.example",)))
    assert connections == 1


def test_without_a_valid_record_nobody_is_connected_to() -> None:
    for records in (RECORDS.replace("v=STSv1", "v=STSv2"), RECORDS.replace("id=1", "id=-")):
        assert gathered(StsPolicyEvidence, records) == (StsPolicyEvidence("d.example", None), 0)


def test_where_connections_are_switched_off_none_is_made() -> None:
    told = Unreachable(Why.NO_CONNECT)
    assert gathered(StsPolicyEvidence, connect=False) == (StsPolicyEvidence("d.example", told), 0)
    assert gathered(BimiAssetsEvidence, connect=False) == (BimiAssetsEvidence("d.example", told, None), 0)


def test_the_fault_of_the_server_is_kept() -> None:
    evidence, _ = gathered(StsPolicyEvidence, answer=answering(head("404 Not Found", "Content-Length: 0")))
    url = "https://mta-sts.d.example/.well-known/mta-sts.txt"
    assert evidence.policy == NotServed(url, HttpsFault.STATUS, "404")


def test_a_fresh_id_is_of_this_day_and_not_the_published_one() -> None:
    assert gathered(StsEvidence)[0].fresh_id == "2026112401"
    published = RECORDS.replace("id=1", "id=2026112401")
    assert gathered(StsEvidence, published)[0].fresh_id == "2026112402"


def test_records_are_read() -> None:
    assert gathered(TlsReportEvidence)[0].record.value.report_uris == ("mailto:tls@d.example",)
    assert gathered(TlsReportEvidence, "@ MX 10 mx\n")[0].record == Absent("nxdomain")
    assert gathered(BimiEvidence)[0].record.value.logo == "https://bimi.d.example/logo.svg"


def test_the_canonical_name_of_an_alias_is_kept_whether_a_record_stands_there_or_not() -> None:
    names = {StsEvidence: "_mta-sts", TlsReportEvidence: "_smtp._tls", BimiEvidence: "default._bimi"}
    records = "\n".join(line for line in RECORDS.splitlines() if "TXT" in line)
    for kind, name in names.items():
        assert gathered(kind)[0].alias_of is None
        moved = records.replace(f"{name} TXT", f"{name} CNAME at.hosted\nat.hosted TXT")
        there, _ = gathered(kind, moved)
        gone, _ = gathered(kind, f"{name} CNAME gone.hosted\n")
        assert (type(there.record), there.alias_of) == (Seen, "at.hosted.d.example")
        assert (gone.record, gone.alias_of) == (Absent("nxdomain"), "gone.hosted.d.example")


def test_the_logo_is_fetched_and_looked_at() -> None:
    evidence, _ = gathered(BimiAssetsEvidence)
    assert isinstance(evidence.logo, Logo)
    assert (evidence.logo.size, evidence.logo.problems) == (len(SVG), ())
    assert evidence.certificate is None


def report_of(answer=_both, **options):
    async def check():
        async with (
            serving(answer, names()) as served,
            Nameserver([Zone("d.example", RECORDS, "signed")], empty_zones=["arpa", "example", "org", "net"]) as ns,
        ):
            https = Https(allowed=LOOPBACK, context=trusting(), ports={443: served.port})
            async with Checker([ns.address], https=https, **options) as checker:
                return await checker.check_domain("d.example", topics=["sts", "rpt", "bimi"])

    return asyncio.run(check())


def test_a_whole_check_finds_all_in_order_and_keeps_no_document() -> None:
    report = report_of()
    asked = [c for c in report.checks if c.id.startswith(("sts.", "rpt.", "bimi."))]
    assert {c.outcome for c in asked} == {Outcome.PASSED}
    assert "policy" in report.evidence["StsPolicyEvidence"]
    assert "<svg" not in str(report.evidence)


def test_a_server_that_keeps_silent_leaves_only_its_own_questions_unknown() -> None:
    report = report_of(answering(b"", pause_s=30.0), deadline_s=1.0)
    unknown = {c.id: c.reason for c in report.checks if c.outcome is Outcome.UNKNOWN}
    assert unknown == {"sts.policy": Why.TIMEOUT, "sts.mx": Why.TIMEOUT, "bimi.assets": Why.TIMEOUT}


def test_the_policy_waits_for_nothing_but_its_record() -> None:
    """The MX records take long, and the policy is fetched meanwhile."""

    async def ask() -> float:
        slow = [Fault("d.example", "MX", delay_s=4.0)]
        async with (
            serving(document(POLICY), names()) as served,
            Nameserver([Zone("d.example", RECORDS)], empty_zones=["example"], faults=slow) as ns,
            Checker(
                [ns.address], https=Https(allowed=LOOPBACK, context=trusting(), ports={443: served.port})
            ) as checker,
        ):
            began = time.monotonic()
            task = asyncio.create_task(checker.check_domain("d.example", topics=["sts"]))
            await served.reached.wait()
            reached_s = time.monotonic() - began
            await task
            return reached_s

    assert asyncio.run(ask()) < 3.5


def test_a_lookup_that_failed_is_handed_on() -> None:
    evidence, _ = gathered(StsEvidence, RECORDS.replace("_mta-sts TXT", "other TXT"))
    assert evidence.record == Absent("nxdomain")
    seen, _ = gathered(StsEvidence)
    assert isinstance(seen.record, Seen)
