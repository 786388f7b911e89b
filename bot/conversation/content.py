"""What a message says, without saying how a chat draws it.

A message is a summary and parts in reading order. Sentences may hold `code` between backticks and no other markup;
a renderer escapes everything else. Labels, headings and table cells are plain text.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from checks import Lang


class Action(StrEnum):
    """What a button does; the names travel to Slack and back, so they stay."""

    SEND_TEST = "send_test"
    CHECK_AGAIN = "check_again"
    LANGUAGE = "language"
    CLOSE_ADDRESS = "close_address"
    NEW_ADDRESS = "new_address"
    EXPLAIN = "explain"
    OURS = "ours"
    NOT_OURS = "not_ours"
    CHECK_DOMAIN = "check_domain"
    GUIDELINES = "guidelines"


@dataclass(frozen=True, slots=True)
class Button:
    """`value` is what comes back when it is pressed."""

    action: Action
    label: str
    value: str = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """`lead` is shown strongly in front, on its own line if `breaks`."""

    text: str
    lead: str = ""
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """Small print."""

    text: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, seconds since 1970, which each reader sees in their own time zone.

    `zone` is said behind a time that is shown so; `tail` ends the sentence.
    """

    lead: str
    at: float
    zone: str = ""
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Something to copy, character by character, under a strong `lead`. `is_file`: of several lines."""

    lead: str
    text: str
    is_file: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A labelled address of ours or of a catalogue; never one that a stranger chose."""

    lead: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class References:
    """`links`: a label and an address each."""

    lead: str
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line with a button at its end."""

    text: str
    button: Button


@dataclass(frozen=True, slots=True)
class Buttons:
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Divider:
    """Between things that may stand in different messages when one message is not enough."""


@dataclass(frozen=True, slots=True)
class Table:
    """At most three columns and twelve rows below the header; at most one in a message, and last.

    `strong`: the rows, counted from 0, that a reader has to see first.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    strong: tuple[int, ...] = ()


Part: TypeAlias = Heading | Paragraph | Note | Moment | Code | Link | References | Line | Buttons | Divider | Table


@dataclass(frozen=True, slots=True)
class Content:
    """`summary`: one sentence, for notifications and screen readers."""

    lang: Lang
    summary: str
    parts: tuple[Part, ...]
