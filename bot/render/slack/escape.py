"""The one place where text becomes Slack's markup. Whatever comes in is shown and never acts.

Sentences hold `code` between backticks and no other markup (bot.conversation.content); everything else in them that
Slack would read as markup is taken away here: the three control characters of mrkdwn, its formatting marks, emoji
names, and characters that reorder or hide text.
"""

import re
import unicodedata
from datetime import UTC, datetime

from checks import printable

ELLIPSIS = "…"
GRAVE = "ˋ"
"""Stands for a backtick, which would end a code span."""

# Formatting needs a mark that ends it: one behind a character, at the end of a word. Those alone are shown in their
# full-width form, so that `_dmarc` and `~all` stay as they are.
_ENDS = re.compile(r"(?<=\S)[*_~](?![A-Za-z0-9])")
_FULL_WIDTH = {"*": "＊", "_": "＿", "~": "～"}
_INSIDE = re.compile(r"[\^|<>{}]")
"""What would end a part of a date token."""
_EMOJI = re.compile(r":(?=[a-z0-9_+\-]+:)")


def literal(text: str) -> str:
    """For plain_text objects and table cells, which know no markup."""
    return printable(text.replace("\n", " "))


def entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def prose(text: str) -> str:
    """Text outside of code spans; line breaks stay."""
    shown = "\n".join(printable(line).replace("`", GRAVE) for line in text.split("\n"))
    return entities(_EMOJI.sub(":\u2060", _ENDS.sub(lambda mark: _FULL_WIDTH[mark[0]], shown)))


def code(text: str) -> str:
    """Text inside a code span, on one line."""
    return entities(printable(text).replace("`", GRAVE))


def code_block(text: str, *, lines: bool = False) -> str:
    """A preformatted block. A line break of the text is shown, not made: a record is one line. `lines`: of a file."""
    kept = [line.removesuffix("\r") for line in text.split("\n")] if lines else [text]
    return f"```{entities(chr(10).join(map(printable, kept)).replace('`', GRAVE))}```"


def mrkdwn(markup: str) -> str:
    """A sentence with `code` between backticks. A span without its end lasts to the end of the text."""
    made = ""
    for at, piece in enumerate(markup.split("`")):
        if not piece:
            continue
        if at % 2 == 0:
            shown = prose(piece)
            # Slack sees the end of a code span only before a blank or half-width punctuation.
            made += (" " if made.endswith("`") and _is_wide(piece[0]) else "") + shown
        else:
            made += (" " if made and _is_wide(made[-1]) else "") + f"`{code(piece)}`"
    return made


def strong(text: str) -> str:
    """A bold label of one line."""
    shown = prose(text.replace("\n", " ")).strip()
    return f"*{shown}*" if shown else ""


def _is_wide(char: str) -> bool:
    return char.isalnum() or unicodedata.east_asian_width(char) in "WFA"


def link(label: str, url: str) -> str:
    """A link to an address of ours; `url` has been chosen by us and is still not trusted to be harmless."""
    safe = entities(printable(url)).replace("|", "%7C").replace(" ", "%20")
    return f"<{safe}|{prose(label).replace('|', '¦')}>"


def moment(at: float, zone: str = "") -> str:
    """A time that Slack shows in each reader's time zone, with `zone` behind it."""
    otherwise = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at)}^{{date_short_pretty}} {{time}}{prose(_INSIDE.sub('', zone))}|{otherwise}>"
