"""MTA-STS and TLS reports: yielded, not yielded, and unknown where a lookup or the fetching failed."""

from __future__ import annotations

import pytest
from built import NODATA, NXDOMAIN, SERVFAIL, TIMEOUT, addresses, mx, txt, yields

from checks.catalogue import RecordChange
from checks.engine import judge
from checks.evidence.mx import MxEvidence, MxTarget
from checks.evidence.sts import StsEvidence, StsPolicy, StsPolicyEvidence
from checks.evidence.tls_reports import TlsReportEvidence
from checks.model import Absent, HttpsFault, NotServed, Outcome, Seen, Severity, Tier, Unreachable, Why
from checks.parse import sts as parse_sts
from checks.parse import tls_reports as parse_tls_reports
from checks.rules import sts_policy, sts_record, tls_reports

POLICY, IN_POLICY = sts_policy.CHECKS
D = "example.co.jp"
URL = f"https://mta-sts.{D}/.well-known/mta-sts.txt"
HOSTS = ("mx1.example.co.jp", "mx2.example.co.jp")
RECORD = "v=STSv1; id=20261101000000"
FRESH = "v=STSv1; id=20261124120000"


def receiving(records=None, *hosts: str):
    return MxEvidence(D, records or mx(*(hosts or HOSTS)), (), NODATA, NODATA)


NO_MX = [MxEvidence(D, r, (), NODATA, NODATA) for r in (NODATA, NXDOMAIN, mx(""))]


def record(*texts: str):
    read = parse_sts.read_record(text.encode() for text in texts)
    return StsEvidence(D, Absent() if read is None else Seen(read), "20261124120000")


def policy(body: str, media_type: str = "text/plain") -> StsPolicyEvidence:
    return StsPolicyEvidence(D, parse_sts.parse_policy(body.encode(), media_type))


def lines(mode: str = "enforce", *patterns: str) -> str:
    return "\n".join(["version: STSv1", f"mode: {mode}", *(f"mx: {p}" for p in patterns or HOSTS), "max_age: 86400"])


def test_a_domain_with_mx_and_no_record_gets_a_policy_to_publish() -> None:
    finding = judge(sts_record.CHECK, record(), receiving()).findings[0]
    assert (finding.rule.id, finding.severity, finding.tier) == ("STS001", Severity.NOTICE, Tier.DNS)
    file, announced = finding.records
    assert (file.name, file.type, file.old) == (URL, "file", None)
    assert announced == RecordChange(f"_mta-sts.{D}", "TXT", None, FRESH, later=True)
    assert file.new == "\n".join(finding.facts["policy"])
    assert finding.facts["policy"] == (
        "version: STSv1",
        "mode: testing",
        "mx: mx1.example.co.jp",
        "mx: mx2.example.co.jp",
        "max_age: 604800",
    )
    assert parse_sts.parse_policy("\n".join(finding.facts["policy"]).encode(), "text/plain").problems == ()
    assert yields(sts_record.CHECK, record(RECORD), receiving()) == []


@pytest.mark.parametrize("without", NO_MX, ids=["nodata", "nxdomain", "null MX"])
def test_who_receives_nothing_needs_neither(without: MxEvidence) -> None:
    nothing = StsPolicyEvidence(D, None)
    for check, *evidence in (
        (sts_record.CHECK, record()),
        (POLICY, record(RECORD), nothing),
        (IN_POLICY, record(RECORD), nothing),
        (tls_reports.CHECK, TlsReportEvidence(D, NODATA)),
    ):
        result = judge(check, *evidence, without)
        assert (result.outcome, result.reason) == (Outcome.NOT_APPLICABLE, Why.NO_MX)


def test_lookups_that_failed_are_unknown() -> None:
    failed = StsEvidence(D, SERVFAIL, "1")
    nothing = StsPolicyEvidence(D, None)
    assert judge(sts_record.CHECK, failed, receiving()).reason is Why.SERVFAIL
    assert judge(sts_record.CHECK, record(), receiving(TIMEOUT)).reason is Why.TIMEOUT
    for check in (POLICY, IN_POLICY):
        assert judge(check, failed, nothing, receiving()).reason is Why.SERVFAIL
        for why in (Why.TIMEOUT, Why.NETWORK, Why.NO_CONNECT):
            result = judge(check, record(RECORD), StsPolicyEvidence(D, Unreachable(why)), receiving())
            assert (result.outcome, result.reason) == (Outcome.UNKNOWN, why)
    assert judge(tls_reports.CHECK, TlsReportEvidence(D, TIMEOUT), receiving()).reason is Why.TIMEOUT


