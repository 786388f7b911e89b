"""What Slack accepts: the limits of messages, Home and modal views, checked before anything is sent.

Blocks are plain dicts. The SDK's models check a part of this only (no limit on fields, none on table rows) and drop
blocks they do not know, so the limits stand here: docs.slack.dev "Block Kit reference", where it gives a figure, and
observed behaviour where it does not (10,000 characters over the cells of tables, about 13,000 over all blocks).
Blocks that Slack knows and this bot never sends (video, card, carousel, ...) count as unknown.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.render.slack.elements import (
    accessory_problems,
    actions_problems,
    context_problems,
    image_problems,
    input_problems,
    section_text_problems,
)
from bot.render.slack.rich_text import rich_text_problems
from bot.render.slack.shape import Found, Json, keys, length, objects, text_object

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_TEXT = 40_000
SECTION_TEXT = 3_000
SECTION_FIELDS = 10
FIELD_TEXT = 2_000
HEADER_TEXT = 150
MARKDOWN_TEXT = 12_000
TABLE_ROWS = 100
TABLE_COLUMNS = 20
TABLE_CHARACTERS = 10_000
ALL_BLOCKS_CHARACTERS = 13_000
IDENTIFIER = 255
VIEW_TITLE = 24
PRIVATE_METADATA = 3_000


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason for which Slack would refuse a payload.

    ``pointer`` is a JSON pointer (RFC 6901) into the payload, ``says`` the sentence that goes with it, ``error`` the
    word that the Web API answers with.
    """

    pointer: str
    says: str
    error: str = "invalid_blocks"


def problems(payload: Mapping[str, object]) -> list[Problem]:
    """Every reason for which Slack would refuse this message (``text``, ``blocks``) or view (``type`` home or modal).

    Empty when the payload is acceptable. The order is that of the payload; nothing is raised for any JSON value.
    """
    if payload.get("type") in ("home", "modal"):
        return list(_view_problems(payload))
    return list(_message_problems(payload))


def _message_problems(payload: Mapping[str, object]) -> Iterator[Problem]:
    text = payload.get("text")
    blocks = payload.get("blocks")
    if text is not None and not isinstance(text, str):
        yield Problem("/text", "must be a string", "invalid_arguments")
        text = None
    if not text and not blocks:
        yield Problem("/text", "neither text nor blocks", "no_text")
    if text and len(text) > MESSAGE_TEXT:
        yield Problem("/text", f"must be less than {MESSAGE_TEXT + 1} characters", "msg_too_long")
    if blocks is not None:
        yield from _blocks_problems(blocks, "message", MESSAGE_BLOCKS)


def _view_problems(view: Mapping[str, object]) -> Iterator[Problem]:
    surface = str(view["type"])
    for key in ("title",) if surface == "modal" else ():
        if key not in view:
            yield Problem("", f"missing required field: {key}", "invalid_arguments")
    for key in ("title", "submit", "close"):
        if key in view:
            for found in text_object(view[key], f"/{key}", VIEW_TITLE, kinds=("plain_text",)):
                yield Problem(*found, error="invalid_arguments")
    for key, most in (("callback_id", IDENTIFIER), ("external_id", IDENTIFIER), ("private_metadata", PRIVATE_METADATA)):
        if key in view:
            for found in length(view[key], f"/{key}", most, least=0):
                yield Problem(*found, error="invalid_arguments")
    blocks = view.get("blocks")
    yield from _blocks_problems([] if blocks is None else blocks, surface, VIEW_BLOCKS)
    if surface == "modal" and "submit" not in view and "input" in _types(blocks):
        yield Problem("/submit", "a modal with input blocks needs submit", "invalid_arguments")


