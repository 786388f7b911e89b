"""The keys that the DNS holds: of selectors seen in mail, and of those that are found by habit."""

from __future__ import annotations

import itertools

import pytest
from built import NODATA, NXDOMAIN, SERVFAIL, TIMEOUT, use

from checks.catalogue import Finding
from checks.engine import judge
from checks.evidence.dkim import KnownKeysEvidence, PublishedKey, SelectorsEvidence
from checks.evidence.message import SignatureReason
from checks.evidence.mx import MxEvidence
from checks.evidence.spf import SpfEvidence
from checks.model import Absent, Answer, Known, Outcome, Seen, Severity, Tier, Why
from checks.providers import services_of
from checks.rules.dkim_published import CHECK

OWN = "example.co.jp"
SES = "token.dkim.amazonses.com"
M365 = "selector{}-example-co-jp._domainkey.example.onmicrosoft.com"
MILD = (Severity.WARNING, Tier.NONE)
HARD = (Severity.ERROR, Tier.MAIL)
ADVICE = (Severity.NOTICE, Tier.NONE)
MAIL = (Severity.WARNING, Tier.MAIL)


def txt(*records: bytes, alias: str | None = None) -> Seen[Answer[bytes]]:
    return Seen(Answer("", "TXT", records or (b"v=DKIM1; p=x",), alias_of=alias))


def key(
    problem: SignatureReason = "",
    selector: str = "s1",
    answer: Known[Answer[bytes]] | None = None,
    bits: int = 2048,
    *,
    domain: str = OWN,
    flags: tuple[str, ...] = (),
    likely: bool = False,
) -> PublishedKey:
    return PublishedKey(
        selector, f"{selector}._domainkey.{domain}", answer or txt(), problem, "rsa", bits, flags, likely
    )


def empty(selector: str, target: str | None = None) -> PublishedKey:
    """No key; with `target`, a CNAME that leads to none."""
    return key("key_not_found", selector, Absent("nxdomain", alias_of=target))


def result(
    known: tuple[PublishedKey, ...] = (),
    found: tuple[PublishedKey, ...] = (),
    doubled: tuple[PublishedKey, ...] = (),
    *,
    wildcard: Known[Answer[bytes]] | None = NXDOMAIN,
    failed: Why | None = None,
    non_sending: bool | None = False,
) -> tuple[list[tuple[str, Severity, Tier]], Outcome, Why | None, tuple[Finding, ...]]:
    selectors = SelectorsEvidence(OWN, found, doubled, 50, wildcard, failed)
    mx = MxEvidence(OWN, NODATA, (), NODATA, NODATA)
    providers = services_of(mx, SpfEvidence(OWN, NODATA, (), None), (*known, *found))
    told = judge(CHECK, KnownKeysEvidence(OWN, known), selectors, providers, use(OWN, non_sending=non_sending))
    assert told.outcome is not Outcome.BROKEN
    rows = [(f.rule.id, f.severity, f.tier) for f in told.findings]
    return rows, told.outcome, told.reason, told.findings


def test_nothing_found_is_never_called_missing() -> None:
    assert result()[:3] == ([], Outcome.NOT_APPLICABLE, Why.NO_SIGNATURE)
    assert result(wildcard=None)[:3] == ([], Outcome.NOT_APPLICABLE, Why.NO_SIGNATURE)
    assert result(wildcard=TIMEOUT)[:3] == ([], Outcome.UNKNOWN, Why.TIMEOUT)
    assert result(failed=Why.SERVFAIL)[:3] == ([], Outcome.UNKNOWN, Why.SERVFAIL)


def test_good_keys_pass_whoever_shows_them() -> None:
    assert result((key(),))[:3] == ([], Outcome.PASSED, None)
    assert result((), (key(),))[:3] == ([], Outcome.PASSED, None)
    assert result((), (key(),), failed=Why.TIMEOUT)[:3] == ([], Outcome.PASSED, None)