@pytest.mark.parametrize(
    ("texts", "variant", "shown"),
    [
        (["v=STSv1; id=2026-11-01"], "value", "`id=2026-11-01`"),
        (["v=STSv1;"], "missing", "`id`"),
        (["v=STSv1; id: 1"], None, "`id: 1`"),
        (["v=stsv1; id=1"], "look_alike", "`v=STSv1;`"),
        ([RECORD, "v=STSv1; id=2"], "multiple", "2 MTA-STS records"),
    ],
)
def test_records_that_senders_ignore(texts: list[str], variant: str | None, shown: str) -> None:
    finding = judge(sts_record.CHECK, record(*texts), receiving()).findings[0]
    assert (finding.rule.id, finding.severity, finding.tier) == ("STS101", Severity.ERROR, Tier.DNS)
    assert finding.variant == variant
    assert shown in finding.title("en")
    assert [(c.old, c.new, c.later) for c in finding.records] == [
        (texts[0], FRESH, True),
        *((text, "", True) for text in texts[1:]),
    ]
    # Nothing else is asked of a record that announces nothing.
    assert judge(POLICY, record(*texts), StsPolicyEvidence(D, None), receiving()).reason is Why.NO_RECORD


@pytest.mark.parametrize("fault", HttpsFault)
def test_every_way_in_which_a_policy_is_not_served_has_its_words(fault: HttpsFault) -> None:
    failure = StsPolicyEvidence(D, NotServed(URL, fault, "detail"))
    finding = judge(POLICY, record(RECORD), failure, receiving()).findings[0]
    assert (finding.rule.id, finding.severity, finding.tier) == ("STS102", Severity.ERROR, Tier.DNS)
    assert finding.facts["fault"] == finding.variant == fault.value
    assert judge(IN_POLICY, record(RECORD), failure, receiving()).outcome is Outcome.NOT_APPLICABLE
    for lang in ("en", "ja"):
        assert finding.title(lang)
        assert finding.fix(lang)


def test_an_invalid_policy_is_shown_corrected() -> None:
    wrong = policy(lines("enforced", "mx1.example.co.jp", "*mail.example.com") + "\n<html>")
    finding = judge(POLICY, record(RECORD), wrong, receiving()).findings[0]
    assert (finding.rule.id, finding.severity, finding.tier) == ("STS103", Severity.ERROR, Tier.DNS)
    assert set(finding.facts["problems"]) == {"mode: enforced", "mx: *mail.example.com", "<html>"}
    assert finding.facts["policy"] == (
        "version: STSv1",
        "mode: testing",
        "mx: mx1.example.co.jp",
        "mx: mx2.example.co.jp",
        "max_age: 86400",
    )
    file, announced = finding.records
    assert announced == RecordChange(f"_mta-sts.{D}", "TXT", RECORD, FRESH, later=True)
    assert (file.type, file.new) == ("file", "\n".join(finding.facts["policy"]))
    assert file.old is not None
    assert "<html>" in file.old
    assert judge(IN_POLICY, record(RECORD), wrong, receiving()).outcome is Outcome.NOT_APPLICABLE


def test_a_policy_served_as_a_web_page_is_invalid() -> None:
    finding = judge(POLICY, record(RECORD), policy(lines(), "text/html"), receiving()).findings[0]
    assert finding.facts["problems"] == ("Content-Type: text/html",)


def test_modes() -> None:
    assert yields(POLICY, record(RECORD), policy(lines("enforce")), receiving()) == []
    for mode, variant in (("testing", None), ("none", "none")):
        finding = judge(POLICY, record(RECORD), policy(lines(mode)), receiving()).findings[0]
        assert (finding.rule.id, finding.severity, finding.tier) == ("STS201", Severity.NOTICE, Tier.NONE)
        assert finding.variant == variant


