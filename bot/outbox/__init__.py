"""The way out to the chat: desired messages in the store become messages in Slack, once each."""

from bot.outbox.content import NO_TABLES
from bot.outbox.pace import SLACK_PACE, Pace
from bot.outbox.port import Chat, Content, NotReached, Posted, Refused, Throttled, Unclear
from bot.outbox.sender import PARENT_FAILED, OnFailed, Outbox
from bot.outbox.slack import SlackChat, outbox_client

__all__ = [
    "NO_TABLES",
    "PARENT_FAILED",
    "SLACK_PACE",
    "Chat",
    "Content",
    "NotReached",
    "OnFailed",
    "Outbox",
    "Pace",
    "Posted",
    "Refused",
    "SlackChat",
    "Throttled",
    "Unclear",
    "outbox_client",
]
