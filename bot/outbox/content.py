"""The ways to show one message, richest first."""

from collections.abc import Mapping
from typing import Any

from bot.outbox.port import Content

NO_TABLES = "no_tables"
"""Trait of a workspace that refused a message with a table and took it without."""

BLOCK_ERRORS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"})


def ways(payload: Mapping[str, Any], traits: frozenset[str]) -> list[Content]:
    """`payload`: {"text", "blocks"?, "fallback_blocks"?}; blocks that the workspace cannot show are left out."""
    text = str(payload["text"])
    blocks, fallback = payload.get("blocks"), payload.get("fallback_blocks")
    found = []
    if blocks and not (NO_TABLES in traits and fallback and has_table(blocks)):
        found.append(Content(text, blocks))
    if fallback:
        found.append(Content(text, fallback))
    found.append(Content(text, None))
    return found


def has_table(blocks: Any) -> bool:
    return any(block.get("type") in {"table", "data_table"} for block in blocks or ())