@pytest.mark.parametrize(
    ("mode", "patterns", "missing"),
    [
        ("enforce", HOSTS, ()),
        ("enforce", ("*.example.co.jp",), ()),
        ("enforce", ("MX1.example.co.jp", "mx2.example.co.jp"), ()),
        ("enforce", ("*.co.jp",), HOSTS),
        ("enforce", ("mx1.example.co.jp",), ("mx2.example.co.jp",)),
        ("testing", ("mail.example.com",), HOSTS),
        ("none", ("mail.example.com",), ()),
    ],
)
def test_mx_that_the_policy_does_not_allow(mode: str, patterns: tuple[str, ...], missing: tuple[str, ...]) -> None:
    findings = judge(IN_POLICY, record(RECORD), policy(lines(mode, *patterns)), receiving()).findings
    assert [f.facts["hosts"] for f in findings] == ([missing] if missing else [])
    for finding in findings:
        assert (finding.rule.id, finding.severity) == ("STS401", Severity.ERROR)
        assert finding.tier is (Tier.MAIL if mode == "enforce" else Tier.DNS)
        shown = parse_sts.parse_policy("\n".join(finding.facts["policy"]).encode(), "text/plain")
        assert shown.mode == mode
        assert yields(IN_POLICY, record(RECORD), StsPolicyEvidence(D, shown), receiving()) == []


PUBLIC = addresses("11.1.0.10")


def server(host: str, ipv4=PUBLIC, *, literal: bool = False) -> MxTarget:
    return MxTarget(host, 10, ipv4, NODATA, literal)


def served_by(*targets: MxTarget) -> MxEvidence:
    return MxEvidence(D, mx(*(t.host for t in targets)), targets, NODATA, NODATA)


@pytest.mark.parametrize("mode", ["enforce", "testing"])
@pytest.mark.parametrize(
    ("first", "others"),
    [(PUBLIC, ("mx1.example.co.jp",)), (TIMEOUT, ("-",)), (NXDOMAIN, ("-",))],
    ids=["serves", "unknown", "dead"],
)
def test_an_mx_is_to_be_removed_only_beside_one_that_serves(mode, first, others) -> None:
    receives = served_by(server("mx1.example.co.jp", first), server("mx2.example.co.jp"))
    finding = judge(IN_POLICY, record(RECORD), policy(lines(mode, "mx1.example.co.jp")), receives).findings[0]
    assert (finding.facts["others"], finding.facts["mx"]) == (others, HOSTS)
    assert ("remove it from the MX" in finding.fix("en")) == (others != ("-",))
    assert ("`mode: testing`" in finding.fix("en")) == (mode == "enforce")
    file = finding.records[0]
    assert (file.type, file.old) == ("file", lines(mode, "mx1.example.co.jp"))


def test_the_only_mx_is_never_to_be_removed() -> None:
    alone = served_by(server("mx2.example.co.jp"))
    finding = judge(IN_POLICY, record(RECORD), policy(lines("enforce", "mx1.example.co.jp")), alone).findings[0]
    assert finding.variant is None
    assert "`mx2.example.co.jp`" in finding.why("en")


UNUSABLE = (server("11.1.0.9", NXDOMAIN, literal=True), server("old.example.co.jp", NXDOMAIN))


def test_an_mx_that_is_of_no_use_is_in_no_policy() -> None:
    beside = served_by(*UNUSABLE, server("mx1.example.co.jp"), server("slow.example.co.jp", TIMEOUT))
    finding = judge(sts_record.CHECK, record(), beside).findings[0]
    assert [line for line in finding.facts["policy"] if line.startswith("mx:")] == [
        "mx: mx1.example.co.jp",
        "mx: slow.example.co.jp",
    ]
    allowed = policy(lines("enforce", "mx1.example.co.jp", "slow.example.co.jp"))
    assert yields(IN_POLICY, record(RECORD), allowed, beside) == []


def test_with_no_usable_mx_the_mx_comes_first() -> None:
    broken = served_by(*UNUSABLE)
    for check, *evidence in (
        (sts_record.CHECK, record()),
        (tls_reports.CHECK, TlsReportEvidence(D, NODATA)),
        (POLICY, record(RECORD), policy("version: STSv1\nmode: enforce\nmax_age: 86400")),
    ):
        finding = judge(check, *evidence, broken).findings[0]
        assert (finding.variant, finding.records) == ("mx_first", ())
    result = judge(IN_POLICY, record(RECORD), policy(lines()), broken)
    assert (result.outcome, result.reason) == (Outcome.NOT_APPLICABLE, Why.NO_MX)