def test_known_keys() -> None:
    assert result((empty("s1"),))[0] == [("DKIM002", *MILD)]
    assert result((key("key_revoked"),))[0] == [("DKIM003", *MILD)]
    assert result((key("key_syntax"),))[0] == [("DKIM101", *HARD)]
    assert result((key("key_too_short", bits=512),))[0] == [("DKIM202", *HARD)]
    lost = key("key_lookup_failed", answer=SERVFAIL)
    assert result((lost,))[:3] == ([], Outcome.UNKNOWN, Why.SERVFAIL)
    assert result((key(), lost))[:3] == ([], Outcome.UNKNOWN, Why.SERVFAIL)


def test_removing_an_older_key_is_proper_rotation_but_a_short_one_can_still_be_misused() -> None:
    assert result((key(), empty("old"), key("key_revoked", "older")))[0] == []
    assert result((key(), key("key_too_short", "old", bits=512)))[0] == [("DKIM202", *HARD)]


def test_a_revoked_key_found_by_habit_is_no_fault() -> None:
    assert result((), (key("key_revoked"),))[:3] == ([], Outcome.PASSED, None)


def test_what_harms_only_signed_mail_is_milder_where_nobody_is_known_to_sign() -> None:
    several = txt(b"v=DKIM1; p=AA", b"v=DKIM1; p=BB")
    assert result((), (key("key_syntax", answer=several),))[0] == [("DKIM101", *MILD)]
    rows, *_, findings = result((), (key("key_syntax", answer=several, likely=True),))
    assert rows == [("DKIM101", *HARD)]
    assert (findings[0].variant, findings[0].facts["count"]) == ("several", 2)
    assert result((), (key("key_too_short", bits=768),))[0] == [("DKIM202", *HARD)]


def test_a_key_in_test_mode() -> None:
    record = b"v=DKIM1; k=rsa; t=y:s; p=AAAA"
    testing = key(answer=txt(record), flags=("y", "s"))
    rows, *_, (finding,) = result((testing,))
    assert rows == [("DKIM201", *MAIL)]
    assert [(r.old, r.new) for r in finding.records] == [(record.decode(), "v=DKIM1; k=rsa; t=s; p=AAAA")]
    assert result((), (testing,))[0] == [("DKIM201", *ADVICE)]
    assert result((), (key(answer=txt(record), flags=("y",), likely=True),))[0] == [("DKIM201", *MAIL)]
    assert result((key(selector="new"), testing))[0] == [("DKIM201", *ADVICE)]
    assert result((key(flags=("s",)),))[0] == []


def test_of_an_alias_no_change_of_a_record_is_proposed_that_others_publish() -> None:
    hosted = txt(b"v=DKIM1; t=y; p=AAAA", alias="s1.esp.example")
    *_, (finding,) = result((key(answer=hosted, flags=("y",)),))
    assert (finding.variant, finding.records) == ("hosted", ())
    *_, (finding,) = result((key(answer=hosted, bits=1024),))
    assert (finding.rule.id, finding.records) == ("DKIM203", ())


@pytest.mark.parametrize(("bits", "rules"), [(1024, ["DKIM203"]), (2047, ["DKIM203"]), (2048, []), (4096, [])])
def test_a_short_key(bits: int, rules: list[str]) -> None:
    assert [rule for rule, *_ in result((key(bits=bits),))[0]] == rules
    assert [rule for rule, *_ in result((), (key(bits=bits),))[0]] == rules


def test_an_ed25519_key_is_not_short() -> None:
    small = PublishedKey("e1", f"e1._domainkey.{OWN}", txt(), "", "ed25519", 256)
    assert result((small,))[0] == []


def test_a_cname_of_a_service_that_leads_to_no_key() -> None:
    rows, *_, (finding,) = result((), (empty("s1", SES),))
    assert rows == [("DKIM004", *MAIL)]
    assert (finding.facts["provider"], finding.facts["target"], finding.records) == ("ses", SES, ())
    assert result((empty("s1", SES),))[0] == [("DKIM004", *MAIL)]
    # Whose the target is nobody knows: only that a mail was signed with it counts.
    assert result((), (empty("s1", "s1.unknown.example"),))[0] == []
    assert result((empty("s1", "s1.unknown.example"),))[0] == [("DKIM002", *MILD)]


