"""The conversation: what each event changes, and what it does not."""

from dataclasses import replace
from datetime import timedelta

import pytest
from reports import domain_report, finding, mail_report
from told import AT, OFFER, OTHER, begun, buttons, play, shown, text

from bot.conversation.acts import CloseAddress, OpenAddress, SetLanguage, SetRunning, Show, StartCheck
from bot.conversation.advance import advance
from bot.conversation.content import Action, Line, Paragraph, Table
from bot.conversation.events import (
    AddressAsked,
    AddressClosed,
    AddressExpired,
    Asked,
    Checked,
    CheckFailed,
    Claimed,
    Event,
    LanguageChosen,
    MailAnalysed,
    Progressed,
    RecheckAsked,
    RootRefused,
)
from bot.conversation.state import Conversation, MissingReport
from checks import Outcome, Report, Why


def test_a_command_makes_a_root_the_address_and_a_check() -> None:
    _, acts = play([begun()])
    assert list(shown(acts)) == ["root", "address"]
    assert "t-tok1@mail.example.net" in text(shown(acts)["address"])
    assert [act for act in acts if not isinstance(act, Show)] == [
        SetRunning(True),
        OpenAddress("tok1", OFFER.expires_at),
        StartCheck(1),
    ]


def test_without_a_mailbox_the_thread_says_so_and_no_address_is_offered() -> None:
    _, acts = play([begun(offer=None), Checked(1, "r")], {"r": domain_report()})
    assert "no mail domain is configured" in text(shown(acts)["address"])
    assert Action.SEND_TEST not in buttons(shown(acts)["root"])
    assert "stays provisional" in text(shown(acts)["root"])


def test_a_finished_check_makes_exactly_three_replies() -> None:
    state, acts = play([begun(), Checked(1, "r")], {"r": domain_report(finding("SPF001"))})
    assert set(shown(acts)) == {"root", "address", "findings", "guidelines"}
    assert SetRunning(False) in acts
    assert not state.is_running


def test_the_root_is_provisional_and_lists_the_nine_items_and_the_rest() -> None:
    _, acts = play([begun(), Checked(1, "r")], {"r": domain_report()})
    root = shown(acts)["root"]
    assert "Safe (provisional)" in text(root)
    table = root.parts[-1]
    assert isinstance(table, Table)
    assert len(table.rows) == 10
    assert {len(row) for row in table.rows} == {3}
    states = {row[0]: row[1:] for row in table.rows}
    assert states["TLS when receiving"][0] == "– not tested here"
    assert states["Reverse DNS"][0] == "… not known yet"


def test_an_idn_is_shown_in_both_forms() -> None:
    asked = (Asked("xn--wgv71a119e.jp", "日本語.jp"),)
    _, acts = play([begun(domains=asked)])
    assert "日本語.jp" in text(shown(acts)["root"])
    assert "xn--wgv71a119e.jp" in text(shown(acts)["root"])


def test_all_clear_is_said_in_one_line() -> None:
    _, acts = play([begun(), Checked(1, "r")], {"r": domain_report()})
    assert [p.text for p in shown(acts)["findings"].parts if isinstance(p, Paragraph)] == [
        "Nothing to change: every question that DNS can answer is in order."
    ]


def test_five_findings_are_shown_in_full_and_the_others_as_lines() -> None:
    found = [finding(rule) for rule in ("SPF001", "DMARC001", "SEC201", "SPF301", "SPF304", "SPF102", "DMARC201")]
    _, acts = play([begun(), Checked(1, "r")], {"r": domain_report(*found)})
    parts = shown(acts)["findings"].parts
    assert sum(isinstance(p, Paragraph) and p.lead == "Why it matters" for p in parts) == 5
    lines = [p for p in parts if isinstance(p, Line)]
    assert len(lines) == 2
    assert lines[-1].button.value == "domain|DMARC201|example.co.jp"


def test_what_could_not_be_looked_up_is_named_and_the_verdict_says_why() -> None:
    report = domain_report(unknown={"dmarc.record": Why.TIMEOUT})
    _, acts = play([begun("ja"), Checked(1, "r")], {"r": report})
    said = text(shown(acts)["root"])
    assert "判定不能" in said
    assert "暫定" not in said
    assert "DMARCは確認できなかった" in text(shown(acts)["findings"])


