"""SPF401: what is said of a mail that does not pass, and the record that would let it pass."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from spf_judged import judged, new, single

from checks.catalogue import CannotTell
from checks.evidence.message import ArcEvidence, MessageEvidence, SpfResultEvidence
from checks.evidence.ptr import ClientReverseEvidence, ReverseName
from checks.model import Absent, Answer, Known, Seen, Severity, Tier, Unreachable, Why
from checks.rules import spf_result


def client(names: Known[Answer[str]], confirmed: str | None = None, why: Why | None = None) -> ClientReverseEvidence:
    return ClientReverseEvidence(ReverseName("203.0.113.9", "mx.d.example", names, confirmed, why))


def named(name: str) -> Seen[Answer[str]]:
    return Seen(Answer("9.113.0.203.in-addr.arpa", "PTR", (name,)))


OWN = client(named("mx.d.example"), "mx.d.example")
POOL = client(named("a9-1.smtp-out.amazonses.com"), "a9-1.smtp-out.amazonses.com")


def message(from_domain: str = "d.example", *forwarded: str) -> MessageEvidence:
    return MessageEvidence(
        100, ("a",), f"a@{from_domain}", from_domain, "", (), ArcEvidence("none", 0), forwarded, 70, False, ("from",)
    )


def result(word: str | None, **more: object) -> SpfResultEvidence:
    known: Mapping[str, object] = {"record": "v=spf1 mx ~all", **more}
    return SpfResultEvidence("203.0.113.9", "mfrom", "d.example", word, **known)  # type: ignore[arg-type]


class TestResult:
    def test_pass_yields_nothing(self) -> None:
        assert judged(spf_result.CHECK, result("pass"), message(), OWN) == []

    def test_a_permerror_of_the_from_domain_points_to_its_cause_and_proposes_nothing(self) -> None:
        finding = single(spf_result.CHECK, result("permerror"), message(), OWN)
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
        finding = single(spf_result.CHECK, evidence, message(), OWN)
        assert (finding.rule.id, finding.severity, finding.tier) == ("SPF401", Severity.ERROR, Tier.MAIL)
        assert (finding.variant, new(finding)) == (variant, change)

    def test_a_return_path_without_record(self) -> None:
        assert single(spf_result.CHECK, result("none", record=None), message(), OWN).records == ()
        at_bounce = SpfResultEvidence("203.0.113.9", "mfrom", "bounce.d.example", "none")
        assert new(single(spf_result.CHECK, at_bounce, message(), OWN)) == "v=spf1 ip4:203.0.113.9 ~all"

    def test_hard_fail_says_that_dkim_may_not_be_read(self) -> None:
        finding = single(spf_result.CHECK, result("fail", mechanism="-all", hard_fail=True), message(), OWN)
        assert "RFC 9989" in finding.why("en")
        assert "RFC 9989" in finding.why("ja")

    def test_the_record_of_a_service_is_not_ours_to_change(self) -> None:
        assert single(spf_result.CHECK, result("softfail"), message("other.example"), OWN).records == ()

    def test_one_address_of_a_providers_pool_is_not_proposed(self) -> None:
        unknown = (client(Unreachable(Why.TIMEOUT)), client(named("a.amazonses.com"), None, Why.SERVFAIL))
        for reverse in (POOL, *unknown):
            finding = single(spf_result.CHECK, result("softfail", mechanism="~all"), message(), reverse)
            assert (finding.severity, finding.variant, new(finding)) == (Severity.ERROR, "softfail", None)
            at_bounce = SpfResultEvidence("203.0.113.9", "mfrom", "bounce.d.example", "none")
            assert single(spf_result.CHECK, at_bounce, message(), reverse).records == ()
        over_ipv6 = result("softfail", mechanism="~all", only_ipv4_listed=True)
        assert single(spf_result.CHECK, over_ipv6, message(), POOL).variant == "softfail"

    def test_a_name_of_a_provider_that_does_not_lead_back_proves_no_pool(self) -> None:
        for reverse in (client(Absent()), client(named("forged.amazonses.com"))):
            finding = single(spf_result.CHECK, result("softfail", mechanism="~all"), message(), reverse)
            assert new(finding) == "v=spf1 mx ip4:203.0.113.9 ~all"

    def test_an_ipv6_sender_is_added_as_such(self) -> None:
        evidence = SpfResultEvidence("2001:db8::1", "mfrom", "d.example", "softfail", record="v=spf1 mx ~all")
        assert new(single(spf_result.CHECK, evidence, message(), OWN)) == "v=spf1 mx ip6:2001:db8::1 ~all"

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
        finding = single(spf_result.CHECK, evidence, mail, OWN)
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
            judged(spf_result.CHECK, evidence, message(), OWN)
        assert caught.value.why is why
