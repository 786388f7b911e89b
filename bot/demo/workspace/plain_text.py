"""A message as plain lines, for a terminal and for a test's failure: every block, tables as aligned rows."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from bot.demo.workspace.emoji import with_emoji
from bot.demo.workspace.state import Ephemeral, Json, Message

_TOKEN = re.compile(r"<([^<>]+)>")


def text_of(message: Message | Ephemeral, name_of: Callable[[str], str] = str) -> str:
    """What a reader sees of a message; ``name_of`` gives the name of a user or channel id."""
    if isinstance(message, Message) and message.is_deleted:
        return "(deleted)"
    if not message.blocks:
        return mrkdwn(message.text, name_of)
    # A table is drawn below all else, wherever it stands in the message.
    ordered = sorted(message.blocks, key=lambda block: block.get("type") == "table")
    return "\n".join(line for block in ordered for line in block_lines(block, name_of))


def mrkdwn(text: str, name_of: Callable[[str], str] = str) -> str:
    """Links as label (address), mentions as names, entities and shortcodes resolved; the marks stay."""

    def resolve(match: re.Match[str]) -> str:
        target, _, label = match[1].partition("|")
        if target.startswith(("@", "#")):
            return target[0] + (label or name_of(target[1:]))
        if target.startswith("!"):
            return label or "@" + target[1:]
        address = target.removeprefix("mailto:")
        # A domain that Slack made a link of reads as it was typed.
        if not label or label == address or address.removesuffix("/").endswith(f"//{label}"):
            return label or address
        return f"{label} ({address})"

    resolved = with_emoji(_TOKEN.sub(resolve, text))
    return resolved.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def block_lines(block: Json, name_of: Callable[[str], str] = str) -> Iterator[str]:
    """The lines of one block."""
    match block:
        case {"type": "header", "text": text}:
            yield f"## {_text(text, name_of)}"
        case {"type": "section"}:
            if "text" in block:
                yield _text(block["text"], name_of)
            for field in block.get("fields", ()):
                yield f"  {_text(field, name_of)}"
            if "accessory" in block:
                yield _element(block["accessory"], name_of)
        case {"type": "context", "elements": elements}:
            yield " ".join(_element(element, name_of) for element in elements)
        case {"type": "actions", "elements": elements}:
            yield " ".join(_element(element, name_of) for element in elements)
        case {"type": "divider"}:
            yield "-" * 40
        case {"type": "table", "rows": rows}:
            yield from _table(rows, name_of)
        case {"type": "markdown", "text": str() as text}:
            yield text
        case {"type": "rich_text"}:
            yield _rich(block, name_of)
        case {"type": "image"}:
            yield f"[image: {block.get('alt_text', '')}]"
        case {"type": "input"}:
            yield f"{_text(block.get('label'), name_of)}: ____"
        case _:
            yield f"[{block.get('type')}]"


def width(text: str) -> int:
    """Columns on a terminal: East Asian wide characters count two, combining ones none (UAX #11)."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _text(value: object, name_of: Callable[[str], str]) -> str:
    match value:
        case {"type": "mrkdwn", "text": str() as text}:
            return mrkdwn(text, name_of)
        case {"text": str() as text}:
            return with_emoji(text)
        case _:
            return ""


def _element(element: Json, name_of: Callable[[str], str]) -> str:
    match element:
        case {"type": "button", "text": text}:
            url = f" {element['url']}" if "url" in element else ""
            return f"[{_text(text, name_of)}]{url}"
        case {"type": "image"}:
            return f"[image: {element.get('alt_text', '')}]"
        case {"options": options}:
            return "[" + " | ".join(_text(option.get("text"), name_of) for option in options) + "]"
        case _:
            return _text(element, name_of)


def _table(rows: Sequence[Sequence[Json]], name_of: Callable[[str], str]) -> Iterator[str]:
    cells = [[_cell(cell, name_of) for cell in row] for row in rows]
    columns = max((len(row) for row in cells), default=0)
    widths = [max((width(row[at]) for row in cells if at < len(row)), default=0) for at in range(columns)]
    for row in cells:
        padded = (text + " " * (widths[at] - width(text)) for at, text in enumerate(row))
        yield "| " + " | ".join(padded) + " |"


def _cell(cell: Json, name_of: Callable[[str], str]) -> str:
    text = _rich(cell, name_of) if cell.get("type") == "rich_text" else str(cell.get("text", cell.get("value", "")))
    return " ".join(text.split())


def _rich(value: Json, name_of: Callable[[str], str]) -> str:
    match value:
        case {"type": "rich_text" | "rich_text_list", "elements": elements}:
            mark = "- " if value.get("type") == "rich_text_list" else ""
            return "\n".join(mark + _rich(element, name_of) for element in elements)
        case {"type": "rich_text_section" | "rich_text_preformatted" | "rich_text_quote", "elements": elements}:
            return "".join(_rich(element, name_of) for element in elements)
        case {"type": "link", "url": url}:
            return str(value.get("text", url))
        case {"type": "emoji", "name": name}:
            return with_emoji(f":{name}:")
        case {"type": "user", "user_id": user}:
            return "@" + name_of(str(user))
        case {"type": "broadcast", "range": wide}:
            return f"@{wide}"
        case _:
            return str(value.get("text", value.get("fallback", "")))
