"""A local, strict, Slack-compatible workspace with a web page: what the demo shows and what the tests talk to."""

from bot.demo.workspace.acting import CommandOutcome
from bot.demo.workspace.calls import Call
from bot.demo.workspace.page_routes import SampleMail
from bot.demo.workspace.rates import Rates
from bot.demo.workspace.socket_mode import Delivery
from bot.demo.workspace.state import (
    ALICE,
    ARCHIVED,
    BOT_USER,
    GUEST,
    HANAKO,
    MAIL_OPS,
    PRIVATE,
    RANDOM,
    Broadcast,
    Channel,
    Ephemeral,
    Message,
    Person,
    View,
    direct_channel,
)
from bot.demo.workspace.workspace import DEFAULT_EVENTS, DEFAULT_SCOPES, Workspace

__all__ = [
    "ALICE",
    "ARCHIVED",
    "BOT_USER",
    "DEFAULT_EVENTS",
    "DEFAULT_SCOPES",
    "GUEST",
    "HANAKO",
    "MAIL_OPS",
    "PRIVATE",
    "RANDOM",
    "Broadcast",
    "Call",
    "Channel",
    "CommandOutcome",
    "Delivery",
    "Ephemeral",
    "Message",
    "Person",
    "Rates",
    "SampleMail",
    "View",
    "Workspace",
    "direct_channel",
]
