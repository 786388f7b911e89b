"""manifest.yml asks for what the code uses, and for nothing else."""

import re
from pathlib import Path
from typing import Any

import yaml

from bot.demo.stage import SCOPES
from bot.listeners.command import COMMAND
from bot.listeners.register import EVENTS

ROOT = Path(__file__).parents[2]

# Which scopes let the bot call a Web API method; any one of a method's scopes would do only where one is listed.
SCOPES_OF_METHODS = {
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_getPermalink": set(),
    "users_info": {"users:read"},
    "conversations_history": {"channels:history", "groups:history", "im:history", "mpim:history"},
    "conversations_replies": {"channels:history", "groups:history", "im:history", "mpim:history"},
    "views_publish": set(),
    "auth_test": set(),
}
SCOPES_OF_EVENTS = {
    "app_mention": {"app_mentions:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "message.mpim": {"mpim:history"},
    "app_home_opened": set(),
    "member_joined_channel": {"channels:read", "groups:read"},
    "app_uninstalled": set(),
    "tokens_revoked": set(),
}
CALL = re.compile(r"\b(?:client|self\._client|self\.desk\.client|self\.client)\.((?!is_)[a-z]+_[a-zA-Z]+)\(")


def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text("utf-8"))
    return loaded


def methods_used() -> set[str]:
    sources = [p for p in (ROOT / "bot").rglob("*.py") if "demo" not in p.parts]
    return {method for path in sources for method in CALL.findall(path.read_text("utf-8"))}


def test_the_code_calls_only_methods_that_are_known_here() -> None:
    assert methods_used() == set(SCOPES_OF_METHODS)


def test_the_scopes_are_those_of_the_methods_events_and_the_command() -> None:
    events = manifest()["settings"]["event_subscriptions"]["bot_events"]
    needed = {"commands"}.union(*(SCOPES_OF_METHODS[m] for m in methods_used()), *(SCOPES_OF_EVENTS[e] for e in events))
    assert set(manifest()["oauth_config"]["scopes"]["bot"]) == needed


def test_the_demo_grants_the_bot_what_the_manifest_asks_for() -> None:
    assert set(manifest()["oauth_config"]["scopes"]["bot"]) == SCOPES


def test_the_events_are_those_that_the_code_listens_to() -> None:
    subscribed = manifest()["settings"]["event_subscriptions"]["bot_events"]
    assert {event.split(".")[0] for event in subscribed} == set(EVENTS)


def test_the_command_is_the_one_that_the_code_answers() -> None:
    assert [each["command"] for each in manifest()["features"]["slash_commands"]] == [COMMAND]


def test_socket_mode_and_buttons_are_on_and_people_may_write_to_the_bot() -> None:
    settings, features = manifest()["settings"], manifest()["features"]
    assert settings["socket_mode_enabled"] is True
    assert settings["interactivity"]["is_enabled"] is True
    assert settings["org_deploy_enabled"] is False
    assert features["app_home"]["messages_tab_read_only_enabled"] is False
    assert len(manifest()["display_information"]["description"]) <= 140
