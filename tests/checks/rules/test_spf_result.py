"""SPF401: what is said of a mail that does not pass, and the record that would let it pass."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from spf_judged import judged, new, single

from checks.catalogue import CannotTell
from checks.evidence.message import ArcEvidence, MessageEvidence, SpfResultEvidence
from checks.model import Severity, Tier, Why
from checks.rules import spf_result


def message(from_domain: str = "d.example", *forwarded: str) -> MessageEvidence:
    return MessageEvidence(
        100, ("a",), f"a@{from_domain}", from_domain, "", (), ArcEvidence("none", 0), forwarded, 70, False, ("from",)
    )


def result(word: str | None, **more: object) -> SpfResultEvidence:
    known: Mapping[str, object] = {"record": "v=spf1 mx ~all", **more}
    return SpfResultEvidence("203.0.113.9", "mfrom", "d.example", word, **known)  # type: ignore[arg-type]


class TestResult:
    def test_pass_yields_nothing(self) -> None:
        assert judged(spf_result.CHECK, result("pass"), message()) == []

    def test_a_permerror_of_the_from_domain_points_to_its_cause_and_proposes_nothing(self) -> None:
        finding = single(spf_result.CHECK, result("permerror"), message())
        assert (finding.variant, finding.records) == ("permerror_own", ())

    @pytest.mark.parametrize(
        ("evidence", "variant", "change"),
        [
            (result("softfail", mechanism="~all"), "softfail", "v=spf1 mx ip4:203.0.113.9 ~all"),
            (result("fail", mechanism="-all", hard_fail=True), "hard_fail", "v=spf1 mx ip4:203.0.113.9 ~all"),
            (result("fail", mechanism="-ip4:203.0.113.9"), "fail", None),
            (result("neutral"), "neutral", "v=spf1 mx ip4:203.0.113.9 ~all"),
            (
                result("softfail", mechanism="~ALL", record="v=spf1 mx ~ALL"),
                "softfail",
                "v=spf1 mx ip4:203.0.113.9 ~ALL",
            ),
            (
                result("softfail", mechanism="~ip4:203.0.113.0/24", record="v=spf1 a ~ip4:203.0.113.0/24 mx -all"),
                "matched",
                "v=spf1 a ip4:203.0.113.9 ~ip4:203.0.113.0/24 mx -all",
            ),
            (
                result("neutral", mechanism="?include:a.example", record="v=spf1 ?include:a.example"),
                "matched",
                "v=spf1 ip4:203.0.113.9 ?include:a.example",
            ),
            (
                result("softfail", mechanism="~a:h.example", record="v=spf1 mx redirect=a.example"),
                "matched",
                "v=spf1 mx ip4:203.0.113.9 redirect=a.example",
            ),
            (result("fail", hard_fail=True, only_ipv4_listed=True), "only_ipv4", "v=spf1 mx ip4:203.0.113.9 ~all"),
        ],
    )
    def test_everything_else_is_an_error_with_its_own_words(
        self, evidence: SpfResultEvidence, variant: str, change: str | None
    ) -> None:
        finding = single(spf_result.CHECK, evidence, message())
        assert (finding.rule.id, finding.severity, finding.tier) == ("SPF401", Severity.ERROR, Tier.MAIL)
        assert (finding.variant, new(finding)) == (variant, change)

    def test_a_return_path_without_record(self) -> None:
        assert single(spf_result.CHECK, result("none", record=None), message()).records == ()
        at_bounce = SpfResultEvidence("203.0.113.9", "mfrom", "bounce.d.example", "none")
        assert new(single(spf_result.CHECK, at_bounce, message())) == "v=spf1 ip4:203.0.113.9 ~all"

    def test_hard_fail_says_that_dkim_may_not_be_read(self) -> None:
        finding = single(spf_result.CHECK, result("fail", mechanism="-all", hard_fail=True), message())
        assert "RFC 9989" in finding.why("en")
        assert "RFC 9989" in finding.why("ja")

    def test_the_record_of_a_service_is_not_ours_to_change(self) -> None:
        assert single(spf_result.CHECK, result("softfail"), message("other.example")).records == ()

    def test_an_ipv6_sender_is_added_as_such(self) -> None:
        evidence = SpfResultEvidence("2001:db8::1", "mfrom", "d.example", "softfail", record="v=spf1 mx ~all")
        assert new(single(spf_result.CHECK, evidence, message())) == "v=spf1 mx ip6:2001:db8::1 ~all"

    @pytest.mark.parametrize(
        ("evidence", "mail"),
        [
            (result("none", is_null_return_path=True), message()),
            (result("fail", hard_fail=True), message("d.example", "srs")),
        ],
    )
    def test_null_return_path_and_forwarding_are_no_fault(
        self, evidence: SpfResultEvidence, mail: MessageEvidence
    ) -> None:
        finding = single(spf_result.CHECK, evidence, mail)
        assert (finding.severity, finding.tier, finding.records) == (Severity.NOTICE, Tier.NONE, ())

    @pytest.mark.parametrize(
        ("evidence", "why"),
        [
            (result(None), Why.NOT_PROVIDED),
            (result("temperror", why=Why.TIMEOUT), Why.TIMEOUT),
            (result("temperror"), Why.SERVFAIL),
        ],
    )
    def test_what_could_not_be_determined(self, evidence: SpfResultEvidence, why: Why) -> None:
        with pytest.raises(CannotTell) as caught:
            judged(spf_result.CHECK, evidence, message())
        assert caught.value.why is why
