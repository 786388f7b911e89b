"""The root message: it agrees with the thread, and says what to do next."""

from dataclasses import replace
from typing import Any

import pytest
from reports import domain_report, finding, mail_report
from told import AT, OTHER, begun, buttons, play, primary, shown, text

from bot.conversation.content import Action, Content, Paragraph, Table
from bot.conversation.events import (
    AddressAsked,
    AddressClosed,
    Checked,
    Claimed,
    Disowned,
    Event,
    MailAnalysed,
    RecheckAsked,
)
from checks import Lang, Report, RequirementStatus, Why

MAIL = MailAnalysed("1", "m", AT)
FAILS = {"aligned_pass": False}


def told(domain: Report, *events: Event, mail: Report | None = None, lang: Lang = "en") -> dict[str, Content]:
    """Everything that the last event shows."""
    return shown(play([begun(lang), Checked(1, "r"), *events], {"r": domain, "m": mail or mail_report()})[1])


def steps(root: Content, lead: str = "What to do next") -> list[str]:
    (paragraph,) = (part for part in root.parts if isinstance(part, Paragraph) and part.lead == lead)
    return paragraph.text.split("\n")


def failing() -> Report:
    """A mail whose SPF and DKIM pass for another domain only."""
    made = mail_report(finding("DMARC401"), facts=FAILS)
    assert made.authentication is not None
    return replace(made, authentication=dict(made.authentication) | {"dmarc": {"result": "fail", "policy": "none"}})


def test_a_mail_that_waits_for_an_answer_is_the_first_thing_that_the_root_says() -> None:
    root = told(domain_report(), MAIL, mail=failing())["root"]
    lead = next(part for part in root.parts if isinstance(part, Paragraph))
    assert lead.lead == "1 mail from a@example.co.jp received; it fails DMARC. Is it yours?"
    assert "Safe (provisional), from DNS alone" in lead.text
    assert "Send a test mail from" not in text(root)
    assert {Action.OURS, Action.NOT_OURS} <= buttons(root)
    assert primary(root) == {Action.OURS}
    assert steps(root)[0].startswith("1. Say whether the mail is yours")
    assert "DMARC401" in steps(root)[1]
    table = root.parts[-1]
    assert isinstance(table, Table)
    assert "waits for your answer" in {row[2] for row in table.rows}
    assert "In the mail, not counted yet: 1 error" in text(root)
    assert "(in the mail)" not in text(root)


@pytest.mark.parametrize(
    ("lang", "shown_as"),
    [("en", "record in order; waits for your answer"), ("ja", "レコードは問題なし(自社のメールか確認待ち)")],
)
def test_what_dns_says_stays_in_the_table_while_a_mail_waits(lang: Lang, shown_as: str) -> None:
    table = told(domain_report(), MAIL, mail=failing(), lang=lang)["root"].parts[-1]
    assert isinstance(table, Table)
    assert shown_as in {row[2] for row in table.rows}


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"from_address": None, "from_domain": None}, "its From is not exactly one valid address: error MSG101"),
        (
            {"forwarded": ("srs", "arc")},
            "it was forwarded (a rewritten Return-Path (SRS), an ARC set of another domain)",
        ),
        ({"null_return_path": True, "return_path": ""}, "a bounce or automatic answer"),
        ({"from_domain": "x.example"}, "it is from x.example"),
    ],
)
def test_a_mail_that_tells_nothing_of_the_domain_is_named_with_the_reason(facts: dict[str, Any], said: str) -> None:
    shown_now = told(domain_report(), MAIL, mail=mail_report(facts=facts))
    assert f"1 mail was received that could not be used: {said}." in text(shown_now["root"])
    assert "Safe (provisional)" in text(shown_now["root"])
    # The same mail, sent again, would tell as little.
    assert ("as MSG101 in the mail's reply describes" in text(shown_now["root"])) == ("MSG101" in said)
    two = told(domain_report(), MAIL, MailAnalysed("2", "m", AT), mail=mail_report(facts=facts))["root"]
    assert f"2 mails were received that could not be used; the latest: {said}." in text(two)


