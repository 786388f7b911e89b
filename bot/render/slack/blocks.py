"""The parts of a message as Block Kit blocks, each within Slack's limits whatever it holds."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from bot.conversation.content import (
    Button,
    Buttons,
    Code,
    Divider,
    Heading,
    Line,
    Link,
    Moment,
    Note,
    Paragraph,
    Part,
    References,
    Table,
)
from bot.render.slack.elements import BUTTON_TEXT, BUTTON_VALUE
from bot.render.slack.escape import ELLIPSIS, code_block, link, literal, moment, mrkdwn, prose, strong
from bot.render.slack.limits import HEADER_TEXT, SECTION_TEXT

Block: TypeAlias = dict[str, Any]

CELL = 250
IN_A_ROW = 5
COLUMNS = 3
NARROW = 14
"""A column no wider than this is not broken into lines, which would cut words in two on a phone."""
ROWS = 12


def blocks_of(part: Part, *, with_table: bool = True) -> list[Block]:
    """The blocks of one part; without tables a table becomes lines."""
    match part:
        case Heading(text):
            return [{"type": "header", "text": plain_text(text, HEADER_TEXT)}]
        case Paragraph(text, lead, breaks):
            return [_led_section(lead, text, breaks=breaks)]
        case Note(text):
            return [{"type": "context", "elements": [mrkdwn_text(text, mrkdwn)]}]
        case Moment(lead, at, zone, tail):
            return [{"type": "context", "elements": [mrkdwn_text(lead, lambda shown: _dated(shown, at, zone, tail))]}]
        case Code(lead, text, is_file):
            return [section(text, lambda shown: f"{strong(lead)}\n{code_block(shown, lines=is_file)}")]
        case Link(lead, label, url):
            return [section(label, lambda shown: f"{strong(lead)}\n{link(shown, url)}")]
        case References(lead, links):
            lines = "\n".join(link(label, url) for label, url in links)
            return [section(lines, lambda _: f"{strong(lead)}\n{lines}")]
        case Line(text, pressed):
            return [{**section(text, mrkdwn), "accessory": button(pressed)}]
        case Buttons(several):
            return [actions(several[at : at + IN_A_ROW]) for at in range(0, len(several), IN_A_ROW)]
        case Divider():
            return [{"type": "divider"}]
        case Table():
            return [table(part)] if with_table else lines_of(part)


def _led_section(lead: str, text: str, *, breaks: bool = False) -> Block:
    between = ("\n" if breaks else " ") if lead and text else ""
    return section(text, lambda shown: f"{strong(lead)}{between}{mrkdwn(shown)}")


def _dated(lead: str, at: float, zone: str, tail: str) -> str:
    return f"{prose(lead)} {moment(at, zone)}{prose(tail)}"


def plain_text(text: str, most: int) -> Block:
    shown = literal(text) or "–"
    return {"type": "plain_text", "text": _shortened(shown, most), "emoji": False}


def section(text: str, shape: Callable[[str], str]) -> Block:
    return {"type": "section", "text": mrkdwn_text(text, shape)}


def mrkdwn_text(text: str, shape: Callable[[str], str], most: int = SECTION_TEXT) -> Block:
    """The longest beginning of `text` whose `shape` Slack accepts. Cut before it is escaped, never after."""
    kept, shown = text, shape(text)
    while len(shown) > most and kept:
        kept = kept[: min(len(kept) - 1, len(kept) * most // len(shown))]
        shown = shape(kept + ELLIPSIS)
    return {"type": "mrkdwn", "text": shown or "–", "verbatim": True}


def button(given: Button, suffix: str = "") -> Block:
    made: Block = {
        "type": "button",
        "action_id": f"{given.action}{suffix}",
        "text": plain_text(given.label, BUTTON_TEXT),
    }
    if given.value:
        made["value"] = given.value[:BUTTON_VALUE]
    if given.primary:
        made["style"] = "primary"
    return made


def actions(several: Iterable[Button]) -> Block:
    """A row of buttons; a second one of the same action gets a number, since Slack wants different names."""
    seen: dict[str, int] = {}
    elements = []
    for each in several:
        count = seen[each.action] = seen.get(each.action, 0) + 1
        elements.append(button(each, f".{count}" if count > 1 else ""))
    return {"type": "actions", "elements": elements}


def table(part: Table) -> Block:
    rows = [[_cell(text, bold=True) for text in part.header[:COLUMNS]]]
    rows += [[_cell(text, bold=at in part.strong) for text in row[:COLUMNS]] for at, row in enumerate(part.rows[:ROWS])]
    settings = [{"is_wrapped": max(map(width, column)) > NARROW} for column in _columns(part)]
    return {"type": "table", "column_settings": settings, "rows": rows}


def _columns(part: Table) -> list[list[str]]:
    lines = [part.header, *part.rows[:ROWS]]
    return [[line[at] for line in lines if at < len(line)] for at in range(len(part.header[:COLUMNS]))]


def width(text: str) -> int:
    """Columns on a screen: East Asian wide characters count two (UAX #11)."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _cell(text: str, *, bold: bool = False) -> Block:
    shown = _shortened(literal(text) or "–", CELL)
    if not bold:
        return {"type": "raw_text", "text": shown}
    element: Mapping[str, Any] = {"type": "text", "text": shown, "style": {"bold": True}}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}


def lines_of(part: Table) -> list[Block]:
    """The rows as lines, for workspaces that show no tables."""
    return [
        _led_section(row[0], " — ".join(text.replace("`", "") for text in row[1:COLUMNS] if text))
        for row in part.rows[:ROWS]
    ]


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + ELLIPSIS
