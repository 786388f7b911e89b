"""The validator: each limit at its edge, on both sides."""

from typing import Any

import pytest

from bot.render.slack.limits import Problem, problems

Block = dict[str, Any]


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def section(text: str) -> Block:
    return {"type": "section", "text": mrkdwn(text)}


def button(**more: Any) -> Block:
    return {"type": "button", "text": plain("Go"), **more}


def table(rows: int, columns: int, text: str = "x") -> Block:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * columns for _ in range(rows)]}


def cell(*elements: Block) -> Block:
    inner = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}
    return {"type": "table", "rows": [[inner]]}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


ACCEPTED: dict[str, list[Block]] = {
    "fifty blocks": [{"type": "divider"}] * 50,
    "section of 3000": [section("x" * 3000)],
    "ten fields of 1000": [{"type": "section", "fields": [mrkdwn("x" * 1000)] * 10}],
    "field of 2000": [{"type": "section", "fields": [plain("x" * 2000)]}],
    "header of 150": [{"type": "header", "text": plain("x" * 150)}],
    "ten context elements": [{"type": "context", "elements": [mrkdwn("x")] * 10}],
    "25 buttons": [actions(*(button(action_id=str(at)) for at in range(25)))],
    "the longest button": [
        actions({"type": "button", "text": plain("x" * 75), "value": "v" * 2000, "action_id": "a" * 255})
    ],
    "a link button with confirm": [
        actions(
            button(
                url="https://example.com",
                style="danger",
                confirm={"title": plain("t"), "text": mrkdwn("t"), "confirm": plain("y"), "deny": plain("n")},
            )
        )
    ],
    "table of 100 by 20": [table(100, 20)],
    "10,000 characters of cells": [table(10, 1, "x" * 1000)],
    "styled cell": [cell({"type": "text", "text": "x", "style": {"bold": True}}, {"type": "emoji", "name": "x"})],
    "a cell of one emoji": [cell({"type": "emoji", "name": "x"})],
    "column settings": [table(1, 2) | {"column_settings": [{"align": "right", "is_wrapped": True}, None]}],
    "13,000 characters": [section("x" * 2600)] * 5,
    "markdown of 12,000": [{"type": "markdown", "text": "x" * 12_000}],
    "image": [{"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"}],
    "section with select": [
        {
            **section("x"),
            "accessory": {"type": "static_select", "action_id": "s", "options": [{"text": plain("A"), "value": "a"}]},
        }
    ],
}

