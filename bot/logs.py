"""Log lines of the bot: readable on a terminal, JSON elsewhere; never tokens, addresses of people, or their mail."""

import logging
import re
import sys
from collections.abc import Callable
from typing import Any

import structlog

OURS = ("bot", "checks")

_ADDRESS_CHARACTER = r"[^\s@<>\"'`()\[\]{},:;=\\]"
# What should never have come here: none of our lines has any of it, but errors of libraries quote what they met.
_SECRETS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\b(xox[a-z]|xapp)-[\w-]+", re.ASCII), r"\1-..."),
    (re.compile(r"\bt-[a-z2-9]{16}\b"), "t-..."),
    (re.compile(r"\b(wss?://[^\s\"'?]+)\?[^\s\"']*"), r"\1?..."),
    (re.compile(r"\b(https?://hooks\.slack\.com/)[^\s\"']*"), r"\1..."),
    (re.compile(rf"(\"[^\"\n]{{1,300}}\"|(?<!{_ADDRESS_CHARACTER}){_ADDRESS_CHARACTER}+)@(?=[\w\[])"), "...@"),
)


def configure(level: str) -> None:
    """Send everything that loggers and warnings say to stderr, in one form.

    `level` is that of our own loggers: libraries write at DEBUG, and some at INFO, what they carry, so of them only
    warnings are heard. They get that from the root, since Bolt gives its loggers the root's level, not their parent's.
    """
    renderer: structlog.typing.Processor = structlog.dev.ConsoleRenderer()
    if not sys.stderr.isatty():
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    stamps: list[structlog.typing.Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=stamps,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _without_secrets, renderer],
    )
    output = logging.StreamHandler()
    output.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [output]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    # It keeps its lines from the root and gives itself an output of its own unless it has one.
    engine = logging.getLogger("dbos")
    engine.handlers, engine.propagate = [output], False
    logging.captureWarnings(True)


def _without_secrets(_logger: Any, _name: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {name: _redacted(value) for name, value in entry.items()}


def _redacted(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else str(value)
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text