def _blocks_problems(blocks: object, surface: str, most: int) -> Iterator[Problem]:
    if not isinstance(blocks, Sequence) or isinstance(blocks, str | bytes):
        yield Problem("/blocks", "must be an array", "invalid_blocks_format")
        return
    if len(blocks) > most:
        yield Problem("/blocks", f"no more than {most} items allowed [{len(blocks)} given]")
    seen: dict[str, int] = {}
    for index, block in enumerate(blocks):
        pointer = f"/blocks/{index}"
        if not isinstance(block, Mapping):
            yield Problem(pointer, "must be an object")
            continue
        for found in _block_problems(block, pointer, surface):
            yield Problem(*found)
        block_id = block.get("block_id")
        if isinstance(block_id, str) and block_id:
            if block_id in seen:
                yield Problem(f"{pointer}/block_id", f"must be unique, already that of /blocks/{seen[block_id]}")
            seen.setdefault(block_id, index)
    yield from _together_problems([block for block in blocks if isinstance(block, Mapping)])


def _together_problems(blocks: Sequence[Json]) -> Iterator[Problem]:
    """The limits that no single block can break."""
    tables = [block for block in blocks if block.get("type") == "table"]
    if len(tables) > 1:
        yield Problem("/blocks", f"only one table is allowed in a message [{len(tables)} given]")
    cells = sum(characters(table.get("rows")) for table in tables)
    if cells > TABLE_CHARACTERS:
        yield Problem("/blocks", f"table cells hold more than {TABLE_CHARACTERS} characters [{cells} given]")
    markdown = sum(characters(block) for block in blocks if block.get("type") == "markdown")
    if markdown > MARKDOWN_TEXT:
        yield Problem("/blocks", f"markdown blocks hold more than {MARKDOWN_TEXT} characters [{markdown} given]")
    everything = characters(blocks)
    if everything > ALL_BLOCKS_CHARACTERS:
        says = f"all blocks hold more than {ALL_BLOCKS_CHARACTERS} characters [{everything} given]"
        yield Problem("/blocks", says, "msg_blocks_too_long")


def characters(value: object) -> int:
    """The number of characters that a reader would see in these blocks: every string under a ``text`` key."""
    match value:
        case Mapping():
            return sum(
                len(inner) if key == "text" and isinstance(inner, str) else characters(inner)
                for key, inner in value.items()
            )
        case str() | bytes():
            return 0
        case Sequence():
            return sum(characters(inner) for inner in value)
        case _:
            return 0


def _types(blocks: object) -> set[str]:
    return {str(block.get("type")) for _, block in objects(blocks)}


def _block_problems(block: Json, pointer: str, surface: str) -> Iterator[Found]:
    kind = block.get("type")
    if kind is None:
        yield pointer, "missing required field: type"
        return
    known = _BLOCKS.get(kind) if isinstance(kind, str) else None
    if known is None:
        yield f"{pointer}/type", f"unsupported type: {kind}"
        return
    if surface not in known.surfaces:
        yield f"{pointer}/type", f"unsupported type: {kind} is not allowed in {surface}"
    yield from keys(block, pointer, required=known.required, optional=("type", "block_id", *known.optional))
    if "block_id" in block:
        yield from length(block["block_id"], f"{pointer}/block_id", IDENTIFIER, least=0)
    yield from known.judge(block, pointer)


def _header(block: Json, pointer: str) -> Iterator[Found]:
    if "text" in block:
        yield from text_object(block["text"], f"{pointer}/text", HEADER_TEXT, kinds=("plain_text",))


def _section(block: Json, pointer: str) -> Iterator[Found]:
    if "text" not in block and "fields" not in block:
        yield pointer, "missing required field: text or fields"
    if "text" in block:
        yield from section_text_problems(block["text"], f"{pointer}/text", SECTION_TEXT)
    if "fields" in block:
        yield from section_text_problems(block["fields"], f"{pointer}/fields", FIELD_TEXT, most=SECTION_FIELDS)
    if "accessory" in block:
        yield from accessory_problems(block["accessory"], f"{pointer}/accessory")


def _markdown(block: Json, pointer: str) -> Iterator[Found]:
    if "text" in block:
        yield from length(block["text"], f"{pointer}/text", MARKDOWN_TEXT)


def _alert(block: Json, pointer: str) -> Iterator[Found]:
    if "text" in block:
        yield from text_object(block["text"], f"{pointer}/text", 200)


def _nothing(block: Json, pointer: str) -> Iterator[Found]:
    return iter(())