def test_a_domain_that_does_not_exist_gets_its_sentence_and_no_lists() -> None:
    _, acts = play([begun(), Checked(1, "r")], {"r": domain_report(finding("DNS001"), missing=True)})
    assert set(shown(acts)) == {"root", "address"}
    root = shown(acts)["root"]
    assert "does not exist" in text(root)
    assert not any(isinstance(part, Table) for part in root.parts)
    assert Action.SEND_TEST not in buttons(root)


def test_progress_edits_the_root_only_and_may_be_skipped() -> None:
    _, acts = play([begun(), Progressed(1, 5, 20)])
    assert [(act.key, act.progress) for act in acts if isinstance(act, Show)] == [("root", True)]
    assert "5 of 20" in text(shown(acts)["root"])


@pytest.mark.parametrize("late", [Progressed(1, 9, 20), Checked(1, "r"), CheckFailed(1)])
def test_what_comes_after_the_end_of_its_run_changes_nothing(late: Event) -> None:
    state, acts = play([begun(), Checked(1, "r"), late], {"r": domain_report()})
    assert acts == []
    assert state.row.report == "r"


def test_a_mail_that_counts_makes_the_verdict_final() -> None:
    reports = {"r": domain_report(), "m": mail_report()}
    _, acts = play([begun(), Checked(1, "r"), MailAnalysed("1", "m", AT)], reports)
    assert set(shown(acts)) == {"mail-1", "root", "findings", "guidelines"}
    assert "provisional" not in text(shown(acts)["root"])
    assert "a@example.co.jp" in text(shown(acts)["root"])
    assert "The verdict is final now: Safe." in text(shown(acts)["mail-1"])


def test_a_mail_shows_from_return_path_and_signatures_side_by_side() -> None:
    reports = {"r": domain_report(), "m": mail_report(signatures=2)}
    _, acts = play([begun(), Checked(1, "r"), MailAnalysed("1", "m", AT)], reports)
    table = shown(acts)["mail-1"].parts[-1]
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == [
        "From (what people see)",
        "SPF (Return-Path)",
        "DKIM s1",
        "DKIM s1",
        "DMARC",
        "ARC",
    ]


def test_a_mail_that_comes_before_the_check_is_done_counts_afterwards() -> None:
    reports = {"r": domain_report(), "m": mail_report()}
    _, early = play([begun(), MailAnalysed("1", "m", AT)], reports)
    assert set(shown(early)) == {"mail-1"}
    assert "still running" in text(shown(early)["mail-1"])
    _, acts = play([begun(), MailAnalysed("1", "m", AT), Checked(1, "r")], reports)
    assert "final now" in text(shown(acts)["mail-1"])
    assert "provisional" not in text(shown(acts)["root"])


@pytest.mark.parametrize(
    ("mail", "sentence"),
    [
        (mail_report(facts={"null_return_path": True, "return_path": ""}), "This is a bounce"),
        (mail_report(facts={"forwarded": ("list_id",)}), "was forwarded"),
        (mail_report(subject="other.example"), "from `other.example`, not from"),
        (mail_report(facts={"from_address": None, "from_domain": None}), "not hold exactly one valid address"),
        (mail_report(facts={"aligned_pass": False}), "Nothing in this mail proves"),
    ],
)
def test_a_mail_that_does_not_count_says_why_and_changes_no_verdict(mail: Report, sentence: str) -> None:
    events = [begun(), Checked(1, "r"), MailAnalysed("1", "m", AT)]
    _, acts = play(events, {"r": domain_report(), "m": mail})
    assert sentence in text(shown(acts)["mail-1"])
    assert "Safe (provisional)" in text(shown(acts)["root"])


