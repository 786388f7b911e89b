"""SPF309: a CNAME at an apex, or beside TXT records; an ordinary alias is nothing."""

from __future__ import annotations

import pytest
from built import NODATA, SERVFAIL, txt, use
from spf_judged import judged, single

from checks.catalogue import CannotTell
from checks.evidence.mx import MxEvidence
from checks.evidence.spf import SpfEvidence
from checks.evidence.spf_alias import AliasAtSource, SpfAliasEvidence
from checks.model import Absent, Answer, Known, MxHost, Seen, Severity, Tier, Unreachable, Why
from checks.rules.spf_alias import CHECK

DOMAIN, TARGET = "example.co.jp", "web.example.net"
WITH_SPF = SpfEvidence(DOMAIN, txt("v=spf1 mx -all"), ("v=spf1 mx -all",), None)
SPF = "v=spf1 mx -all"
WITHOUT = SpfEvidence(DOMAIN, NODATA, (), None)
NO_MX = MxEvidence(DOMAIN, NODATA, (), NODATA, NODATA)


def alias(
    *, apex: bool = False, texts: int = 0, has_spf: bool = False, target: str | None = TARGET
) -> SpfAliasEvidence:
    return of(Seen(AliasAtSource("ns1.example.co.jp", apex, target, texts, has_spf, SPF if has_spf else "")))


def of(at_source: Known[AliasAtSource]) -> SpfAliasEvidence:
    return SpfAliasEvidence(DOMAIN, Seen(TARGET), at_source)


@pytest.mark.parametrize(
    ("evidence", "variant"),
    [
        (alias(texts=1, has_spf=True), None),
        (alias(texts=1), None),
        (alias(apex=True), "apex"),
        (alias(apex=True, texts=2, has_spf=True), "apex"),
    ],
)
def test_a_cname_where_it_may_not_stand(evidence: SpfAliasEvidence, variant: str | None) -> None:
    finding = single(CHECK, evidence, WITH_SPF, use(), NO_MX)
    assert (finding.rule.id, finding.severity, finding.tier) == ("SPF309", Severity.ERROR, Tier.MAIL)
    assert (finding.variant, finding.subject, finding.facts["target"]) == (variant, DOMAIN, TARGET)
    shown = [(change.type, change.old, change.new) for change in finding.records]
    assert isinstance(evidence.at_source, Seen)
    assert shown == [("CNAME", TARGET, None), *([("TXT", SPF, None)] if evidence.at_source.value.has_spf else [])]


@pytest.mark.parametrize(
    "evidence",
    [
        pytest.param(alias(), id="an ordinary alias"),
        pytest.param(SpfAliasEvidence(DOMAIN, Absent()), id="no alias"),
        pytest.param(alias(target=None, texts=1, has_spf=True), id="its server has no CNAME"),
        pytest.param(alias(target=None, apex=True), id="its server has no CNAME at the apex"),
    ],
)
def test_what_is_nothing(evidence: SpfAliasEvidence) -> None:
    assert judged(CHECK, evidence, WITH_SPF, use(), NO_MX) == []


@pytest.mark.parametrize("why", [Why.NO_DIRECT, Why.NO_CONNECT, Why.TIMEOUT])
def test_what_no_server_said_is_not_told(why: Why) -> None:
    with pytest.raises(CannotTell) as caught:
        judged(CHECK, of(Unreachable(why)), WITH_SPF, use(), NO_MX)
    assert caught.value.why is why


def test_a_failed_lookup_is_not_told() -> None:
    with pytest.raises(CannotTell) as caught:
        judged(CHECK, SpfAliasEvidence(DOMAIN, SERVFAIL), WITH_SPF, use(), NO_MX)
    assert caught.value.why is Why.SERVFAIL


@pytest.mark.parametrize(
    ("evidence", "spf", "used", "tier"),
    [
        (alias(apex=True), WITHOUT, use(non_sending=True), Tier.NONE),
        (alias(texts=1), WITHOUT, use(is_below=True, has_mx=False), Tier.NONE),
        (alias(texts=1, has_spf=True), WITHOUT, use(is_below=True, has_mx=False), Tier.MAIL),
        (alias(texts=1), WITH_SPF, use(is_below=True, has_mx=False), Tier.MAIL),
        (alias(texts=1), WITHOUT, use(is_below=True, has_mx=None), Tier.MAIL),
        (alias(texts=1), WITHOUT, use(has_mx=False), Tier.MAIL),
    ],
)
def test_a_name_that_sends_no_mail_is_only_warned_of(
    evidence: SpfAliasEvidence, spf: SpfEvidence, used: object, tier: Tier
) -> None:
    assert single(CHECK, evidence, spf, used, NO_MX).tier is tier


def test_what_came_through_the_cname_is_shown_for_whoever_takes_it_away() -> None:
    hosts = (MxHost(10, "mx.example.net"), MxHost(20, "mx2.example.net"))
    came = MxEvidence(
        DOMAIN,
        Seen(Answer(DOMAIN, "MX", hosts, alias_of=TARGET)),
        (),
        Seen(Answer(DOMAIN, "A", tuple(f"192.0.2.{n}" for n in range(30)), alias_of=TARGET)),
        SERVFAIL,
    )
    finding = single(CHECK, alias(texts=1, has_spf=True), WITH_SPF, use(), came)
    later = [(c.type, c.old, c.new) for c in finding.records if c.later]
    assert later[:20] == [("A", None, f"192.0.2.{n}") for n in range(20)]
    assert later[20:] == [("MX", None, "10 mx.example.net."), ("MX", None, "20 mx2.example.net.")]


def test_what_stands_at_the_name_itself_is_not_entered_anew() -> None:
    own = MxEvidence(DOMAIN, Seen(Answer(DOMAIN, "MX", (MxHost(10, "mx.example.net"),))), (), NODATA, NODATA)
    assert not any(c.later for c in single(CHECK, alias(texts=1), WITH_SPF, use(), own).records)
