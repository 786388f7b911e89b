"""SPF401: what is said of a mail that does not pass, and the record that would let it pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from spf_judged import judged, new, single

from checks.catalogue import CannotTell
from checks.evidence.message import ArcEvidence, MessageEvidence, Signature, SignatureResult, SpfResultEvidence
from checks.evidence.ptr import ClientReverseEvidence, ReverseName
from checks.model import Absent, Answer, Known, Seen, Severity, Tier, Unreachable, Why
from checks.rules import spf_result


def client(
    names: Known[Answer[str]], confirmed: str | None = None, why: Why | None = None, *, greeting: str = "mx.d.example"
) -> ClientReverseEvidence:
    return ClientReverseEvidence(ReverseName("203.0.113.9", greeting, names, confirmed, why))


def signature(domain: str, word: SignatureResult = "pass") -> Signature:
    return Signature(0, word, "", domain, "s1", "rsa-sha256", 2048, "", ("from",))


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
            variant = "softfail_include" if reverse is POOL else "softfail_if_own"
            assert (finding.severity, finding.variant, new(finding)) == (Severity.ERROR, variant, None)
            at_bounce = SpfResultEvidence("203.0.113.9", "mfrom", "bounce.d.example", "none")
            assert single(spf_result.CHECK, at_bounce, message(), reverse).records == ()
        over_ipv6 = result("softfail", mechanism="~all", only_ipv4_listed=True)
        assert single(spf_result.CHECK, over_ipv6, message(), POOL).variant == "softfail_include"

    def test_a_name_of_a_provider_that_does_not_lead_back_proves_no_pool(self) -> None:
        for reverse in (client(Absent()), client(named("forged.amazonses.com"))):
            finding = single(spf_result.CHECK, result("softfail", mechanism="~all"), message(), reverse)
            assert new(finding) == "v=spf1 mx ip4:203.0.113.9 ~all"
            assert (finding.variant, finding.records[0].later) == ("softfail_if_own", True)

    def test_only_a_server_of_the_domain_beyond_doubt_is_listed_at_once(self) -> None:
        for domain in ("d.example", "sub.d.example"):
            finding = single(spf_result.CHECK, result("softfail", mechanism="~all"), message(domain), OWN)
            assert (finding.variant, finding.records[0].later) == ("softfail", False)
        at_bounce = SpfResultEvidence("203.0.113.9", "mfrom", "bounce.d.example", "none")
        assert not single(spf_result.CHECK, at_bounce, message(), OWN).records[0].later
        assert single(spf_result.CHECK, at_bounce, message(), client(Absent())).records[0].later

    @pytest.mark.parametrize(
        "reverse",
        [
            client(named("mail.relay.example"), "mail.relay.example"),
            client(Absent(), greeting="mail.relay.example"),
            client(named("mail.relay.example"), greeting="MAIL.relay.example."),
        ],
        ids=["reverse name", "greeting", "reverse name that does not lead back"],
    )
    @pytest.mark.parametrize("word", ["hard_fail", "softfail", "neutral"])
    def test_another_organizations_server_is_never_listed(self, word: str, reverse: ClientReverseEvidence) -> None:
        evidence = result("fail", mechanism="-all", hard_fail=True) if word == "hard_fail" else result(word)
        forged = single(spf_result.CHECK, evidence, message(), reverse)
        assert (forged.variant, new(forged), forged.records[0].later) == (f"{word}_include", None, False)
        signed = replace(message(), signatures=(signature("d.example"),))
        copied = single(spf_result.CHECK, evidence, signed, reverse)
        assert (copied.variant, new(copied)) == (f"{word}_maybe_copy", None)
        by_another = replace(message(), signatures=(signature("relay.example"), signature("d.example", "fail")))
        assert single(spf_result.CHECK, evidence, by_another, reverse).variant == f"{word}_include"

    @pytest.mark.parametrize("greeting", ["", "localhost.localdomain", "localhost", "[203.0.113.9]", "mx.d.example"])
    def test_a_greeting_proves_nothing(self, greeting: str) -> None:
        finding = single(spf_result.CHECK, result("softfail"), message(), client(Absent(), greeting=greeting))
        assert (finding.variant, finding.records[0].later) == ("softfail_if_own", True)

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
