"""The lists of Google, Yahoo, Microsoft, Apple and Japan: whole, sound, and right where they differ from each other."""

from __future__ import annotations

import re

import pytest
from assessed import REQUIREMENTS, authentication, before_a_mail, broken, results, signature, status_of, unmet

from checks import CATALOGUE, PROFILES, CheckResult, Outcome, Profile, Severity, Status, Why
from checks.profiles.view import assess

ALIGNED = authentication("pass", True, signature("pass", True), dmarc="pass", policy="reject")
profiles = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


@profiles
def test_every_check_and_rule_that_a_requirement_names_exists(profile: Profile):
    checks = {check.id for check in CATALOGUE.checks}
    assert {c for r in profile.requirements for c in r.checks} <= checks
    assert {rule for r in profile.requirements for rule in r.rules} <= set(CATALOGUE.rules)


@profiles
def test_where_a_requirement_names_checks_and_rules_the_checks_have_them(profile: Profile):
    of = {check.id: {rule.id for rule in check.rules} for check in CATALOGUE.checks}
    for requirement in profile.requirements:
        if requirement.checks and requirement.rules:
            assert set(requirement.rules) <= set().union(*(of[check] for check in requirement.checks)), requirement.id


@profiles
def test_a_requirement_rests_on_something_or_says_that_nobody_can_measure_it(profile: Profile):
    for requirement in profile.requirements:
        measured = bool(requirement.checks or requirement.rules or requirement.reason)
        assert measured is not requirement.unmeasurable, requirement.id


@profiles
def test_texts_are_short_and_in_both_languages(profile: Profile):
    for requirement in profile.requirements:
        for text in (requirement.title.en, requirement.title.ja):
            assert 0 < len(text) <= 90
            assert not text.endswith((".", "。"))
        assert re.search(r"[ぁ-んァ-ヶ一-龠]", requirement.title.ja)
    for lang in ("en", "ja"):
        assert profile.name.say(lang)
        assert len(profile.note.say(lang)) <= 330
        assert profile.note.say(lang).count("`") % 2 == 0
    assert all(each.startswith("https://") for each in profile.references)


def test_ids_are_unique_and_tell_whose_they_are():
    ids = [r.id for profile in PROFILES.values() for r in profile.requirements]
    assert len(ids) == len(set(ids))
    prefixes = {"google": "G-", "yahoo": "Y-", "microsoft": "MS-", "apple": "AP-", "japan": "JP-"}
    assert prefixes.keys() == PROFILES.keys()
    for name, profile in PROFILES.items():
        assert all(r.id.startswith(prefixes[name]) for r in profile.requirements)


@profiles
def test_a_good_domain_breaks_nothing_before_and_after_its_mail(profile: Profile):
    for given, told in ((before_a_mail(), None), (results(), ALIGNED)):
        for requirement in profile.requirements:
            status = assess(requirement, given, CATALOGUE, told)
            assert status.status is not Status.NOT_MET, requirement.id
            if status.status is Status.NOT_TESTABLE:
                assert status.reason is Why.NEEDS_PROOF, requirement.id


@profiles
def test_a_good_mail_meets_all_that_can_be_measured(profile: Profile):
    for requirement in profile.requirements:
        status = assess(requirement, results(), CATALOGUE, ALIGNED)
        if not (requirement.unmeasurable or requirement.reason):
            assert status.status is Status.MET, requirement.id


@profiles
def test_a_dead_resolver_breaks_no_requirement(profile: Profile):
    dead = {c.id: CheckResult(c.id, Outcome.UNKNOWN, Why.TIMEOUT) for c in CATALOGUE.checks}
    told = authentication(None, None, signature("temperror", None), dmarc="temperror", policy=None)
    for requirement in profile.requirements:
        for given in (None, told):
            status = assess(requirement, dead, CATALOGUE, given).status
            assert status in (Status.NOT_TESTABLE, Status.NOT_MEASURABLE), requirement.id


@profiles
def test_a_check_of_other_topics_tests_nothing(profile: Profile):
    for requirement in profile.requirements:
        if requirement.checks:
            status = assess(requirement, {}, CATALOGUE)
            assert (status.status, status.reason) == (Status.NOT_TESTABLE, Why.NOT_ASKED)