@pytest.mark.parametrize("why", [Why.TOO_COSTLY, Why.NOT_ANALYSED])
def test_a_mail_that_could_not_be_analysed_is_said_to_be_so_and_changes_no_verdict(why: Why) -> None:
    events = [begun(), Checked(1, "r"), MailAnalysed("1", "m", AT)]
    checks = tuple(replace(c, outcome=Outcome.UNKNOWN, reason=why) for c in mail_report().checks)
    mail = replace(mail_report(), mail=None, checks=checks)
    _, acts = play(events, {"r": domain_report(), "m": mail})
    said = text(shown(acts)["mail-1"])
    assert "could not be analysed: " in said
    assert "From" not in said
    assert "Safe (provisional)" in text(shown(acts)["root"])


def test_a_mail_of_another_domain_gets_no_findings_here() -> None:
    events = [begun(), Checked(1, "r"), MailAnalysed("1", "m", AT)]
    mail = mail_report(finding("TLS401"), subject="other.example")
    _, acts = play(events, {"r": domain_report(), "m": mail})
    assert "TLS401" not in text(shown(acts)["mail-1"])
    assert not any(isinstance(part, Table) for part in shown(acts)["mail-1"].parts)


def test_a_mail_of_another_domain_offers_to_check_that_one() -> None:
    events = [begun(), Checked(1, "r"), MailAnalysed("1", "m", AT)]
    _, acts = play(events, {"r": domain_report(), "m": mail_report(subject="other.example")})
    assert buttons(shown(acts)["mail-1"]) == {Action.CHECK_DOMAIN}


def test_an_unproven_mail_counts_once_a_member_says_that_it_is_theirs() -> None:
    reports = {"r": domain_report(), "m": mail_report(facts={"aligned_pass": False})}
    events = [begun(), Checked(1, "r"), MailAnalysed("1", "m", AT), Claimed("1")]
    _, before = play(events[:-1], reports)
    assert buttons(shown(before)["mail-1"]) == {Action.OURS, Action.NOT_OURS}
    _, acts = play(events, reports)
    assert "provisional" not in text(shown(acts)["root"])
    assert buttons(shown(acts)["mail-1"]) == {Action.NOT_OURS}, "the answer can be taken back"
    assert play([*events, Claimed("1")], reports)[1] == []


def test_from_the_sixth_mail_within_ten_minutes_on_one_reply_counts() -> None:
    reports = {"r": domain_report(), "m": mail_report()}
    mails = [MailAnalysed(str(n), "m", AT + timedelta(seconds=n)) for n in range(7)]
    _, acts = play([begun(), Checked(1, "r"), *mails], reports)
    assert "mail-6" not in shown(acts)
    assert "2 more mails arrived" in text(shown(acts)["more-mails"])
    later = MailAnalysed("late", "m", AT + timedelta(minutes=11))
    _, acts = play([begun(), Checked(1, "r"), *mails, later], reports)
    assert "mail-late" in shown(acts)


def test_the_same_mail_again_is_nothing_new() -> None:
    reports = {"r": domain_report(), "m": mail_report()}
    mail = MailAnalysed("1", "m", AT)
    assert play([begun(), Checked(1, "r"), mail, mail], reports)[1] == []


def test_a_mail_whose_analysis_failed_is_not_passed_over() -> None:
    _, acts = play([begun(), Checked(1, "r"), MailAnalysed("1", None, AT)], {"r": domain_report()})
    assert "error on our side" in text(shown(acts)["mail-1"])


def test_check_again_tells_only_what_changed() -> None:
    reports = {"1": domain_report(finding("SPF001"), finding("DMARC001")), "2": domain_report(finding("DMARC001"))}
    events = [begun(), Checked(1, "1"), RecheckAsked(), Checked(2, "2")]
    _, asked = play(events[:3], reports)
    assert StartCheck(2) in asked
    assert "Checking again" in text(shown(asked)["root"])
    _, acts = play(events, reports)
    said = text(shown(acts)["since-2"])
    assert said.count("Solved") == 1
    assert "New:" not in said


def test_check_again_tells_values_that_changed() -> None:
    reports = {"1": domain_report(finding("SPF301", lookups=13)), "2": domain_report(finding("SPF301", lookups=12))}
    _, acts = play([begun(), Checked(1, "1"), RecheckAsked(), Checked(2, "2")], reports)
    said = text(shown(acts)["since-2"])
    assert "12" in said
    assert "13" in said
    assert "nothing changed" not in text(shown(acts)["root"])


