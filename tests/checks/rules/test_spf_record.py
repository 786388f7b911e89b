"""SPF001 and SPF101: no record, one that is not recognised, an alias, and several."""

from __future__ import annotations

import pytest
from built import use
from spf_judged import judged, new, of, single, unanswered
from spf_world import published

from checks.catalogue import CannotTell, RecordChange
from checks.evidence.spf import SpfEvidence
from checks.model import Absent, Answer, Known, Seen, Severity, Tier, Unreachable, Why
from checks.rules import spf_record


class TestRecord:
    def test_missing_with_the_terms_of_the_platform(self) -> None:
        finding = single(spf_record.CHECK, unanswered(Absent()), use("d.example", provider="google"))
        assert (finding.rule.id, finding.severity, finding.tier) == ("SPF001", Severity.ERROR, Tier.MAIL)
        assert new(finding) == "v=spf1 include:_spf.google.com ~all"

    def test_missing_without_known_platform(self) -> None:
        assert new(single(spf_record.CHECK, of("v=other"), use("d.example"))) == "v=spf1 mx ~all"
        assert new(single(spf_record.CHECK, of("v=other"), use("d.example", has_mx=False))) == "v=spf1 a ~all"

    def test_missing_with_the_terms_of_the_gateway(self) -> None:
        finding = single(spf_record.CHECK, unanswered(Absent()), use("d.example", provider="cloudflare"))
        assert new(finding) == "v=spf1 include:_spf.mx.cloudflare.net ~all"

    @pytest.mark.parametrize("provider", ["icloud", "kagoya", "proofpoint"])
    def test_where_the_servers_that_receive_need_not_send_none_is_listed(self, provider: str) -> None:
        finding = single(spf_record.CHECK, unanswered(Absent()), use("d.example", provider=provider))
        assert (finding.rule.id, finding.severity, finding.variant) == ("SPF001", Severity.ERROR, "by_service")
        assert finding.records == ()

    def test_a_rented_host_sends_too(self) -> None:
        finding = single(spf_record.CHECK, unanswered(Absent()), use("d.example", provider="sakura"))
        assert new(finding) == "v=spf1 mx ~all"

    def test_missing_where_no_mail_is_sent(self) -> None:
        finding = single(spf_record.CHECK, unanswered(Absent()), use("d.example", non_sending=True, has_mx=False))
        assert (finding.severity, finding.tier, new(finding)) == (Severity.WARNING, Tier.NONE, "v=spf1 -all")

    @pytest.mark.parametrize("non_sending", [True, False, None])
    def test_missing_below_the_organizational_domain_is_advice(self, non_sending: bool | None) -> None:
        below = use("www.d.example", non_sending=non_sending, is_below=True, has_mx=False)
        finding = single(spf_record.CHECK, unanswered(Absent()), below)
        assert (finding.severity, finding.tier) == (Severity.NOTICE, Tier.NONE)

    def test_missing_below_with_mx_is_an_error(self) -> None:
        below = use("m.d.example", is_below=True)
        assert single(spf_record.CHECK, unanswered(Absent()), below).severity is Severity.ERROR

    def test_missing_below_with_unknown_mx_is_not_graded(self) -> None:
        with pytest.raises(CannotTell):
            judged(spf_record.CHECK, unanswered(Absent()), use("m.d.example", is_below=True, has_mx=None))

    @pytest.mark.parametrize(("has_mx", "non_sending"), [(None, None), (False, None), (None, False)])
    def test_which_servers_it_has_is_never_guessed(self, has_mx: bool | None, non_sending: bool | None) -> None:
        """That there is no record is known; what it has to list, and whether it is needed, hang on a failed lookup."""
        known = use("d.example", has_mx=has_mx, non_sending=non_sending)
        finding = single(spf_record.CHECK, unanswered(Absent()), known)
        assert (finding.rule.id, finding.variant, finding.records) == ("SPF001", "unknown_servers", ())
        sends = non_sending is False
        assert finding.severity is (Severity.ERROR if sends else Severity.WARNING)
        assert finding.tier is (Tier.MAIL if sends else Tier.NONE)

    def test_what_is_not_recognised_is_corrected_whatever_servers_it_has(self) -> None:
        unknown = use("d.example", has_mx=None, non_sending=None)
        finding = single(spf_record.CHECK, of('TXT " v=spf1 mx -all"'), unknown)
        assert (finding.severity, finding.tier, new(finding)) == (Severity.WARNING, Tier.NONE, "v=spf1 mx -all")

    def test_a_failed_lookup_is_never_missing(self) -> None:
        with pytest.raises(CannotTell) as caught:
            judged(spf_record.CHECK, unanswered(Unreachable(Why.SERVFAIL)), use("d.example"))
        assert caught.value.why is Why.SERVFAIL

    def test_missing_because_it_is_not_recognised(self) -> None:
        finding = single(spf_record.CHECK, of('TXT " v=spf1 mx -all"'), use("d.example"))
        assert (finding.rule.id, finding.severity) == ("SPF001", Severity.ERROR)
        assert finding.records == (RecordChange("d.example", "TXT", " v=spf1 mx -all", "v=spf1 mx -all"),)

    @pytest.mark.parametrize(
        "answer",
        [
            Absent(alias_of="cdn.example"),
            Absent("nxdomain", alias_of="cdn.example"),
            Seen(Answer("www.d.example", "TXT", (b"v=other",), alias_of="cdn.example")),
            Seen(Answer("www.d.example", "TXT", (b" v=spf1 mx -all",), alias_of="cdn.example")),
        ],
    )
    @pytest.mark.parametrize("is_below", [True, False])
    def test_beside_an_alias_no_record_can_be_published(self, answer: Known[object], is_below: bool) -> None:
        finding = single(spf_record.CHECK, unanswered(answer), use("www.d.example", is_below=is_below, has_mx=False))
        assert (finding.severity, finding.tier, finding.records) == (Severity.NOTICE, Tier.NONE, ())
        assert (finding.variant, finding.facts["target"]) == ("alias", "cdn.example")
        with_mail = single(spf_record.CHECK, unanswered(answer), use("www.d.example", is_below=is_below))
        assert (with_mail.severity, with_mail.tier, with_mail.records) == (Severity.ERROR, Tier.MAIL, ())
        with pytest.raises(CannotTell):
            judged(spf_record.CHECK, unanswered(answer), use("www.d.example", is_below=is_below, has_mx=None))

    def test_an_alias_whose_target_has_a_record_is_right(self) -> None:
        evidence = published({"d": "CNAME a.example.", "a": "v=spf1 mx -all"})
        assert judged(spf_record.CHECK, evidence, use("d.example")) == []

    def test_an_alias_as_it_is_really_answered(self) -> None:
        evidence = published({"d": "CNAME a.example.", "a": "A 192.0.2.1"})
        finding = single(spf_record.CHECK, evidence, use("d.example", has_mx=False))
        assert (finding.variant, finding.facts["target"]) == ("alias", "a.example")

    def test_what_is_not_recognised_stays_closed(self) -> None:
        finding = single(spf_record.CHECK, of('TXT " v=spf1 mx +all"'), use("d.example"))
        assert (finding.variant, new(finding)) == ("look_alike_closed", "v=spf1 mx ~all")

    def test_several_are_merged(self) -> None:
        finding = single(spf_record.CHECK, of("v=spf1 mx -all\nv=spf1 include:a.example ~all"), use("d.example"))
        assert (finding.rule.id, finding.facts["count"]) == ("SPF101", 2)
        old = [change.old for change in finding.records]
        merged, gone = (change.new for change in finding.records)
        assert sorted(old, key=str) == ["v=spf1 include:a.example ~all", "v=spf1 mx -all"]
        assert merged is not None
        assert sorted(merged.split()) == ["include:a.example", "mx", "v=spf1", "~all"]
        assert gone == ""

    def test_several_at_an_alias_are_changed_where_they_stand(self) -> None:
        evidence = published({"d": "CNAME c.example.", "c": "v=spf1 mx -all\nv=spf1 a -all"})
        finding = single(spf_record.CHECK, evidence, use("d.example"))
        assert {change.name for change in finding.records} == {"c.example"}

    def test_of_hundreds_some_are_shown(self) -> None:
        many = tuple(f"v=spf1 ip4:192.0.2.{i} -all" for i in range(250))
        evidence = SpfEvidence("d.example", Seen(Answer("d.example", "TXT", ())), many, None)
        finding = single(spf_record.CHECK, evidence, use("d.example"))
        assert (finding.facts["count"], len(finding.records), finding.variant) == (250, 20, "by_hand")
        assert finding.facts["published"] == many[:20]

    def test_several_that_cannot_be_read_are_left_to_their_owner(self) -> None:
        finding = single(spf_record.CHECK, of("v=spf1 moo -all\nv=spf1 mx ~all"), use("d.example"))
        assert finding.variant == "by_hand"
        assert [change.new for change in finding.records] == [None, None]

    @pytest.mark.parametrize(
        "several",
        [
            "v=spf1 ip4:0.0.0.0/0 -all\nv=spf1 mx -all",
            "v=spf1 ip4:0.0.0.0/1 -all\nv=spf1 ip4:128.0.0.0/1 -all",
            "v=spf1 exists:a.example -all\nv=spf1 mx -all",
        ],
    )
    def test_several_that_nobody_passes_are_not_merged_into_one_that_everybody_does(self, several: str) -> None:
        finding = single(spf_record.CHECK, of(several), use("d.example"))
        assert (finding.rule.id, finding.variant) == ("SPF101", "by_hand")
        assert [change.new for change in finding.records] == [None, None]

    def test_one_record_is_right(self) -> None:
        assert judged(spf_record.CHECK, of("v=spf1 moo"), use("d.example")) == []