def test_one_selector_of_microsoft_365_waits_for_the_rotation() -> None:
    first = key(selector="selector1", answer=txt(alias=M365.format(1)))
    second = empty("selector2", M365.format(2))
    rows, *_, (finding,) = result((), (first, second))
    assert rows == [("DKIM004", *ADVICE)]
    assert (finding.variant, finding.facts["sibling"]) == ("sibling", "selector1")
    assert result((first,), (second,))[0] == [("DKIM004", *ADVICE)]
    both = result((), (empty("selector1", M365.format(1)), second))
    assert both[0] == [("DKIM004", *MAIL), ("DKIM004", *MAIL)]
    # A key that lies in the zone itself is not Microsoft's.
    assert result((), (key(selector="selector1"), second))[0] == [("DKIM004", *MAIL)]


def test_how_much_an_empty_selector_of_microsoft_365_matters_hangs_on_the_other() -> None:
    second = empty("selector2", M365.format(2))
    assert result((), (second,), failed=Why.TIMEOUT)[:3] == ([], Outcome.UNKNOWN, Why.TIMEOUT)
    lost = key("key_lookup_failed", "selector1", SERVFAIL)
    assert result((lost,), (second,))[:3] == ([], Outcome.UNKNOWN, Why.SERVFAIL)


def test_a_key_at_the_doubled_name() -> None:
    twice = key(selector="s1", domain=f"{OWN}.{OWN}", answer=txt(b"v=DKIM1; p=AAAA"))
    rows, *_, (finding,) = result((empty("s1"),), (), (twice,))
    assert rows == [("DKIM103", *MILD)]
    assert finding.subject == f"s1._domainkey.{OWN}"
    assert [(r.name, r.old, r.new) for r in finding.records] == [
        (f"s1._domainkey.{OWN}", None, "v=DKIM1; p=AAAA"),
        (f"s1._domainkey.{OWN}.{OWN}", "v=DKIM1; p=AAAA", ""),
    ]
    assert result((), (), (twice,))[0] == [("DKIM103", *MILD)]
    assert result((empty("other"),), (), (twice,))[0] == [("DKIM002", *MILD), ("DKIM103", *MILD)]


def test_of_a_domain_without_mail_only_keys_matter_that_others_can_compute() -> None:
    found = (
        key("key_too_short", "k1", bits=512),
        key("key_syntax", "k2"),
        key(selector="k3", flags=("y",)),
        empty("k4", SES),
    )
    assert result((), found, non_sending=True)[0] == [("DKIM202", *HARD)]
    assert len(result((), found, non_sending=None)[0]) == 4


ANSWERS: list[PublishedKey] = [
    key(),
    key("key_syntax"),
    key("key_revoked"),
    key("key_too_short", bits=512),
    key("key_restricted"),
    key(flags=("y",), bits=1024),
    empty("s1"),
    empty("s1", SES),
    empty("s1", M365.format(1)),
    key("key_lookup_failed", answer=TIMEOUT),
    key("key_lookup_failed", answer=SERVFAIL),
]


@pytest.mark.parametrize("wildcard", [NXDOMAIN, NODATA, SERVFAIL, TIMEOUT, txt(), None])
def test_no_pair_of_answers_breaks_the_judge(wildcard: Known[Answer[bytes]] | None) -> None:
    for known, found in itertools.product([(), *((k,) for k in ANSWERS)], repeat=2):
        for failed in (None, Why.TIMEOUT):
            rows, outcome, why, _ = result(known, found, wildcard=wildcard, failed=failed)
            assert (outcome is Outcome.UNKNOWN) <= (why is not None)
            lost = [k for k in known if k.problem == "key_lookup_failed"]
            assert not (lost and ("DKIM002", *MILD) in rows)
