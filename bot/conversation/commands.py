"""What people type: the slash command, and words to the bot in a thread."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from bot.conversation.talk_words import TOPICS

MOST_DOMAINS = 10
SLASH_WORDS = ("check", "help")
THREAD_WORDS = ("recheck", "explain", "send-test", "ja", "en", "help")
BARE_WORDS = ("recheck", "send-test", "ja", "en")

# How Slack writes links that it made of typed text: <http://example.com|example.com>, <mailto:a@b.example|a@b.example>.
_LINK = re.compile(r"<(?:[a-z]+:[^>|]*\|)?([^>|]*)>", re.IGNORECASE)
_MENTION = re.compile(r"<@[UW][A-Z0-9]+(?:\|[^>]*)?>")
_RULE = re.compile(r"[a-z]{2,10}\d{3}")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


@dataclass(frozen=True, slots=True)
class Help:
    pass


@dataclass(frozen=True, slots=True)
class Check:
    """What was typed, each to be read as a domain; never empty, and without repetitions."""

    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TooMany:
    given: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not a word we know; `closest` is the command that was meant, as it should be typed, if one is near."""

    word: str
    closest: str | None


@dataclass(frozen=True, slots=True)
class Recheck:
    pass


@dataclass(frozen=True, slots=True)
class SendTest:
    pass


@dataclass(frozen=True, slots=True)
class Speak:
    lang: str


@dataclass(frozen=True, slots=True)
class Explain:
    """A rule id in capitals, or a topic in small letters; "" for none given."""

    what: str


SlashCommand: TypeAlias = Help | Check | TooMany | Unknown
ThreadCommand: TypeAlias = Help | Recheck | SendTest | Speak | Explain | Unknown


def slash_command(text: str) -> SlashCommand:
    """Read what follows /mailcheck."""
    words = _words(text)
    if not words:
        return Help()
    first = words[0].lower()
    if first in ("help", "?", "ヘルプ") and len(words) == 1:
        return Help()
    if first == "check":
        words = words[1:]
        if not words:
            return Help()
    elif not _looks_like_a_domain(words[0]) and (len(words) > 1 or _near(first, SLASH_WORDS)):
        near = _near(first, SLASH_WORDS)
        return Unknown(words[0], " ".join([near, *words[1:]]) if near else None)
    domains = tuple(dict.fromkeys(words))
    return TooMany(len(domains)) if len(domains) > MOST_DOMAINS else Check(domains)


def thread_command(text: str) -> ThreadCommand:
    """Read what was said to the bot in a thread; mentions in it are passed over."""
    words = _words(_MENTION.sub(" ", text))
    if not words:
        return Help()
    first, rest = words[0].lower(), words[1:]
    match first:
        case "help" | "?" | "ヘルプ":
            return Help()
        case "recheck" | "check" | "再検査":
            return Recheck()
        case "send-test" | "sendtest" | "テスト":
            return SendTest()
        case "ja" | "日本語":
            return Speak("ja")
        case "en" | "english":
            return Speak("en")
        case "explain" | "説明":
            what = rest[0] if rest else ""
            return Explain(what.upper() if re.search(r"\d", what) else what.lower())
    near = _near(first, THREAD_WORDS)
    return Unknown(words[0], " ".join([near, *rest]) if near else None)


def is_bare_command(text: str) -> bool:
    """Whether a message that mentions nobody is one of our commands, word for word.

    People talk to each other in a thread: "check this" and "en passant" are for them.
    """
    words = text.lower().split()
    if len(words) == 2 and words[0] == "explain":
        return words[1] in TOPICS or _RULE.fullmatch(words[1]) is not None
    return len(words) == 1 and words[0] in BARE_WORDS


def _words(text: str) -> list[str]:
    shown = _LINK.sub(r"\1", text)
    for entity, char in _ENTITIES:
        shown = shown.replace(entity, char)
    return [word for word in re.split(r"[\s,、，;]+", shown) if word]


def _looks_like_a_domain(word: str) -> bool:
    return bool(re.search(r"[.。．｡@:/]", word)) or not word.isascii()


def _near(word: str, known: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), None)