def test_rules_that_the_catalogue_lacks_leave_a_requirement_untested_but_what_is_found_counts():
    requirement = REQUIREMENTS["G-A05"]
    fewer = type(CATALOGUE).of(
        "x", tuple(c for c in CATALOGUE.checks if not any(r.id in ("MSG102", "MSG109") for r in c.rules))
    )
    status = assess(requirement, results(), fewer)
    assert (status.status, status.reason) == (Status.NOT_TESTABLE, Why.NOT_COVERED)
    assert assess(requirement, results() | broken("msg.from", "MSG101"), fewer).status is Status.NOT_MET
    assert "MSG101" in status.rules


def test_microsoft_needs_spf_and_dkim_and_dmarc():
    by_dkim_alone = authentication("softfail", True, signature("pass", True))
    assert status_of("MS-B01", told=by_dkim_alone).status is Status.NOT_MET
    assert status_of("MS-B02", told=by_dkim_alone).status is Status.MET
    assert status_of("MS-B03", told=by_dkim_alone).status is Status.MET
    assert status_of("G-A01", told=by_dkim_alone).status is Status.MET


@pytest.mark.parametrize("requirement", ["Y-B02", "MS-B03", "JP-D1"])
def test_dmarc_has_to_pass_and_not_only_to_be_there(requirement):
    passes, fails = (authentication("pass", True, dmarc=result) for result in ("pass", "fail"))
    none = authentication("pass", True, dmarc="none", policy=None)
    assert [status_of(requirement, told=each).status for each in (passes, fails, none)] == [
        Status.MET,
        Status.NOT_MET,
        Status.NOT_MET,
    ]
    assert status_of("G-B02", told=fails).status is Status.MET
    assert status_of("AP-08", told=fails).status is Status.MET
    missing = before_a_mail() | broken("dmarc.record", "DMARC001")
    assert status_of(requirement, missing).status is Status.NOT_MET
    assert status_of(requirement, before_a_mail()).so_far is Status.MET


@pytest.mark.parametrize(
    ("record", "status"),
    [
        ("v=spf1 -all", Status.NOT_MET),
        ("V=SPF1  -ALL", Status.NOT_MET),
        ("v=spf1 ip4:192.0.2.1 -all", Status.MET),
        ("", Status.MET),
    ],
)
def test_microsoft_takes_no_mail_of_a_domain_that_sends_none(record, status):
    found = broken("spf.result", "SPF401", facts={"record": record})
    assert status_of("MS-A04", results() | found).status is status


def test_a_dynamic_reverse_name_matters_to_microsoft_only_where_the_address_sent():
    assert status_of("MS-A02", results() | broken("ptr.client", "PTR201")).status is Status.NOT_MET
    assert status_of("MS-A02", results() | broken("ptr.mx", "PTR201")).status is Status.MET
    assert status_of("MS-A01", results() | broken("ptr.client", "PTR201")).status is Status.MET
    assert status_of("MS-A02", results() | broken("ptr.client", "PTR201")).rules == ("PTR201",)


def test_an_open_relay_is_not_said_to_be_none():
    status = status_of("MS-A03")
    assert (status.status, status.reason) == (Status.NOT_TESTABLE, Why.NEEDS_PROOF)


@pytest.mark.parametrize(
    ("signatures", "status"),
    [
        ([("pass", True)], Status.MET),
        ([("pass", True), ("fail", True)], Status.NOT_MET),
        ([("pass", True), ("fail", False)], Status.MET),
        ([("pass", True), ("temperror", True)], Status.NOT_TESTABLE),
        ([("pass", None)], Status.NOT_TESTABLE),
        ([("pass", False)], Status.NOT_APPLICABLE),
        ([], Status.NOT_APPLICABLE),
    ],
)
def test_yahoo_wants_every_aligned_signature_to_pass(signatures, status):
    told = authentication("pass", True, *(signature(*each) for each in signatures))
    assert status_of("Y-B06", told=told).status is status


def test_apple_wants_arc_where_mail_was_forwarded_and_google_no_more():
    not_forwarded = CheckResult("arc.chain", Outcome.NOT_APPLICABLE, Why.NO_SIGNATURE)
    assert status_of("AP-03", results() | {"arc.chain": not_forwarded}).status is Status.NOT_APPLICABLE
    assert status_of("AP-03", results() | broken("arc.chain", "ARC401")).status is Status.NOT_MET
    assert status_of("AP-03", results(arc__chain=Why.TIMEOUT)).status is Status.NOT_TESTABLE
    assert not any("ARC401" in r.rules or r.title.en.startswith("ARC") for r in PROFILES["google"].requirements)