def test_what_came_before_a_mail_that_counts_is_no_longer_told() -> None:
    reports = {"r": domain_report(), "b": mail_report(facts={"null_return_path": True}), "m": mail_report()}
    events = [begun(), Checked(1, "r"), MailAnalysed("0", "b", AT), MAIL]
    assert "could not be used" not in text(shown(play(events, reports)[1])["root"])
    assert "could not be used" in text(shown(play([*events, MailAnalysed("2", "b", AT)], reports)[1])["root"])


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        (failing(), "it fails DMARC"),
        (mail_report(facts=FAILS), "neither SPF nor DKIM proves"),
        (mail_report(facts={"aligned_pass": None}), "SPF or DKIM could not be looked up"),
    ],
)
def test_the_question_says_what_is_known_of_the_mail(mail: Report, said: str) -> None:
    assert said in text(told(domain_report(), MAIL, mail=mail)["root"])


def test_not_ours_closes_the_question() -> None:
    after = told(domain_report(), MAIL, Disowned("1"), mail=failing())
    assert buttons(after["mail-1"]) == {Action.OURS}, "the answer can be taken back"
    assert "said that this mail is not yours" in text(after["mail-1"])
    assert "Is it yours" not in text(after["root"])
    assert "Safe (provisional)" in text(after["root"])
    assert primary(after["root"]) == {Action.SEND_TEST}


def test_the_last_answer_stands() -> None:
    reports = {"r": domain_report(), "m": failing()}
    events = [begun(), Checked(1, "r"), MAIL, Disowned("1"), Claimed("1")]
    state, acts = play(events, reports)
    assert state.mails[0].claimed
    assert not state.mails[0].disowned
    assert "provisional" not in text(shown(acts)["root"])
    assert play([*events[:4], Disowned("1")], reports)[1] == []


def test_nothing_wrong_in_dns_asks_for_a_mail() -> None:
    root = told(domain_report(), lang="en", mail=None)["root"]
    assert "No problem was found in DNS; a test mail decides." in text(root)
    assert steps(root) == ["Send a test mail from your mail system to the address in the thread."]
    assert primary(root) == {Action.SEND_TEST}


def test_a_closed_address_is_not_pointed_at() -> None:
    reports = {"r": domain_report()}
    events: list[Event] = [begun(), AddressClosed("tok1"), Checked(1, "r")]
    root = shown(play(events, reports)[1])["root"]
    assert "for a new address" in steps(root)[0]
    root = shown(play([*events, AddressAsked(OTHER)], reports)[1])["root"]
    assert "for a new address" not in steps(root)[0]


def test_findings_in_dns_come_before_another_check_and_that_before_a_mail() -> None:
    root = told(domain_report(finding("SPF001"), finding("SEC001")))["root"]
    assert steps(root) == [
        "1. Change DNS as described under SPF001, SEC001 in the thread.",
        "2. Wait until the TTL of the old records has passed, often an hour, then press “Check again”.",
        "3. Then send a test mail to the address in the thread.",
    ]
    assert primary(root) == {Action.CHECK_AGAIN}


def test_a_broken_chain_of_trust_is_repaired_before_any_mail() -> None:
    broken = domain_report(finding("SEC201"), unknown={"spf.record": Why.SERVFAIL, "mx.record": Why.SERVFAIL})
    made = told(broken)
    assert "SPF and MX could not be looked up. That is the consequence of SEC201." in text(made["root"])
    assert steps(made["root"])[1] == (
        "2. Press “Check again” once the TTL of the old DS, often up to a day, and of the old records has passed. Do not send a test mail before."
    )
    assert primary(made["root"]) == {Action.CHECK_AGAIN}
    assert "Repair DNSSEC first" in text(made["address"])


def test_what_could_not_be_looked_up_is_asked_again() -> None:
    root = told(domain_report(unknown={"dmarc.record": Why.TIMEOUT, "dmarc.syntax": Why.TIMEOUT}))["root"]
    assert "DMARC could not be looked up: the DNS did not answer in time." in text(root)
    assert "in about 10 minutes" in steps(root)[0]
    assert "`example.co.jp`" in steps(root)[1]
    assert primary(root) == {Action.CHECK_AGAIN}
    assert "(provisional)" not in text(root)


@pytest.mark.parametrize(
    ("rule", "said"), [("DKIM302", "No DNS record has to change"), ("DKIM001", "described under DKIM001")]
)
def test_a_fault_in_the_mail_alone_asks_for_another_mail(rule: str, said: str) -> None:
    made = told(domain_report(), MAIL, mail=mail_report(finding(rule)))
    assert said in steps(made["root"])[0]
    assert "send another test mail" in steps(made["root"])[1]
    assert primary(made["root"]) == {Action.SEND_TEST}
    assert "The fault is in the mail" in text(made["findings"])


