"""The smallest checks of a Block Kit payload: keys, lengths, text objects. Each yields (JSON pointer, sentence)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = Mapping[str, Any]
Found: TypeAlias = tuple[str, str]


def keys(value: Json, pointer: str, required: Sequence[str], optional: Sequence[str]) -> Iterator[Found]:
    """Slack refuses what is missing and what it does not know alike."""
    for key in required:
        if key not in value:
            yield pointer, f"missing required field: {key}"
    for key in value:
        if key not in required and key not in optional:
            yield pointer, f"invalid additional property: {key}"


def length(value: object, pointer: str, most: int, least: int = 1) -> Iterator[Found]:
    """A string of ``least`` to ``most`` characters."""
    if not isinstance(value, str):
        yield pointer, "must be a string"
    elif len(value) > most:
        yield pointer, f"must be less than {most + 1} characters [{len(value)} given]"
    elif len(value) < least:
        yield pointer, f"must be more than {least - 1} characters"


def text_object(
    value: object, pointer: str, most: int, kinds: Sequence[str] = ("plain_text", "mrkdwn")
) -> Iterator[Found]:
    """A composition text object of one of these kinds with 1 to ``most`` characters."""
    if not isinstance(value, Mapping):
        yield pointer, "must be a text object"
        return
    kind = value.get("type")
    if kind not in kinds:
        yield f"{pointer}/type", f"must be {' or '.join(kinds)}"
    yield from keys(value, pointer, ("type", "text"), ("emoji",) if kind == "plain_text" else ("verbatim",))
    if "text" in value:
        yield from length(value["text"], f"{pointer}/text", most)


def items(value: object, pointer: str, most: int, least: int = 1) -> Iterator[Found]:
    """An array of ``least`` to ``most`` items."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        yield pointer, "must be an array"
    elif len(value) > most:
        yield pointer, f"no more than {most} items allowed [{len(value)} given]"
    elif len(value) < least:
        yield pointer, f"no fewer than {least} items allowed"


def objects(value: object) -> Iterator[tuple[int, Json]]:
    """The objects of an array with their places; what is not an object is the business of `items` and its caller."""
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for at, item in enumerate(value):
            if isinstance(item, Mapping):
                yield at, item
