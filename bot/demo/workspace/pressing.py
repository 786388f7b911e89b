"""Finding the button or select that a person uses, and what Slack says about it to the app."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.demo.workspace.state import Json


def action_of(blocks: Sequence[Json], action_id: str, value: str | None, action_ts: str) -> dict[str, Any]:
    """The entry of ``actions`` for this element.

    ``value`` tells two buttons of one action_id apart, and names the option of a select. Raises LookupError.
    """
    there = list(elements_of(blocks))
    for block_id, element in there:
        if element.get("action_id") != action_id:
            continue
        action: dict[str, Any] = {
            "type": element["type"],
            "action_id": action_id,
            "block_id": block_id,
            "action_ts": action_ts,
        }
        if element["type"] == "button":
            if value is not None and element.get("value") != value:
                continue
            kept = {key: element[key] for key in ("text", "value", "style", "url", "confirm") if key in element}
            return action | kept
        for option in element.get("options", ()):
            if option.get("value") == value:
                return action | {"selected_option": option}
    offered = ", ".join(f"{element.get('action_id')}={element.get('value')!r}" for _, element in there) or "nothing"
    raise LookupError(f"no element {action_id!r} with value {value!r}; there is {offered}")


def elements_of(blocks: Sequence[Json]) -> Iterator[tuple[str, Json]]:
    """Every interactive element with its block_id."""
    for block in blocks:
        block_id = str(block.get("block_id", ""))
        inner = [*block.get("elements", ()), block.get("accessory"), block.get("element")]
        for element in inner:
            if isinstance(element, dict) and "action_id" in element:
                yield block_id, element
