"""What a button shows to the one who presses it."""

from datetime import UTC, datetime

import pytest
from reports import domain_report, finding, mail_report
from told import AT, OFFER, begun, play, text

from bot.conversation.events import Asked, Checked, Event, MailAnalysed
from bot.listeners.actions import guidelines_of
from bot.render.slack.limits import problems
from bot.render.slack.message import payloads
from bot.store.records import Thread as StoredThread
from bot.workflows import Thread
from checks import PROFILES, Lang, Report

TWO = (Asked("a.example", "a.example"), Asked("b.example", "b.example"))


def thread(events: list[Event], reports: dict[str, Report]) -> Thread:
    state, _ = play(events, reports)
    at = datetime(2026, 11, 24, tzinfo=UTC)
    return Thread(StoredThread("t", "T1", "C1", "a.example", "en", "U1", at, None, "1.1", {}), state, reports)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("profile", PROFILES)
def test_a_list_is_shown_in_the_readers_language_within_slacks_limits(profile: str, lang: Lang) -> None:
    reports = {"r": domain_report(finding("DMARC001"), finding("SPF301")), "m": mail_report(finding("SPF401"))}
    for events in ([begun(), Checked(1, "r")], [begun(), Checked(1, "r"), MailAnalysed("1", "m", AT)]):
        content = guidelines_of(thread(events, reports), profile, lang)
        assert content is not None
        assert PROFILES[profile].name.say(lang) in content.summary
        shown = payloads(content)
        assert len(shown) == 1
        for payload in shown:
            assert problems(payload) == []
            assert problems({"text": payload["text"], "blocks": payload["fallback_blocks"]}) == []


def test_the_mail_that_decides_is_in_the_list() -> None:
    reports = {"r": domain_report(), "m": mail_report()}
    before = guidelines_of(thread([begun(), Checked(1, "r")], reports), "microsoft", "en")
    after = guidelines_of(thread([begun(), Checked(1, "r"), MailAnalysed("1", "m", AT)], reports), "microsoft", "en")
    assert before is not None
    assert after is not None
    assert "('SPF passes', 'bulk', '… not known yet: needs a test mail')" in text(before)
    assert "('SPF passes', 'bulk', '✓ met')" in text(after)


@pytest.mark.parametrize(
    ("events", "profile"),
    [
        ([begun()], "yahoo"),
        ([begun(), Checked(1, "gone")], "yahoo"),
        ([begun(), Checked(1, "r")], "no-such-list"),
        ([begun(offer=OFFER, domains=TWO), Checked(1, "r"), Checked(2, "r")], "yahoo"),
    ],
    ids=["not-checked-yet", "no-such-domain", "no-such-list", "several-domains"],
)
def test_where_there_is_no_list_nothing_is_shown(events: list[Event], profile: str) -> None:
    reports = {"r": domain_report(), "gone": domain_report(missing=True)}
    assert guidelines_of(thread(events, reports), profile, "en") is None
