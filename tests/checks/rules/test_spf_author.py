"""SPF403: the From domain itself has no SPF record."""

from __future__ import annotations

import pytest
from spf_judged import judged, of, single, unanswered

from checks.catalogue import CannotTell, NotApplicable
from checks.evidence.message import ArcEvidence, MessageEvidence, SpfResultEvidence
from checks.model import Absent, Severity, Tier, Unreachable, Why
from checks.rules.spf_author import CHECK


def mail(from_domain: str | None = "d.example") -> MessageEvidence:
    return MessageEvidence(1, ("a",), None, from_domain, "", (), ArcEvidence("none", 0), (), 1, False, ())


def result(domain: str = "esp.example", scope: str = "mfrom") -> SpfResultEvidence:
    return SpfResultEvidence("192.0.2.1", scope, domain, "pass")  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["nodata", "nxdomain"])
def test_without_a_record_of_its_own_it_is_a_warning_although_the_return_path_passes(how: str) -> None:
    finding = single(CHECK, mail(), unanswered(Absent(how)), result())  # type: ignore[arg-type]
    assert (finding.rule.id, finding.severity, finding.tier) == ("SPF403", Severity.WARNING, Tier.NONE)
    assert (finding.variant, finding.records) == (None, ())
    assert "esp.example" in finding.why("ja")
    assert "192.0.2.1" in finding.fix("ja")


@pytest.mark.parametrize(
    ("spf", "variant"),
    [
        (result("d.example"), "same"),
        (result("d.example", "helo"), None),
        (SpfResultEvidence(None, "helo", "", None), None),
    ],
)
def test_the_words_depend_on_the_return_path(spf: SpfResultEvidence, variant: str | None) -> None:
    assert single(CHECK, mail(), of("TXT other-text"), spf).variant == variant


@pytest.mark.parametrize("record", ["v=spf1 -all", "v=spf1 nonsense", "v=spf1 mx\nv=spf1 a"])
def test_any_record_of_its_own_yields_nothing_here(record: str) -> None:
    assert judged(CHECK, mail(), of(record), result()) == []


def test_a_failed_lookup_is_unknown() -> None:
    with pytest.raises(CannotTell) as caught:
        judged(CHECK, mail(), unanswered(Unreachable(Why.TIMEOUT)), result())
    assert caught.value.why is Why.TIMEOUT


@pytest.mark.parametrize("from_domain", [None, "other.example"])
def test_without_an_author_the_question_does_not_arise(from_domain: str | None) -> None:
    with pytest.raises(NotApplicable) as caught:
        judged(CHECK, mail(from_domain), of("TXT other-text"), result())
    assert caught.value.why is Why.NO_FROM