@pytest.mark.parametrize(
    ("found", "google", "yahoo"),
    [
        (broken("list.header", "LIST001"), Status.NOT_MET, Status.NOT_MET),
        (broken("list.one_click", "LIST002"), Status.NOT_MET, Status.MET),
        (broken("list.one_click", "LIST101", variant="no_post"), Status.NOT_MET, Status.MET),
        (broken("list.one_click", "LIST101", variant="unreadable"), Status.NOT_MET, Status.NOT_MET),
        (broken("list.signed", "LIST201"), Status.NOT_MET, Status.MET),
        (unmet("list.signed", Why.NO_SIGNATURE), Status.NOT_MET, Status.MET),
        (unmet("list.signed", Why.NO_PASS), Status.NOT_MET, Status.MET),
        (broken("list.visible", "LIST202"), Status.MET, Status.MET),
    ],
    ids=["none", "mailto", "no-post", "unreadable", "outside-the-signature", "unsigned", "no-pass", "no-link"],
)
def test_google_wants_one_click_and_yahoo_takes_a_mailto(found, google, yahoo):
    assert status_of("G-B04", results() | found).status is google
    assert status_of("Y-B03", results() | found).status is yahoo
    visible = Status.NOT_MET if "list.visible" in found else Status.MET
    assert {status_of(each, results() | found).status for each in ("G-B05", "Y-B04", "AP-02", "JP-L1")} == {visible}


@pytest.mark.parametrize("requirement", ["G-B04", "G-B05", "Y-B03", "Y-B04", "AP-02", "JP-L1"])
def test_what_is_asked_of_marketing_does_not_apply_to_other_mail(requirement):
    other = {
        c.id: CheckResult(c.id, Outcome.NOT_APPLICABLE, Why.NOT_BULK) for c in CATALOGUE.checks if c.topic == "list"
    }
    status = status_of(requirement, results() | other, ALIGNED)
    assert (status.status, status.reason) == (Status.NOT_APPLICABLE, Why.NOT_BULK)


@pytest.mark.parametrize("rule", ["MSG101", "MSG102", "MSG104", "MSG105", "MSG109"])
def test_a_malformed_message_breaks_what_all_ask_of_its_form(rule):
    check = next(c.id for c in CATALOGUE.checks if any(r.id == rule for r in c.rules))
    for requirement in ("G-A05", "Y-A04", "MS-A05a", "AP-04", "JP-K2"):
        assert status_of(requirement, results() | broken(check, rule)).status is Status.NOT_MET


def test_docomo_looks_at_the_from_domain_and_not_at_the_return_path():
    own = results() | broken("msg.sender", "MSG401")
    other = results() | broken("msg.sender", "MSG401", variant="return_path")
    assert [status_of("JP-D4", each).status for each in (own, other)] == [Status.NOT_MET, Status.MET]
    assert status_of("Y-A05", other).status is Status.NOT_MET
    assert status_of("JP-D3", before_a_mail() | broken("spf.record", "SPF001")).status is Status.NOT_MET


def test_docomo_wants_spf_of_the_from_domain_of_the_mail():
    found = results() | broken("spf.author", "SPF403")
    assert status_of("JP-D3", found).status is Status.NOT_MET
    assert status_of("JP-K1", found, ALIGNED).status is Status.MET


def test_a_weak_key_that_nobody_uses_for_this_mail_is_told_by_its_severity():
    weak = results() | broken("dkim.key", "DKIM202")
    foreign = results() | broken("dkim.key", "DKIM202", Severity.NOTICE)
    assert [status_of("G-A07", each).status for each in (weak, foreign)] == [Status.NOT_MET, Status.MET]
    assert status_of("G-A07", results() | broken("dkim.published", "DKIM202")).status is Status.NOT_MET


def test_monitoring_alone_is_enough_for_all_but_the_ministry():
    monitoring = before_a_mail() | broken("dmarc.policy", "DMARC201")
    assert status_of("JP-G1", monitoring).status is Status.NOT_MET
    for requirement in ("G-B02", "AP-08"):
        assert status_of(requirement, monitoring).status is Status.MET
