"""The one place where text becomes Slack's markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render.slack.escape import code, code_block, link, literal, moment, mrkdwn, prose, strong


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("a & b < c > d", "a &amp; b &lt; c &gt; d"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("`v=spf1 -all` is fine", "`v=spf1 -all` is fine"),
        ("`<!here>`", "`&lt;!here&gt;`"),
        ("_dmarc and ~all and *.example.com stay", "_dmarc and ~all and *.example.com stay"),
        ("*bold* _italic_ ~gone~", "*bold＊ _italic＿ ~gone～"),
        ("right\u202eleft", "right\\u{202e}left"),
        ("no :tada: here", "no :\u2060tada: here"),
        ("unfinished `span", "unfinished `span`"),
        ("``", ""),
    ],
)
def test_mrkdwn(given_text: str, shown: str) -> None:
    assert mrkdwn(given_text) == shown


def test_code_spans_stand_apart_from_japanese() -> None:
    assert mrkdwn("レコード`v=spf1`は") == "レコード `v=spf1` は"
    assert mrkdwn("`a`、`b`") == "`a` 、 `b`"
    assert mrkdwn("(`a`)") == "(`a`)"


def test_a_backtick_of_a_stranger_ends_no_code() -> None:
    assert code("a`b") == "aˋb"
    assert code_block("x```y") == "```xˋˋˋy```"
    assert code_block("one\ntwo") == "```one\\u{a}two```"


def test_labels_and_links_hold_no_markup() -> None:
    assert strong("a*b\nc") == "*a*b c*"
    assert link("a|b>", "https://x.example/?a=1&b=<2>|3") == "<https://x.example/?a=1&amp;b=&lt;2&gt;%7C3|a¦b&gt;>"
    assert literal("cell\n`x` <!here>") == "cell `x` <!here>"


def test_a_moment_is_told_in_the_readers_zone_with_utc_as_fallback() -> None:
    assert moment(1_795_493_404) == "<!date^1795493404^{date_short_pretty} {time}|2026-11-24 04:10 UTC>"


@given(st.text(alphabet=st.sampled_from("<>&!@#`*_~: ab日、|\u202e\n"), max_size=60))
def test_no_text_makes_a_control_sequence(text: str) -> None:
    for shown in (mrkdwn(text), prose(text), code(text), code_block(text)):
        assert "<" not in shown
        assert ">" not in shown
        assert "\u202e" not in shown