def test_check_again_without_a_change_is_one_line_in_the_root() -> None:
    reports = {"1": domain_report(), "2": domain_report()}
    _, acts = play([begun(), Checked(1, "1"), RecheckAsked(), Checked(2, "2")], reports)
    assert not any(key.startswith("since") for key in shown(acts))
    assert "nothing changed" in text(shown(acts)["root"])


def test_a_question_without_an_answer_solves_nothing() -> None:
    reports = {"1": domain_report(finding("DMARC001")), "2": domain_report(unknown={"dmarc.record": Why.TIMEOUT})}
    _, acts = play([begun(), Checked(1, "1"), RecheckAsked(), Checked(2, "2")], reports)
    said = text(shown(acts)["since-2"])
    assert "Solved" not in said
    assert "No answer this time: DMARC" in said


def test_a_second_press_while_a_check_runs_changes_nothing() -> None:
    assert play([begun(), RecheckAsked()])[1] == []


def test_a_run_that_was_lost_is_given_up_and_what_it_still_says_is_ignored() -> None:
    state, acts = play([begun(), RecheckAsked(lost=1)])
    assert StartCheck(2) in acts
    assert advance(state, RecheckAsked(lost=1), {})[1] == []
    assert advance(state, Checked(1, "r"), {"r": domain_report()})[1] == []


def test_a_check_that_failed_on_our_side_says_so_and_can_be_repeated() -> None:
    _, acts = play([begun(), CheckFailed(1)])
    assert "error on our side" in text(shown(acts)["root"])
    assert Action.CHECK_AGAIN in buttons(shown(acts)["root"])
    assert StartCheck(2) in play([begun(), CheckFailed(1), RecheckAsked()])[1]


def test_a_closed_address_accepts_no_more_and_offers_a_new_one() -> None:
    _, acts = play([begun(), AddressClosed("tok1")])
    assert CloseAddress("tok1") in acts
    assert buttons(shown(acts)["address"]) == {Action.NEW_ADDRESS}
    assert play([begun(), AddressClosed("tok1"), AddressClosed("tok1")])[1] == []
    assert play([begun(), AddressClosed("other")])[1] == []


def test_a_new_address_takes_the_place_of_the_old_one() -> None:
    _, acts = play([begun(), AddressClosed("tok1"), AddressAsked(OTHER)])
    assert OpenAddress("tok2", OTHER.expires_at) in acts
    assert "t-tok2@" in text(shown(acts)["address"])


def test_while_an_address_is_open_no_second_one_is_made() -> None:
    assert play([begun(), AddressAsked(OTHER)])[1] == []


def test_an_address_that_takes_no_more_mail_is_replaced() -> None:
    state, acts = play([begun(), AddressAsked(OTHER, ended="tok1")])
    assert CloseAddress("tok1") in acts
    assert OpenAddress("tok2", OTHER.expires_at) in acts
    assert [each.status for each in state.addresses] == ["closed", "open"]
    assert advance(state, AddressAsked(OFFER, ended="tok1"), {})[1] == []


def test_nothing_arrived_is_said_once() -> None:
    _, acts = play([begun(), Checked(1, "r"), AddressExpired("tok1")], {"r": domain_report()})
    assert buttons(shown(acts)["nothing-0"]) == {Action.NEW_ADDRESS}
    events = [begun(), Checked(1, "r"), AddressExpired("tok1"), AddressExpired("tok1")]
    assert play(events, {"r": domain_report()})[1] == []


def test_an_address_that_was_used_expires_without_a_complaint() -> None:
    reports = {"r": domain_report(), "m": mail_report()}
    _, acts = play([begun(), Checked(1, "r"), MailAnalysed("1", "m", AT), AddressExpired("tok1")], reports)
    assert set(shown(acts)) == {"address", "root"}