def test_the_text_of_a_long_file_is_not_shown() -> None:
    long = policy(lines() + "\n# " + "x" * 3000)
    assert judge(POLICY, record(RECORD), long, receiving()).findings[0].records[0].old is None


def test_the_policy_type_that_others_read() -> None:
    assert policy(lines("enforce", "*.example.co.jp")).policy == StsPolicy("enforce", 86400, ("*.example.co.jp",))


def reports(*texts: str) -> TlsReportEvidence:
    read = parse_tls_reports.read_record(txt(*texts).value.values)
    return TlsReportEvidence(D, Absent() if read is None else Seen(read))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("v=TLSRPTv1; rua=mailto:a@vendor.example;;", "mailto:a@vendor.example"),
        ("v=TLSRPTv1 rua=mailto:a@vendor.example", "mailto:a@vendor.example"),
        ("v=TLSRPT1; rua=mailto:a@vendor.example", None),
        ("v=TLSRPTv1; rua=mailto:a@vendor.example,b@example.co.jp", "mailto:a@vendor.example,mailto:b@example.co.jp"),
        ("v=TLSRPTv1; rua=mailto:a@x.example; https://x.example/v1", "mailto:a@x.example,https://x.example/v1"),
        ("v=TLSRPTv1; rua=mailto://a@vendor.example;;", "mailto:a@vendor.example"),
        ("v=TLSRPTv1; rua=tls", f"mailto:tls-reports@{D}"),
    ],
)
def test_the_corrected_record_keeps_who_gets_the_reports(text: str, kept: str | None) -> None:
    findings = judge(tls_reports.CHECK, reports(text), receiving()).findings
    found = [change.new for finding in findings if finding.rule.id == "RPT101" for change in finding.records]
    assert found == ([f"v=TLSRPTv1; rua={kept}"] if kept else [])
    for new in found:
        assert yields(tls_reports.CHECK, reports(new or ""), receiving()) == []


def test_no_tls_reports() -> None:
    finding = judge(tls_reports.CHECK, reports("v=spf1 -all"), receiving()).findings[0]
    assert (finding.rule.id, finding.severity, finding.tier) == ("RPT001", Severity.NOTICE, Tier.DNS)
    assert finding.records[0].name == f"_smtp._tls.{D}"
    assert yields(tls_reports.CHECK, reports(finding.records[0].new or ""), receiving()) == []


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("v=TLSRPTv1; rua=tls@example.com", "v=TLSRPTv1; rua=mailto:tls@example.com"),
        ("v=TLSRPTv1; rua=http://example.com/", f"v=TLSRPTv1; rua=mailto:tls-reports@{D}"),
        ("v=TLSRPTv1; ruf=mailto:tls@example.com", f"v=TLSRPTv1; rua=mailto:tls-reports@{D}"),
        ("v=TLSRPTv1; rua", f"v=TLSRPTv1; rua=mailto:tls-reports@{D}"),
        ("v=tlsrptv1; rua=mailto:tls@example.com", "v=TLSRPTv1; rua=mailto:tls@example.com"),
    ],
)
def test_tls_report_records_that_senders_ignore(text: str, new: str) -> None:
    finding = judge(tls_reports.CHECK, reports(text), receiving()).findings[0]
    assert (finding.rule.id, finding.severity, finding.tier) == ("RPT101", Severity.WARNING, Tier.DNS)
    assert finding.records == (RecordChange(f"_smtp._tls.{D}", "TXT", text, new),)
    assert yields(tls_reports.CHECK, reports(new), receiving()) == []


def test_which_of_two_tls_report_records_is_right_only_the_owner_knows() -> None:
    texts = [f"v=TLSRPTv1; rua=mailto:{who}@example.com" for who in "ab"]
    finding = judge(tls_reports.CHECK, reports(*texts), receiving()).findings[0]
    assert (finding.rule.id, finding.variant) == ("RPT101", "multiple")
    assert [change.new for change in finding.records] == [None, None]
