"""Contents as payloads for the outbox: one message, or as many as Slack's limits make of it."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from bot.conversation.content import Content, Divider, Part, Table
from bot.render.slack.blocks import Block, blocks_of, mrkdwn_text
from bot.render.slack.escape import prose
from bot.render.slack.limits import ALL_BLOCKS_CHARACTERS, MESSAGE_BLOCKS, characters

Payload: TypeAlias = dict[str, Any]

# Slack's own figure is undocumented, so some room is left.
MOST_CHARACTERS = ALL_BLOCKS_CHARACTERS - 1_000
SUMMARY = 500


def payloads(content: Content) -> list[Payload]:
    """One or more {"text", "blocks", "fallback_blocks"?}, to be shown one after the other.

    Parts between dividers stay together where that is possible; a table comes last.
    """
    table = next((part for part in content.parts if isinstance(part, Table)), None)
    groups = [_rendered(group) for group in _groups(content.parts)]
    if table is None:
        return [_payload(content, blocks) for blocks in _packed(groups)]
    rich = _packed([*groups, blocks_of(table)])
    plain = _packed([*groups, lines := blocks_of(table, with_table=False)])
    if len(rich) != len(plain):
        # Each message has a key of its own, so both forms must make the same number of them.
        rich, plain = [*_packed(groups), blocks_of(table)], [*_packed(groups), lines]
    made = [_payload(content, blocks) for blocks in rich]
    for payload, blocks in zip(made, plain, strict=True):
        if blocks != payload["blocks"]:
            payload["fallback_blocks"] = blocks
    return made


def _groups(parts: Iterable[Part]) -> Iterator[list[Part]]:
    group: list[Part] = []
    for part in parts:
        if isinstance(part, Table):
            continue
        if isinstance(part, Divider) and group:
            yield group
            group = []
        group.append(part)
    if group:
        yield group


def _rendered(group: Iterable[Part]) -> list[Block]:
    return [block for part in group for block in blocks_of(part)]


def _packed(groups: Iterable[list[Block]]) -> list[list[Block]]:
    """Groups put together into messages; a group that fits into none is taken apart."""
    messages: list[list[Block]] = [[]]
    for group in groups:
        if _fits([*messages[-1], *group]):
            messages[-1] += group
        elif _fits(group):
            messages.append(_without_rule(group))
        else:
            for block in group:
                if not _fits([*messages[-1], block]):
                    messages.append([])
                messages[-1].append(block)
    return messages


def _without_rule(group: list[Block]) -> list[Block]:
    """A message does not begin with a line."""
    return group[1:] if group and group[0]["type"] == "divider" else list(group)


def _fits(blocks: list[Block]) -> bool:
    return len(blocks) <= MESSAGE_BLOCKS and characters(blocks) <= MOST_CHARACTERS


def _payload(content: Content, blocks: list[Block]) -> Payload:
    text = mrkdwn_text(content.summary, prose, SUMMARY)["text"]
    return {"text": text, "blocks": blocks or [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]}