def test_an_address_that_receives_nothing_is_told_although_another_one_did() -> None:
    reports = {"r": domain_report(), "m": mail_report()}
    first = [begun(), Checked(1, "r"), MailAnalysed("1", "m", AT, "tok1"), AddressExpired("tok1")]
    _, acts = play([*first, AddressAsked(OTHER), AddressExpired("tok2")], reports)
    assert "t-tok2@" in text(shown(acts)["nothing-1"])
    _, redrawn = play([*first, AddressAsked(OTHER), AddressExpired("tok2"), LanguageChosen("ja")], reports)
    assert "nothing-1" in shown(redrawn)
    assert "nothing-0" not in shown(redrawn)
    heard = MailAnalysed("2", "m", AT, "tok2")
    _, acts = play([*first, AddressAsked(OTHER), heard, AddressExpired("tok2")], reports)
    assert "nothing-1" not in shown(acts)


def test_an_address_whose_mail_is_not_analysed_yet_expires_without_a_complaint_now_and_later() -> None:
    reports = {"r": domain_report(), "m": mail_report()}
    first = [begun(), Checked(1, "r"), AddressExpired("tok1", got_mail=True)]
    state, acts = play(first, reports)
    assert set(shown(acts)) == {"address", "root"}
    assert Conversation.from_json(state.as_json()) == state
    _, redrawn = play([*first, LanguageChosen("ja")], reports)
    assert "nothing-0" not in shown(redrawn)
    # Of the next address it says nothing.
    _, acts = play([*first, AddressAsked(OTHER), AddressExpired("tok2")], reports)
    assert "nothing-1" in shown(acts)


@pytest.mark.parametrize("end", [AddressClosed("tok1"), AddressExpired("tok1")])
def test_the_root_asks_for_no_mail_to_an_address_that_is_over(end: Event) -> None:
    reports = {"r": domain_report()}
    before = shown(play([begun(), Checked(1, "r")], reports)[1])["root"]
    after = shown(play([begun(), Checked(1, "r"), end], reports)[1])["root"]
    assert "to the address in the thread" in text(before)
    assert "to the address in the thread" not in text(after)


def test_the_language_button_redraws_everything_that_was_said() -> None:
    reports = {"r": domain_report(finding("SPF001")), "m": mail_report()}
    events = [begun(), Checked(1, "r"), MailAnalysed("1", "m", AT), LanguageChosen("ja")]
    _, acts = play(events, reports)
    assert set(shown(acts)) == {"root", "address", "findings", "guidelines", "mail-1"}
    assert SetLanguage("ja") in acts
    assert {content.lang for content in shown(acts).values()} == {"ja"}


def test_a_missing_report_is_asked_for_and_never_guessed() -> None:
    with pytest.raises(MissingReport):
        play([begun(), Checked(1, "r")])


def test_a_thread_whose_root_was_refused_is_over() -> None:
    state, acts = play([begun(), RootRefused()])
    assert acts == [SetRunning(False), CloseAddress("tok1")]
    assert advance(state, Checked(1, "r"), {"r": domain_report()})[1] == []


def test_several_domains_make_one_root_with_a_row_and_a_button_each() -> None:
    asked = tuple(Asked(f"{n}.example", f"{n}.example") for n in range(3))
    reports = {"a": domain_report(subject="0.example"), "b": domain_report(finding("SPF001", "1.example"))}
    _, first = play([begun(domains=asked)], reports)
    assert list(shown(first)) == ["root"]
    assert not any(isinstance(act, OpenAddress) for act in first)
    _, passing = play([begun(domains=asked), Checked(1, "a"), CheckFailed(3)], reports)
    assert [act.progress for act in passing if isinstance(act, Show)] == [True]
    _, acts = play([begun(domains=asked), Checked(1, "a"), Checked(2, "b"), CheckFailed(3)], reports)
    assert [act.progress for act in acts if isinstance(act, Show)] == [False]
    root = shown(acts)["root"]
    table = root.parts[-1]
    assert isinstance(table, Table)
    assert [row[1] for row in table.rows] == [
        "Safe (provisional)",
        "Mail system needs work (provisional)",
        "error on our side",
    ]
    assert Action.CHECK_DOMAIN in buttons(root)
    assert SetRunning(False) in acts