def _table(block: Json, pointer: str) -> Iterator[Found]:
    rows = block.get("rows")
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        yield f"{pointer}/rows", "must be an array"
        return
    if not 1 <= len(rows) <= TABLE_ROWS:
        yield f"{pointer}/rows", f"must have 1 to {TABLE_ROWS} rows [{len(rows)} given]"
    for at, row in enumerate(rows):
        where = f"{pointer}/rows/{at}"
        if not isinstance(row, Sequence) or isinstance(row, str):
            yield where, "must be an array"
            continue
        if not 1 <= len(row) <= TABLE_COLUMNS:
            yield where, f"must have 1 to {TABLE_COLUMNS} cells [{len(row)} given]"
        for column, cell in enumerate(row):
            yield from _cell(cell, f"{where}/{column}")
    yield from _column_settings(block.get("column_settings", ()), f"{pointer}/column_settings")


def _cell(cell: object, pointer: str) -> Iterator[Found]:
    if not isinstance(cell, Mapping):
        yield pointer, "must be an object"
        return
    match cell.get("type"):
        case "raw_text":
            yield from keys(cell, pointer, required=("text",), optional=("type",))
            yield from length(cell.get("text", "-"), f"{pointer}/text", TABLE_CHARACTERS)
        case "raw_number":
            yield from keys(cell, pointer, required=("value", "text"), optional=("type",))
            yield from length(cell.get("text", "-"), f"{pointer}/text", TABLE_CHARACTERS)
            if not isinstance(cell.get("value", 0), int | float):
                yield f"{pointer}/value", "must be a number"
        case "rich_text":
            yield from keys(cell, pointer, required=("elements",), optional=("type", "block_id"))
            yield from rich_text_problems(cell, pointer)
            if "elements" in cell and not characters(cell) and not _draws(cell):
                yield f"{pointer}/elements", "a cell must not be empty"
        case _:
            yield f"{pointer}/type", "unsupported type: raw_text, raw_number or rich_text expected"


def _draws(cell: Json) -> bool:
    """Whether a cell without a character still shows something: an emoji, a mention, a date."""
    kind = str(cell.get("type"))
    if kind.startswith("rich_text"):
        return any(_draws(element) for _, element in objects(cell.get("elements")))
    return kind != "text"


def _column_settings(settings: object, pointer: str) -> Iterator[Found]:
    if not isinstance(settings, Sequence) or isinstance(settings, str) or len(settings) > TABLE_COLUMNS:
        yield pointer, f"must be an array of at most {TABLE_COLUMNS} items"
        return
    for at, setting in enumerate(settings):
        if setting is None:
            continue
        if not isinstance(setting, Mapping):
            yield f"{pointer}/{at}", "must be an object or null"
            continue
        yield from keys(setting, f"{pointer}/{at}", required=(), optional=("align", "is_wrapped"))
        if setting.get("align", "left") not in ("left", "center", "right"):
            yield f"{pointer}/{at}/align", "must be left, center or right"


@dataclass(frozen=True, slots=True)
class _Known:
    judge: Callable[[Json, str], Iterator[Found]]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    surfaces: tuple[str, ...] = ("message", "home", "modal")


_BLOCKS: Mapping[str, _Known] = {
    "header": _Known(_header, required=("text",)),
    "section": _Known(_section, optional=("text", "fields", "accessory", "expand")),
    "divider": _Known(_nothing),
    "context": _Known(context_problems, required=("elements",)),
    "actions": _Known(actions_problems, required=("elements",)),
    "image": _Known(image_problems, required=("alt_text",), optional=("image_url", "slack_file", "title")),
    "input": _Known(input_problems, required=("label", "element"), optional=("hint", "optional", "dispatch_action")),
    "rich_text": _Known(rich_text_problems, required=("elements",)),
    "markdown": _Known(_markdown, required=("text",), surfaces=("message",)),
    "table": _Known(_table, required=("rows",), optional=("column_settings",), surfaces=("message",)),
    "alert": _Known(_alert, required=("text",), optional=("level",), surfaces=("modal",)),
}
