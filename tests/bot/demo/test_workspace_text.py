"""A message as plain lines, and what becomes of the text that a person types."""

from typing import Any

import pytest

from bot.demo.workspace.composed import composed
from bot.demo.workspace.plain_text import mrkdwn, text_of, width
from bot.demo.workspace.state import Message


def shown(*blocks: dict[str, Any]) -> str:
    return text_of(Message("1.0", "C", "U", "fallback", blocks))


def test_a_table_has_aligned_columns_in_both_widths_and_comes_last() -> None:
    def raw(text: str) -> dict[str, str]:
        return {"type": "raw_text", "text": text}

    state = {
        "type": "rich_text_section",
        "elements": [{"type": "emoji", "name": "x"}, {"type": "text", "text": " 未達"}],
    }
    rows = [[raw("項目"), raw("状態")], [raw("SPF"), {"type": "rich_text", "elements": [state]}]]
    button = {"type": "button", "text": {"type": "plain_text", "text": "Again"}}
    lines = shown({"type": "table", "rows": rows}, {"type": "actions", "elements": [button]}).splitlines()
    assert lines == ["[Again]", "| 項目 | 状態    |", "| SPF  | ❌ 未達 |"]
    assert {width(line) for line in lines[1:]} == {18}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<https://example.com/a|the page>", "the page (https://example.com/a)"),
        ("<http://example.com|example.com>", "example.com"),
        ("<mailto:a@example.com|a@example.com>", "a@example.com"),
        ("&lt;!channel&gt; &amp;amp;", "<!channel> &amp;"),
        ("<!channel> <@U1> <#C1|ops>", "@channel @U1 #ops"),
        (":white_check_mark: :unknown_one: 12:30:45", "✅ :unknown_one: 12:30:45"),
    ],
)
def test_mrkdwn_reads_as_a_reader_sees_it(written: str, read: str) -> None:
    assert mrkdwn(written) == read


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("check example.co.jp.", "check <http://example.co.jp|example.co.jp>."),
        ("https://example.com/a?b=1&c", "<https://example.com/a?b=1&amp;c>"),
        ("mail a.b@example.com", "mail <mailto:a.b@example.com|a.b@example.com>"),
        ("@mailcheck and @nobody", "<@U9> and @nobody"),
        ("550-5.7.26 is <not> ok", "550-5.7.26 is &lt;not&gt; ok"),
        ("@channel", "<!channel>"),
    ],
)
def test_what_is_typed_reaches_the_app_as_slack_sends_it(typed: str, sent: str) -> None:
    assert composed(typed, {"mailcheck": "U9"}) == sent
