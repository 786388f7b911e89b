"""The limits of an SPF evaluation: each rule where it is due, and where it is not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from built import TIMEOUT
from spf_judged import judged, new, of, single, unanswered
from spf_world import looked_up, published

from bot.demo.nameserver import ALWAYS, Fault
from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange
from checks.evidence.message import SessionEvidence
from checks.evidence.spf import SpfLookupEvidence
from checks.model import Absent, Severity, Tier, Why
from checks.rules import spf_lookups, spf_macros, spf_mx_names, spf_void_lookups

NO_MAIL = SessionEvidence(None, None, None, None, None)
OVER_IPV6 = SessionEvidence("2001:db8::25", "mx.example", "someone@d.example", None, None)
OF_NAMES = [spf_void_lookups.CHECK, spf_mx_names.CHECK, spf_macros.CHECK]
CROWD = "\n".join(f"MX 10 h{n}.example." for n in range(11))


def found(
    check: Check, records: Mapping[str, str], session: SessionEvidence = NO_MAIL, *, faults: tuple[Fault, ...] = ()
) -> list[Finding]:
    evidence = looked_up(records, faults=faults)
    return judged(check, *evidence, *([session] if check is spf_void_lookups.CHECK else []))


@pytest.mark.parametrize("check", OF_NAMES, ids=lambda check: check.id)
def test_without_a_record_or_an_answer_there_is_no_question(check: Check) -> None:
    more = (SpfLookupEvidence("d.example"), NO_MAIL)[: len(check.needs) - 1]
    with pytest.raises(NotApplicable) as caught:
        judged(check, unanswered(Absent()), *more)
    assert caught.value.why is Why.NO_RECORD
    with pytest.raises(CannotTell) as failed:
        judged(check, unanswered(TIMEOUT), *more)
    assert failed.value.why is Why.TIMEOUT


@pytest.mark.parametrize("check", OF_NAMES, ids=lambda check: check.id)
def test_a_failed_include_leaves_it_open(check: Check) -> None:
    with pytest.raises(CannotTell) as caught:
        found(check, {"d": "v=spf1 include:a.example -all"}, faults=(Fault("a.example", drop=ALWAYS),))
    assert caught.value.why is Why.TIMEOUT


@pytest.mark.parametrize("check", OF_NAMES, ids=lambda check: check.id)
@pytest.mark.parametrize("record", ["v=spf1 a mx ip4:192.0.2.0/24 -all", "v=spf1 -all", "v=spf1 a:x.example mx -all"])
def test_a_good_record_yields_nothing(check: Check, record: str) -> None:
    assert found(check, {"d": f"{record}\nA 192.0.2.1\nMX 10 d.example."}) == []


class TestNearLimit:
    @pytest.mark.parametrize(("count", "rule"), [(8, None), (9, "SPF302"), (10, "SPF302"), (11, "SPF301")])
    def test_nine_and_ten(self, count: int, rule: str | None) -> None:
        record = "v=spf1 " + " ".join(f"a:h{n}.example" for n in range(count)) + " -all"
        findings = judged(spf_lookups.CHECK, of(record))
        assert [f.rule.id for f in findings] == [rule] * bool(rule)
        if rule == "SPF302":
            assert (findings[0].severity, findings[0].tier) == (Severity.NOTICE, Tier.NONE)

    def test_what_failed_may_bring_more(self) -> None:
        record = "v=spf1 include:a.example " + " ".join(f"a:h{n}.example" for n in range(8)) + " -all"
        with pytest.raises(CannotTell):
            judged(spf_lookups.CHECK, published({"d": record}, faults=(Fault("a.example", rcode="SERVFAIL"),)))

    def test_a_target_with_macros_makes_it_the_least(self) -> None:
        record = "v=spf1 include:%{i}.x.example " + " ".join(f"a:h{n}.example" for n in range(8)) + " -all"
        assert single(spf_lookups.CHECK, of(record)).variant == "at_least"
        assert single(spf_lookups.CHECK, of(record.replace("-all", "mx ptr -all"))).variant == "at_least"

    def test_what_no_client_comes_to_is_not_counted(self) -> None:
        many = " ".join(f"a:h{n}.example" for n in range(12))
        assert judged(spf_lookups.CHECK, of(f"v=spf1 include:a.example {many} -all", a="v=spf1 +all")) == []


class TestLoop:
    def test_the_way_round_is_told_and_the_own_record_mended(self) -> None:
        finding = single(
            spf_lookups.CHECK,
            published(
                {
                    "d": "v=spf1 mx include:x.d.example -all",
                    "x.d": "v=spf1 a include:y.d.example ~all",
                    "y.d": "v=spf1 a:h.example include:x.d.example ~all",
                }
            ),
        )
        assert (finding.rule.id, finding.subject) == ("SPF305", "y.d.example")
        assert finding.facts["way"] == ("x.d.example", "y.d.example", "x.d.example")
        assert finding.records == (
            RecordChange(
                "y.d.example", "TXT", "v=spf1 a:h.example include:x.d.example ~all", "v=spf1 a:h.example ~all"
            ),
        )

    def test_in_somebody_elses_record_only_they_can_mend_it(self) -> None:
        finding = single(
            spf_lookups.CHECK, of("v=spf1 mx include:a.example -all", a="v=spf1 mx include:a.example -all")
        )
        assert (finding.variant, finding.records, finding.facts["through"]) == ("foreign", (), "include:a.example")

    def test_a_redirect_goes_round_too(self) -> None:
        finding = single(spf_lookups.CHECK, of("v=spf1 mx redirect=d.example"))
        assert (finding.rule.id, new(finding)) == ("SPF305", "v=spf1 mx ~all")

    def test_a_loop_that_is_never_come_to_is_none(self) -> None:
        assert judged(spf_lookups.CHECK, of("v=spf1 mx -all include:d.example")) == []
        assert judged(spf_lookups.CHECK, of("v=spf1 include:a.example include:d.example", a="v=spf1 +all")) == []

    def test_beyond_the_limit_there_are_two_findings(self) -> None:
        many = " ".join(f"a:h{n}.example" for n in range(12))
        findings = judged(spf_lookups.CHECK, of(f"v=spf1 {many} include:d.example -all"))
        assert [f.rule.id for f in findings] == ["SPF305", "SPF301"]


class TestVoidLookups:
    GONE = "a:x.example a:y.example exists:z.example"

    def test_the_third_is_one_too_many(self) -> None:
        assert found(spf_void_lookups.CHECK, {"d": "v=spf1 a:x.example a:y.example mx -all\nMX 0 ."}) == []
        (finding,) = found(spf_void_lookups.CHECK, {"d": f"v=spf1 {self.GONE} ip4:192.0.2.1 -all"})
        assert (finding.rule.id, finding.severity, finding.tier) == ("SPF303", Severity.ERROR, Tier.MAIL)
        assert finding.facts["voids"] == ("A x.example", "A y.example", "A z.example")
        assert new(finding) == "v=spf1 ip4:192.0.2.1 -all"

    @pytest.mark.parametrize(
        ("terms", "variant"),
        [
            ("a:x.example a:y.example a:z.example ip4:192.0.2.1 -all", "nobody"),
            ("-ip4:192.0.2.9 a:x.example a:y.example a:z.example ip4:192.0.2.1 -all", "nobody"),
            ("a:x.example a:y.example a:z.example ip4:192.0.2.1 ?all", "nobody_beside_corrections"),
            ("include:a.example ip4:192.0.2.1 -all", "nobody_by_hand"),
            ("ip4:192.0.2.1 a:x.example a:y.example a:z.example -all", None),
            ("a:six.example a:x.example a:y.example -all", None),
            ("include:b.example a:x.example a:y.example a:z.example mx -all", None),
            ("include:%{i}.c.example a:x.example a:y.example a:z.example mx -all", None),
            ("-a:six1.example -a:six2.example -a:six3.example ip6:2001:db8::/32 ~all", "by_hand"),
            ("ptr a:x.example a:y.example a:z.example mx -all", None),
        ],
    )
    def test_where_nothing_before_has_an_address_nobody_passes(self, terms: str, variant: str | None) -> None:
        records = {
            "d": f"v=spf1 {terms}\nMX 10 h.example.",
            "h": "A 192.0.2.1",
            "six": "AAAA 2001:db8::1",
            **{f"six{n}": "AAAA 2001:db8::1" for n in (1, 2, 3)},
            "a": "v=spf1 a:x.example a:y.example a:z.example ~all",
            "b": "v=spf1 ip4:192.0.2.1 ~all",
        }
        (finding,) = found(spf_void_lookups.CHECK, records)
        assert finding.variant == variant
        assert ("no sender at all passes SPF" in finding.why("en")) is (variant or "").startswith("nobody")

    @pytest.mark.parametrize(
        "record",
        [
            "v=spf1 +a:sv.example +a:d.example +mx ~all",
            "v=spf1 +a:sv.example +a:d.example +mx include:mail.example ~all",
            "v=spf1 a:sv.example mx a:web.example ~all",
        ],
    )
    def test_shared_hosting_with_a_records_only_is_not_accused(self, record: str) -> None:
        records = {
            "d": f"{record}\nA 192.0.2.1\nMX 10 d.example.",
            "sv": "A 192.0.2.2",
            "web": "A 192.0.2.3",
            "mail": "v=spf1 ip4:198.51.100.0/24 ~all",
        }
        assert found(spf_void_lookups.CHECK, records) == []

    def test_for_ipv6_it_is_a_notice_where_ipv6_senders_are_cut_off_and_an_error_where_one_sent(self) -> None:
        records = {
            "d": "v=spf1 a:sv.example a mx include:mail.example ~all\nA 192.0.2.1\nMX 10 d.example.",
            "sv": "A 192.0.2.2",
            "mail": "v=spf1 ip6:2001:db8::/48 ~all",
        }
        (notice,) = found(spf_void_lookups.CHECK, records)
        assert (notice.variant, notice.severity, notice.tier) == ("ipv6", Severity.NOTICE, Tier.NONE)
        (error,) = found(spf_void_lookups.CHECK, records, OVER_IPV6)
        assert (error.variant, error.severity, error.tier) == ("ipv6", Severity.ERROR, Tier.MAIL)
        first = {
            "d": records["d"].replace("mx include:mail.example", "mx").replace("a:sv", "include:mail.example a:sv")
        }
        assert found(spf_void_lookups.CHECK, records | first) == []

    @pytest.mark.parametrize(
        "record",
        [
            "v=spf1 moo a:x.example a:y.example a:z.example -all",
            "v=spf1 a:x.example a:y.example include:none.example a:z.example -all",
            "v=spf1 a:x.example a:y.example include:d.example a:z.example -all",
            "v=spf1 a:x.example a:y.example exists:h.example a:z.example -all",
            "v=spf1 a:x.example a:y.example exists:%{i}.z.example ptr -all",
            "v=spf1 a:x.example a:y.example -all a:z.example",
            "v=spf1 a:x.example mx:none.example " + "ip4:192.0.2.1 a:h.example " * 8 + "a:h.example a:z.example -all",
        ],
    )
    def test_where_a_receiver_stops_before_there_is_no_third(self, record: str) -> None:
        assert found(spf_void_lookups.CHECK, {"d": record, "h": "A 192.0.2.1\nAAAA 2001:db8::1"}) == []

    def test_what_stands_in_includes_has_to_be_changed_there(self) -> None:
        records = {"d": "v=spf1 mx include:a.example -all\nMX 0 .", "a": f"v=spf1 {self.GONE} ~all"}
        (finding,) = found(spf_void_lookups.CHECK, records)
        assert (finding.variant, new(finding), finding.facts["holders"]) == ("by_hand", None, ("a.example",))

    def test_no_sender_over_ipv6_is_dropped(self) -> None:
        records = {"d": "v=spf1 mx a:x.example a:y.example a:six.example -all\nMX 0 .", "six": "AAAA 2001:db8::1"}
        (finding,) = found(spf_void_lookups.CHECK, records)
        assert finding.facts["dead"] == ("a:x.example", "a:y.example")
        assert new(finding) == "v=spf1 mx a:six.example -all"

    def test_a_failed_lookup_is_not_the_third(self) -> None:
        with pytest.raises(CannotTell) as caught:
            found(
                spf_void_lookups.CHECK,
                {"d": "v=spf1 a:x.example a:y.example a:z.example -all"},
                faults=(Fault("z.example", rcode="SERVFAIL"),),
            )
        assert caught.value.why is Why.SERVFAIL

    def test_three_beside_a_failed_one_are_enough(self) -> None:
        records = {"d": f"v=spf1 a:fails.example {self.GONE} -all"}
        (finding,) = found(spf_void_lookups.CHECK, records, faults=(Fault("fails.example", rcode="SERVFAIL"),))
        assert finding.rule.id == "SPF303"


class TestCrowdedMx:
    def test_eleven_names(self) -> None:
        (finding,) = found(spf_mx_names.CHECK, {"d": f"v=spf1 mx ~all\n{CROWD}"})
        assert (finding.rule.id, finding.subject, finding.facts["count"]) == ("SPF308", "d.example", 11)
        assert (finding.severity, finding.tier, new(finding)) == (Severity.ERROR, Tier.MAIL, None)

    def test_ten_are_fine(self) -> None:
        ten = "\n".join(CROWD.splitlines()[:10])
        assert found(spf_mx_names.CHECK, {"d": f"v=spf1 mx ~all\n{ten}", "h0": "A 192.0.2.1"}) == []

    def test_in_somebody_elses_record(self) -> None:
        records = {"d": "v=spf1 include:a.example mx:a.example ~all", "a": f"v=spf1 mx ~all\n{CROWD}"}
        (finding,) = found(spf_mx_names.CHECK, records)
        assert (finding.subject, finding.variant) == ("a.example", None)
        (foreign,) = found(spf_mx_names.CHECK, records | {"d": "v=spf1 include:a.example ~all"})
        assert (foreign.variant, foreign.records) == ("foreign", ())

    def test_a_failed_lookup_is_no_answer(self) -> None:
        with pytest.raises(CannotTell) as caught:
            found(spf_mx_names.CHECK, {"d": "v=spf1 mx ~all"}, faults=(Fault("d.example", "MX", rcode="SERVFAIL"),))
        assert caught.value.why is Why.SERVFAIL


class TestNotCountable:
    @pytest.mark.parametrize(
        ("record", "variant"),
        [
            ("v=spf1 exists:%{i}._spf.example -all", "within"),
            ("v=spf1 exists:%{i}._spf.example a:x.example a:y.example -all", "voids"),
            ("v=spf1 mx:%{d} -all", "voids"),
            ("v=spf1 exists:%{i}._spf.example ptr -all", "voids"),
            ("v=spf1 include:%{i}._spf.example -all", None),
            ("v=spf1 a:x.example redirect=%{d}._spf.example", None),
        ],
    )
    def test_macros(self, record: str, variant: str | None) -> None:
        (finding,) = found(spf_macros.CHECK, {"d": record})
        assert (finding.rule.id, finding.variant) == ("SPF310", variant)
        assert (finding.severity, finding.tier) == (Severity.NOTICE, Tier.NONE)

    @pytest.mark.parametrize(
        "record",
        ["v=spf1 ptr -all", "v=spf1 exp=%{i}.x.example -all", "v=spf1 -all exists:%{i}.x.example", "v=spf1 moo a:%{d}"],
    )
    def test_what_no_receiver_counts_is_not_told(self, record: str) -> None:
        assert found(spf_macros.CHECK, {"d": record}) == []

    def test_what_is_certain_is_told(self) -> None:
        (finding,) = found(spf_macros.CHECK, {"d": "v=spf1 a:x.example include:%{i}.y.example mx -all\nMX 0 ."})
        assert (finding.facts["lookups"], finding.facts["voids"]) == (3, 1)

    def test_beside_a_failed_include_it_stands_and_the_question_stays_open(self) -> None:
        records = {"d": "v=spf1 exists:%{i}.x.example include:a.example -all"}
        evidence = looked_up(records, faults=(Fault("a.example", rcode="SERVFAIL"),))
        judging = spf_macros.CHECK.judge(*evidence)
        assert next(judging).rule.id == "SPF310"
        with pytest.raises(CannotTell):
            next(judging)


@pytest.mark.parametrize(
    ("check", "rule"),
    [(spf_void_lookups.CHECK, spf_void_lookups.TOO_MANY_VOID_LOOKUPS), (spf_macros.CHECK, spf_macros.NOT_COUNTABLE)],
    ids=["SPF303", "SPF310"],
)
def test_the_samples_do_what_they_show(check: Check, rule: object) -> None:
    sample = check.rules[0].sample
    assert [f.rule for f in found(check, {"d": sample.bad})] == [rule]
    assert found(check, {"d": sample.good}) == []


def test_the_sample_of_lookups_near_the_limit() -> None:
    sample = spf_lookups.LOOKUPS_NEAR_LIMIT.sample
    assert [f.rule.id for f in judged(spf_lookups.CHECK, of(sample.bad))] == ["SPF302"]
    assert judged(spf_lookups.CHECK, of(sample.good)) == []
