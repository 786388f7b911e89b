"""The front door against a real nameserver on loopback: what comes out for each sample domain, and for lookups that fail."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from bot.demo.domains import SIGNERS, sample_faults, sample_zones
from bot.demo.nameserver import ALWAYS, Fault, Nameserver, Zone
from bot.demo.signing import make_signing_keys
from checks import (
    CATALOGUE,
    BadDomain,
    Checker,
    Outcome,
    Report,
    Session,
    Status,
    Tls,
    Verdict,
    Why,
    Workers,
    WorkLimits,
    combine,
)

EMPTY = (
    "example",
    "arpa",
    "zen.spamhaus.org",
    "b.barracudacentral.org",
    "bl.spamcop.net",
    "psbl.surriel.com",
    "bl.mailspike.net",
    "dbl.spamhaus.org",
    "multi.surbl.org",
    "multi.uribl.com",
)
KEYS = make_signing_keys(SIGNERS)


def check(name: str, zones=(), faults=(), deadline_s: float = 20.0, **options) -> Report:
    async def run() -> Report:
        async with (
            Nameserver(zones, faults=faults, empty_zones=EMPTY) as ns,
            Checker([ns.address], deadline_s=deadline_s) as checker,
        ):
            return await checker.check_domain(name, **options)

    return asyncio.run(run())


def sample(name: str, deadline_s: float = 3.0) -> Report:
    return check(name, sample_zones(KEYS), sample_faults(), deadline_s)


def rules(report: Report) -> set[str]:
    return {finding.rule.id for finding in report.findings}


ADVICE = {"STS001", "RPT001"}
"""For whoever receives mail: no sample domain publishes MTA-STS or asks for TLS reports."""


@pytest.mark.parametrize(
    ("name", "verdict", "mandatory", "provisional"),
    [
        ("good.example", Verdict.SAFE, {*ADVICE, "BIMI001"}, True),
        ("spf-limit.example", Verdict.MAIL_NEEDS_WORK, {*ADVICE, "BIMI001", "SPF301"}, True),
        ("no-dmarc.example", Verdict.MAIL_NEEDS_WORK, {*ADVICE, "DMARC001"}, True),
        ("bogus-dnssec.example", Verdict.MAIL_NEEDS_WORK, {"SEC201"}, True),
        ("third-party.example", Verdict.SAFE, {*ADVICE, "DMARC201"}, True),
        ("slow.example", Verdict.UNDETERMINED, ADVICE, True),
        ("parked.example", Verdict.SAFE, set(), False),
    ],
)
def test_each_sample_domain_shows_exactly_what_is_wrong_with_it(name, verdict, mandatory, provisional):
    """Every rule is either mandatory or forbidden; a finding too many is as wrong as one too few."""
    report = sample(name)
    assert (report.verdict, rules(report), report.provisional) == (verdict, mandatory, provisional)
    assert all(c.outcome is not Outcome.BROKEN for c in report.checks)


def test_a_lookup_that_times_out_is_unknown_never_missing():
    report = sample("slow.example", deadline_s=3.0)
    assert (report.result("dmarc.record").outcome, report.result("dmarc.record").reason) == (
        Outcome.UNKNOWN,
        Why.TIMEOUT,
    )
    assert report.result("spf.includes").outcome is Outcome.UNKNOWN


def test_a_name_that_does_not_exist_is_said_and_nothing_else():
    report = check("no-such.example")
    assert (report.verdict, report.provisional, rules(report)) == (None, False, {"DNS001"})
    assert {c.outcome for c in report.checks if c.id != "dns.exists"} == {Outcome.NOT_APPLICABLE}


def test_a_dead_resolver_makes_everything_unknown_within_the_deadline():
    async def run() -> Report:
        async with Checker(["127.0.0.1:9"], deadline_s=3.0) as checker:
            return await checker.check_domain("example.co.jp")

    started = time.monotonic()
    report = asyncio.run(run())
    assert time.monotonic() - started < 15
    assert report.verdict is Verdict.UNDETERMINED
    assert report.findings == ()
    assert [c.id for c in report.checks if c.outcome is not Outcome.UNKNOWN] == []


def test_a_silent_resolver_ends_at_the_deadline():
    lists = [zone for zone in sample_zones(KEYS) if zone.name in EMPTY]
    report = check("silent.example", [*lists, Zone("silent.example", "", "silent")], deadline_s=1.0)
    assert report.verdict is Verdict.UNDETERMINED
    assert report.metrics["elapsed_ms"] < 10_000
    assert {c.reason for c in report.checks if c.id != "bl.domain"} == {
        Why.TIMEOUT,
        Why.NEEDS_MAIL,
    }


FAILING = [
    ("SOA", "x.example"), ("TXT", "x.example"), ("MX", "x.example"), ("A", "x.example"), ("AAAA", "x.example"),
    ("TXT", "_dmarc.x.example"), ("A", "mx.x.example"), ("TXT", "_spf.x.example"),
]  # fmt: skip
X = Zone(
    "x.example",
    '@ MX 10 mx\n@ TXT "v=spf1 include:_spf.x.example -all"\n_spf TXT "v=spf1 ip4:192.0.2.1 -all"\nmx A 192.88.99.9\n'
    '_dmarc TXT "v=DMARC1; p=reject"',
    "signed",
)


@pytest.mark.parametrize(("rdtype", "name"), FAILING)
@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED"])
def test_a_failing_question_never_yields_a_missing_rule(rdtype, name, rcode):
    report = check("x.example", [X], [Fault(name, rdtype, rcode=rcode)])
    missing = {"SPF001", "SPF304", "DMARC001", "MX001", "MX103", "DNS001", "SPF101"}
    assert not rules(report) & missing
    assert all(c.outcome is not Outcome.BROKEN for c in report.checks)


def test_the_include_that_fails_leaves_spf_unknown_not_permanently_broken():
    report = check("x.example", [X], [Fault("_spf.x.example", "TXT", rcode="SERVFAIL")])
    assert report.result("spf.includes").reason is Why.SERVFAIL
    assert report.verdict is Verdict.UNDETERMINED


def test_an_unvalidated_resolver_is_noticed_and_does_not_lower_the_verdict():
    async def run() -> Report:
        async with (
            Nameserver([X], empty_zones=EMPTY, validation="echo") as ns,
            Checker([ns.address]) as checker,
        ):
            return await checker.check_domain("x.example")

    report = asyncio.run(run())
    assert report.result("dnssec.zone").reason is Why.NOT_VALIDATING
    assert report.verdict is Verdict.SAFE


def test_nothing_is_asked_twice():
    async def run() -> list[tuple[str, str]]:
        async with Nameserver(sample_zones(KEYS), empty_zones=EMPTY) as ns, Checker([ns.address]) as checker:
            await checker.check_domain("spf-limit.example")
            return list(ns.log)

    log = [q for q in asyncio.run(run()) if q != ("10.in-addr.arpa", "SOA")]
    assert sorted(log) == sorted(set(log))


def test_topics_limit_what_is_asked():
    report = check("x.example", [X], topics=["dmarc"])
    assert {c.id.split(".")[0] for c in report.checks} == {"dns", "dmarc"}


def test_progress_counts_every_check_once():
    seen = []
    check("x.example", [X], on_progress=seen.append)
    assert [p.done for p in seen] == list(range(1, len(CATALOGUE.checks) + 1))
    assert {p.check_id for p in seen} == {c.id for c in CATALOGUE.checks}


def test_an_idn_is_checked_under_its_a_label():
    zone = Zone("xn--wgv71a119e.example", '@ MX 0 .\n@ TXT "v=spf1 -all"\n_dmarc TXT "v=DMARC1; p=reject"', "signed")
    report = check("日本語.example", [zone])
    assert (report.subject, report.shown, report.verdict) == ("xn--wgv71a119e.example", "日本語.example", Verdict.SAFE)


def test_bad_input_is_refused_before_anything_is_asked():
    with pytest.raises(BadDomain):
        check("co.jp")


def test_a_stored_report_is_the_same_report_again():
    report = sample("spf-limit.example")
    stored = json.loads(json.dumps(report.as_stored()))
    restored = Report.from_stored(stored, CATALOGUE)
    assert restored.as_dict("ja") == json.loads(json.dumps(report.as_dict("ja")))


def test_the_documented_json_has_its_keys():
    data = json.loads(json.dumps(sample("no-dmarc.example").as_dict("ja")))
    assert {
        "schema",
        "kind",
        "subject",
        "verdict",
        "provisional",
        "catalogue",
        "checks",
        "authentication",
        "profiles",
        "evidence",
        "metrics",
    } <= set(data)
    assert (data["schema"], data["kind"], data["authentication"]) == (1, "domain", None)
    finding = next(f for c in data["checks"] for f in c["findings"])
    assert {
        "rule",
        "name",
        "severity",
        "tier",
        "subject",
        "facts",
        "title",
        "why",
        "fix",
        "records",
        "references",
    } <= set(finding)
    assert finding["records"] == [
        {
            "name": "_dmarc.no-dmarc.example",
            "type": "TXT",
            "old": None,
            "new": "v=DMARC1; p=none; rua=mailto:dmarc-reports@no-dmarc.example",
            "later": False,
            "alias": None,
            "alias_of": None,
        }
    ]
    assert {row["item"] for row in data["profiles"]["mschecker"]} == {
        "tls_send", "tls_receive", "relay", "spf", "dkim", "dmarc", "reverse_dns", "dnssec", "dnsbl"
    }  # fmt: skip
    assert all((c["reason"] is None) == (c["outcome"] in ("passed", "failed", "broken")) for c in data["checks"])


@pytest.mark.parametrize(
    "raw", [b"", b"\r\n", b"\x00\xff" * 50, b"From: a@good.example\r\n\r\nhello", b"From", b": \r\n\r\n"]
)
def test_any_bytes_can_be_analysed(raw):
    async def run() -> Report:
        async with (
            Nameserver(sample_zones(KEYS), empty_zones=(*EMPTY, "invalid")) as ns,
            Checker([ns.address]) as checker,
        ):
            return await checker.check_message(
                raw, Session("192.88.99.110", "mail.good.example", "a@good.example", Tls("TLSv1.3", "X"))
            )

    report = asyncio.run(run())
    assert report.kind == "message"
    assert report.verdict is not None
    assert all(c.outcome is not Outcome.BROKEN for c in report.checks)


def test_without_session_facts_their_questions_stay_unknown():
    async def run() -> Report:
        async with Nameserver(sample_zones(KEYS), empty_zones=EMPTY) as ns, Checker([ns.address]) as checker:
            return await checker.check_message(b"From: a@good.example\r\n\r\nhello")

    report = asyncio.run(run())
    assert {report.result(c).reason for c in ("tls.session", "ptr.client", "bl.client")} == {Why.NOT_PROVIDED}
    assert report.authentication["spf"]["result"] is None


def test_combining_takes_dns_from_the_domain_and_mail_from_the_mail():
    async def run() -> tuple[Report, Report]:
        async with Nameserver(sample_zones(KEYS), empty_zones=EMPTY) as ns, Checker([ns.address]) as checker:
            domain = await checker.check_domain("good.example")
            header = (
                f"From: a@good.example\r\nDate: {format_datetime(datetime.now(UTC))}\r\nMessage-ID: <1@good.example>"
            )
            mail = await checker.check_message(
                f"{header}\r\n\r\nhello".encode(), Session("192.88.99.110", "mail.good.example", "a@good.example", None)
            )
            return domain, mail

    domain, mail = asyncio.run(run())
    final = combine(domain, mail)
    assert (final.kind, final.provisional, final.verdict) == ("domain", False, Verdict.MAIL_NEEDS_WORK)
    assert rules(final) == {*ADVICE, "BIMI001", "DKIM001", "DMARC205", "TLS401"}
    status = {row.id: row.status for row in final.profiles["mschecker"]}
    assert (status["spf"], status["dkim"], status["tls_send"], status["reverse_dns"]) == (
        Status.MET,
        Status.NOT_MET,
        Status.NOT_MET,
        Status.MET,
    )


def test_a_fault_that_stays_silent_for_ever_is_asked_no_longer_than_the_deadline():
    report = check("x.example", [X], [Fault("_dmarc.x.example", drop=ALWAYS)], deadline_s=2.0)
    assert report.result("dmarc.record").reason is Why.TIMEOUT
    assert report.result("spf.record").outcome is Outcome.PASSED


def analysed(raw: bytes, session: Session | None = None, zones=(), faults=()) -> Report:
    async def run() -> Report:
        served = (*sample_zones(KEYS), *zones)
        async with (
            Nameserver(served, faults=faults, empty_zones=(*EMPTY, "invalid")) as ns,
            Checker([ns.address], deadline_s=4.0) as checker,
        ):
            return await checker.check_message(raw, session)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("spf", "sends"),
    [
        ("v=spf1;include:esp.example ~all", True),
        # A blank as Japanese input methods write it.
        (r"v=spf1\227\128\128include:esp.example ~all", True),
        ("v=spf1; -all", False),
    ],
)
def test_a_look_alike_of_spf_tells_whether_its_owner_means_to_send(spf: str, sends: bool):
    report = check("news.example", [Zone("news.example", f'@ TXT "{spf}"'), Zone("esp.example", "@ TXT x")])
    assert report.non_sending is not sends


def test_a_domain_that_just_sent_a_mail_is_not_one_that_sends_none():
    silent = Zone("says-no-mail.example", "@ MX 0 .", "signed")
    mail = b"From: a@says-no-mail.example\r\n\r\nx"
    session = Session("192.88.99.110", "mail.good.example", "a@says-no-mail.example", Tls("TLSv1.3", "X"))
    domain = check("says-no-mail.example", [silent])
    assert (domain.non_sending, domain.provisional) == (True, False)
    final = combine(domain, analysed(mail, session, [silent]))
    assert (final.non_sending, final.verdict) == (False, Verdict.MAIL_NEEDS_WORK)
    assert {"SPF001", "DMARC001", "DKIM001"} <= rules(final)


@pytest.mark.parametrize("sender", ["a@good.example", "", None])
def test_a_mail_without_from_is_not_judged_by_somebody_elses_domain(sender):
    report = analysed(b"Subject: x\r\n\r\nx", Session("192.88.99.110", "mail.good.example", sender, None))
    assert {c.reason for c in report.checks if c.id.startswith(("dmarc.record", "spf.record", "mx.", "dnssec."))} == {
        Why.NO_FROM
    }
    assert "MSG101" in rules(report)
    assert not any(f.records for f in report.findings)


def test_a_from_domain_that_nobody_can_register_stays_the_subject():
    assert analysed(b"From: a@co.jp\r\n\r\nx").subject == "co.jp"


@pytest.mark.parametrize(
    ("given", "seen"), [("::ffff:192.88.99.110", "192.88.99.110"), ("nonsense", None), ("fe80::1%eth0", "fe80::1")]
)
def test_the_clients_address_is_read_in_its_plain_form(given, seen):
    report = analysed(b"From: a@good.example\r\n\r\nx", Session(given, "mail.good.example", "a@good.example", None))
    assert report.mail.client_ip == seen
    assert all(c.outcome is not Outcome.BROKEN for c in report.checks)


def test_a_session_whose_tls_nobody_knows_is_not_one_in_clear():
    session = Session("192.88.99.110", "mail.good.example", "a@good.example", None, tls_known=False)
    assert analysed(b"From: a@good.example\r\n\r\nx", session).result("tls.session").reason is Why.NOT_PROVIDED


def test_dmarc_of_a_mail_file_is_not_evaluated_rather_than_failed():
    report = analysed(b"From: a@good.example\r\n\r\nx")
    assert report.authentication["dmarc"]["result"] is None
    assert report.result("dmarc.result").reason is Why.NOT_PROVIDED


def test_a_partial_check_has_no_verdict_and_unknown_topics_are_refused():
    report = check("x.example", [X], topics=["dmarc"])
    assert report.verdict is None
    assert {s.reason for s in report.profiles["mschecker"] if s.id == "spf"} == {Why.NOT_ASKED}
    with pytest.raises(ValueError, match="no such topic: nonsense"):
        check("x.example", [X], topics=["nonsense"])


def test_one_topic_asks_only_what_it_needs():
    async def run() -> list[tuple[str, str]]:
        async with Nameserver([X], empty_zones=EMPTY) as ns, Checker([ns.address]) as checker:
            await checker.check_domain("x.example", topics=["dnssec"])
            return list(ns.log)

    assert not [q for q in asyncio.run(run()) if q[1] == "TXT" or q[0].startswith("_dmarc")]


def test_a_filtering_resolver_leaves_everything_undetermined():
    faults = [
        Fault(name, rcode="NXDOMAIN", ede=(15, "blocked")) for name in ("x.example", "_dmarc.x.example", "mx.x.example")
    ]
    report = check("x.example", [X], faults)
    assert report.verdict is Verdict.UNDETERMINED
    assert report.result("spf.record").reason is Why.FILTERED


def test_one_passing_servfail_is_not_a_bogus_zone():
    report = check("x.example", [X], [Fault("x.example", "SOA", rcode="SERVFAIL", rcodes=1)])
    assert "SEC201" not in rules(report)


def test_an_alias_of_an_unsigned_name_does_not_make_its_own_zone_unsigned():
    zones = [
        Zone("a.example", "www CNAME edge.cdn.example.", "signed"),
        Zone("cdn.example", "edge A 127.0.0.9", "unsigned"),
    ]
    assert check("www.a.example", zones).result("dnssec.zone").outcome is Outcome.PASSED


def test_an_alias_that_leads_nowhere_still_exists():
    report = check("www.a.example", [Zone("a.example", "www CNAME gone.a.example.", "signed")])
    assert "DNS001" not in rules(report)
    assert report.verdict is not None


def test_whoever_asks_is_told_how_every_dns_question_ended():
    told = Counter[str]()

    async def run() -> Report:
        zones = [
            *sample_zones(KEYS),
            Zone("failing.example", state="servfail"),
            Zone("refused.example", state="refused"),
        ]
        async with (
            Nameserver(zones) as ns,
            Checker([ns.address], on_dns=lambda outcome: told.update([outcome])) as checker,
        ):
            await checker.check_domain("failing.example")
            await checker.check_domain("refused.example")
            return await checker.check_domain("good.example")

    report = asyncio.run(run())
    assert {"answer", "nodata", "nxdomain", "servfail", "refused"} <= set(told)
    assert told.total() >= report.metrics["dns_queries"]


SIGNED_LONG_AGO = (
    b"Received: from mail.good.example by mx.example; Mon, 5 Jan 2026 10:00:01 +0900\n"
    b"DKIM-Signature: v=1; a=rsa-sha256; d=good.example; s=s1; h=from; t=1767574800; x=1767834000; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\n"
    b"From: a@good.example\nDate: Mon, 5 Jan 2026 10:00:00 +0900\nMessage-ID: <1@good.example>\n\nx\n"
)


def test_a_file_whose_session_is_told_is_judged_as_of_when_it_came_and_not_by_its_line_ends():
    facts = ("192.88.99.110", "mail.good.example", "a@good.example", Tls("TLSv1.3", "X"))
    wrong = {"DKIM301", "MSG103", "MSG108"}
    live, file = (analysed(SIGNED_LONG_AGO, Session(*facts, is_file=is_file)) for is_file in (False, True))
    assert wrong <= rules(live)
    assert not wrong & rules(file)
    assert file.authentication["spf"]["result"] == "pass"
    at = datetime(2026, 2, 1, tzinfo=UTC)
    assert wrong & rules(analysed(SIGNED_LONG_AGO, Session(*facts, is_file=True, received_at=at))) == wrong - {"MSG108"}
    late = analysed(SIGNED_LONG_AGO, Session(*facts, received_at=datetime(2026, 1, 5, 1, 0, 2, tzinfo=UTC)))
    assert wrong & rules(late) == {"MSG108"}


def test_when_nobody_knows_when_a_file_came_its_date_is_not_passed():
    report = analysed(b"From: a@good.example\r\nDate: Fri, 1 Jan 1999 00:00:00 +0000\r\n\r\nx")
    result = report.result("msg.date")
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Why.NOT_PROVIDED)


def test_a_mail_that_could_not_be_analysed_says_nothing_of_its_authentication():
    async def run() -> tuple[Report, Report]:
        async with (
            Nameserver(sample_zones(KEYS), empty_zones=(*EMPTY, "invalid")) as ns,
            Checker([ns.address], isolation=workers) as checker,
        ):
            session = Session("192.88.99.110", "mail.good.example", "a@good.example", Tls("TLSv1.3", "X"))
            domain = await checker.check_domain("good.example")
            mail = await checker.check_message(b"From: a@good.example\r\n\r\nx", session)
        await workers.aclose()
        return domain, mail

    workers = Workers(1, 0, limits=WorkLimits(wall_seconds=0.0))
    domain, mail = asyncio.run(run())
    assert mail.mail is None
    rows = (*combine(domain, mail).profiles["google"], *mail.profiles["google"])
    assert {row.status for row in rows if row.id in ("G-A01", "G-B01", "G-B03")} == {Status.NOT_TESTABLE}