def test_the_effect_of_an_error_in_dns_is_no_step_of_its_own() -> None:
    effect = replace(finding("SPF401"), variant="permerror_own")
    root = told(domain_report(finding("SPF301")), MAIL, mail=mail_report(effect))["root"]
    assert "SPF401" not in "".join(steps(root))
    assert "1 error (in DNS)" in text(root)


def test_a_mail_from_before_the_repair_asks_for_another() -> None:
    effect = replace(finding("SPF401"), variant="permerror_own")
    made = told(domain_report(), MAIL, mail=mail_report(effect))
    assert steps(made["root"]) == ["Send another test mail: the SPF error that the last one met is no longer in DNS."]
    assert primary(made["root"]) == {Action.SEND_TEST}
    assert "The fault is in the mail" not in text(made["findings"])


def test_final_and_safe_leaves_nothing_to_do() -> None:
    root = told(domain_report(), MAIL)["root"]
    assert steps(root) == ["Nothing has to change."]
    assert primary(root) == set()


def test_what_is_in_order_is_shown_as_a_fact() -> None:
    domain = domain_report()
    domain = replace(
        domain,
        evidence={
            "DmarcEvidence": {"record": {"state": "seen", "value": {"policy": "reject"}}},
            "DnssecEvidence": {"state": {"state": "seen", "value": "secure"}},
        },
    )
    before, after = told(domain)["root"].parts[-1], told(domain, MAIL)["root"].parts[-1]
    assert isinstance(before, Table)
    assert isinstance(after, Table)
    found = {row[0]: row[2] for row in before.rows}
    assert found["SPF"] == "record in order; the result needs a mail"
    assert found["DMARC"] == "p=reject published; the result needs a mail"
    assert found["Blocklists"] == "domain not listed; the IP needs a mail"
    found = {row[0]: row[2] for row in after.rows}
    assert found == {
        "TLS when sending": "TLSv1.3",
        "TLS when receiving": "this version does not test it",
        "Open relay": "needs a proof that the domain is yours",
        "SPF": "192.0.2.1 is allowed",
        "DKIM": "selector s1, d=example.co.jp",
        "DMARC": "p=reject, passes",
        "Reverse DNS": "mx.example.co.jp",
        "DNSSEC": "signed",
        "Blocklists": "not listed",
        "Others (MX, MTA-STS, DANE …)": "nothing to change",
    }


def test_the_rows_that_are_not_met_stand_out() -> None:
    table = told(domain_report(finding("SPF001")))["root"].parts[-1]
    assert isinstance(table, Table)
    assert [table.rows[at][0] for at in table.strong] == ["SPF"]


def test_a_stored_report_of_an_older_catalogue_is_still_drawn() -> None:
    domain = domain_report()
    items = domain.profiles["mschecker"]
    gone = replace(items[0], id="an-item-of-old")
    older = replace(
        domain,
        profiles={
            "mschecker": (gone, *items[1:]),
            "google": (RequirementStatus("a-requirement-of-old", "all", items[0].status, None, ()),),
        },
    )
    for events in ((), (MAIL,)):
        table = told(older, *events, lang="ja")["root"].parts[-1]
        assert isinstance(table, Table)
    reports = {"r": older, "s": older}
    _, acts = play([begun(), Checked(1, "r"), RecheckAsked(), Checked(2, "s")], reports)
    assert "nothing changed" in text(shown(acts)["root"])


def test_keys_that_were_found_and_services_that_the_dns_shows_are_named_and_never_missed() -> None:
    signs = [
        {"kind": "mx", "value": "aspmx.l.google.com"},
        {"kind": "dkim", "value": "x"},
        {"kind": "mx", "value": "y"},
    ]
    evidence = {
        "SelectorsEvidence": {
            "found": [{"selector": s, "problem": p} for s, p in (("google", ""), ("old", "key_revoked"), ("s1", ""))]
        },
        "ProvidersEvidence": {"services": [{"name": "Google Workspace", "signs": signs}]},
    }
    with_them = told(replace(domain_report(), evidence=evidence))
    assert "keys found: google, s1; a mail shows which is used" in text(with_them["root"])
    assert "Google Workspace (MX, DKIM)" in text(with_them["findings"])
    without = told(domain_report())
    assert "keys found" not in text(without["root"])
    assert "Services" not in text(without["findings"])