REFUSED: dict[str, tuple[list[Block], str]] = {
    "51 blocks": ([{"type": "divider"}] * 51, "/blocks"),
    "section of 3001": ([section("x" * 3001)], "/blocks/0/text/text"),
    "empty section": ([section("")], "/blocks/0/text/text"),
    "section of nothing": ([{"type": "section"}], "/blocks/0"),
    "eleven fields": ([{"type": "section", "fields": [mrkdwn("x")] * 11}], "/blocks/0/fields"),
    "field of 2001": ([{"type": "section", "fields": [mrkdwn("x" * 2001)]}], "/blocks/0/fields/0/text"),
    "header of 151": ([{"type": "header", "text": plain("x" * 151)}], "/blocks/0/text/text"),
    "header in mrkdwn": ([{"type": "header", "text": mrkdwn("x")}], "/blocks/0/text/type"),
    "eleven context elements": ([{"type": "context", "elements": [mrkdwn("x")] * 11}], "/blocks/0/elements"),
    "no context elements": ([{"type": "context", "elements": []}], "/blocks/0/elements"),
    "26 buttons": ([actions(*[button()] * 26)], "/blocks/0/elements"),
    "button text of 76": ([actions(button(text=plain("x" * 76)))], "/blocks/0/elements/0/text/text"),
    "button value of 2001": ([actions(button(value="x" * 2001))], "/blocks/0/elements/0/value"),
    "button style": ([actions(button(style="green"))], "/blocks/0/elements/0/style"),
    "action_id of 256": ([actions(button(action_id="x" * 256))], "/blocks/0/elements/0/action_id"),
    "action_id twice": ([actions(button(action_id="a"), button(action_id="a"))], "/blocks/0/elements/1/action_id"),
    "block_id of 256": ([{"type": "divider", "block_id": "x" * 256}], "/blocks/0/block_id"),
    "block_id twice": ([{"type": "divider", "block_id": "a"}] * 2, "/blocks/1/block_id"),
    "table of 101 rows": ([table(101, 1)], "/blocks/0/rows"),
    "table of 21 columns": ([table(1, 21)], "/blocks/0/rows/0"),
    "empty cell": ([table(1, 1, "")], "/blocks/0/rows/0/0/text"),
    "cell of nothing": ([cell()], "/blocks/0/rows/0/0/elements"),
    "cell of empty text": ([cell({"type": "text", "text": ""})], "/blocks/0/rows/0/0/elements/0/elements/0/text"),
    "10,001 characters of cells": ([table(1, 2, "x" * 5001)], "/blocks"),
    "two tables": ([table(1, 1), table(1, 1)], "/blocks"),
    "unknown block": ([{"type": "data_table"}], "/blocks/0/type"),
    "alert in a message": ([{"type": "alert", "text": plain("x")}], "/blocks/0/type"),
    "block without type": ([{"text": plain("x")}], "/blocks/0"),
    "unknown property": ([{"type": "divider", "colour": "red"}], "/blocks/0"),
    "unknown element": ([actions({"type": "slider"})], "/blocks/0/elements/0/type"),
    "style in words": (
        [cell({"type": "text", "text": "x", "style": {"bold": "yes"}})],
        "/blocks/0/rows/0/0/elements/0/elements/0/style",
    ),
    "not an object": (["divider"], "/blocks/0"),  # type: ignore[list-item]
}


@pytest.mark.parametrize("blocks", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_slack_accepts_has_no_problem(blocks: list[Block]) -> None:
    assert problems({"text": "fallback", "blocks": blocks}) == []


@pytest.mark.parametrize(("blocks", "pointer"), REFUSED.values(), ids=REFUSED.keys())
def test_what_slack_refuses_is_pointed_at(blocks: list[Block], pointer: str) -> None:
    found = problems({"text": "fallback", "blocks": blocks})
    assert pointer in [problem.pointer for problem in found]
    assert {problem.error for problem in found} == {"invalid_blocks"}


def test_all_blocks_together_have_a_limit_of_their_own() -> None:
    (problem,) = problems({"text": "x", "blocks": [section("x" * 2601)] * 5})
    assert problem.error == "msg_blocks_too_long"


def test_text_is_needed_and_bounded() -> None:
    assert problems({"text": "x" * 40_000}) == []
    assert [problem.error for problem in problems({"text": "x" * 40_001})] == ["msg_too_long"]
    assert problems({"text": "", "blocks": []}) == [Problem("/text", "neither text nor blocks", "no_text")]
    assert problems({"text": "x", "blocks": "[]"}) == [Problem("/blocks", "must be an array", "invalid_blocks_format")]


def test_views_have_their_own_blocks_and_limits() -> None:
    assert problems({"type": "home", "blocks": [{"type": "divider"}] * 100}) == []
    assert [found.pointer for found in problems({"type": "home", "blocks": [{"type": "divider"}] * 101})] == ["/blocks"]
    assert [found.pointer for found in problems({"type": "home", "blocks": [table(1, 1)]})] == ["/blocks/0/type"]
    field = {"type": "input", "label": plain("x"), "element": {"type": "plain_text_input", "action_id": "a"}}
    modal = {"type": "modal", "title": plain("x" * 24), "submit": plain("Go"), "blocks": [field]}
    assert problems(modal) == []
    assert [found.pointer for found in problems(modal | {"title": plain("x" * 25)})] == ["/title/text"]
    without = {key: value for key, value in modal.items() if key != "submit"}
    assert [found.pointer for found in problems(without)] == ["/submit"]
    assert problems(modal | {"blocks": [{"type": "alert", "text": plain("x"), "level": "info"}]}) == []
