"""The shortcodes that this workspace knows, as Unicode; others stay as they were written."""

import re
from collections.abc import Mapping

EMOJI: Mapping[str, str] = {
    "white_check_mark": "✅",
    "heavy_check_mark": "✔️",
    "x": "❌",
    "warning": "⚠️",
    "no_entry": "⛔",
    "rotating_light": "🚨",
    "information_source": "ℹ️",
    "question": "❓",
    "grey_question": "❔",
    "hourglass_flowing_sand": "⏳",
    "hourglass": "⌛",
    "red_circle": "🔴",
    "large_orange_circle": "🟠",
    "large_yellow_circle": "🟡",
    "large_green_circle": "🟢",
    "large_blue_circle": "🔵",
    "white_circle": "⚪",
    "black_circle": "⚫",
    "bulb": "💡",
    "email": "✉️",
    "envelope": "✉️",
    "incoming_envelope": "📨",
    "mailbox_with_mail": "📬",
    "mailbox": "📫",
    "lock": "🔒",
    "unlock": "🔓",
    "shield": "🛡️",
    "mag": "🔍",
    "link": "🔗",
    "eyes": "👀",
    "tada": "🎉",
    "wave": "👋",
    "bell": "🔔",
    "calendar": "📅",
    "arrow_right": "➡️",
    "arrows_counterclockwise": "🔄",
    "wrench": "🔧",
    "memo": "📝",
    "globe_with_meridians": "🌐",
    "heavy_minus_sign": "➖",
    "large_green_square": "🟩",
    "large_yellow_square": "🟨",
    "large_red_square": "🟥",
    "white_large_square": "⬜",
    "speech_balloon": "💬",
    "point_right": "👉",
    "stopwatch": "⏱️",
    "key": "🔑",
}

_SHORTCODE = re.compile(r":([a-z0-9_+\-]+):")


def with_emoji(text: str) -> str:
    """Replace the shortcodes that are known."""
    return _SHORTCODE.sub(lambda match: EMOJI.get(match[1], match[0]), text)
