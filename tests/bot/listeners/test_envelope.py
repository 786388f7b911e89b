"""What is kept of a payload: enough to work on it again, and nothing that people wrote elsewhere."""

import json

from bot.listeners.envelope import envelope_of


def test_a_command_is_named_by_its_trigger() -> None:
    body = {
        "command": "/mailcheck",
        "text": "example.com",
        "team_id": "T1",
        "channel_id": "C1",
        "user_id": "U1",
        "response_url": "https://hooks.example/1",
        "trigger_id": "1.2.3",
        "token": "secret",
    }
    envelope = envelope_of(body)
    assert envelope is not None
    assert (envelope.key, envelope.kind) == ("command:1.2.3", "command")
    assert "secret" not in json.dumps(dict(envelope.payload))


def test_a_press_keeps_nothing_of_the_message_it_stood_in() -> None:
    body = {
        "type": "block_actions",
        "trigger_id": "9",
        "team": {"id": "T1"},
        "user": {"id": "U1"},
        "channel": {"id": "C1"},
        "container": {"message_ts": "1.0", "thread_ts": "0.5"},
        "message": {"text": "a private conversation"},
        "actions": [{"action_id": "language", "value": "ja"}],
        "response_url": "https://hooks.example/1",
    }
    envelope = envelope_of(body)
    assert envelope is not None
    assert envelope.payload["thread_ts"] == "0.5"
    assert envelope.payload["value"] == "ja"
    assert "private" not in json.dumps(dict(envelope.payload))


def test_a_mention_and_its_message_share_a_pair_key_and_differ_in_their_own() -> None:
    event = {"channel": "C1", "ts": "5.0", "user": "U1", "text": "<@U0> help"}
    mention = envelope_of(_callback("Ev1", event | {"type": "app_mention"}))
    message = envelope_of(_callback("Ev2", event | {"type": "message", "files": [{"name": "secret"}]}))
    assert mention is not None
    assert message is not None
    assert mention.pair_key == message.pair_key == "T1:C1:5.0"
    assert mention.key != message.key
    assert "secret" not in json.dumps(dict(message.payload))


def test_in_a_channel_shared_with_another_company_the_workspace_is_that_of_the_app() -> None:
    body = _callback("Ev1", {"type": "app_mention", "channel": "C1", "ts": "5.0", "user": "U9"})
    ours = body | {"team_id": "T9", "authorizations": [{"team_id": "T1", "user_id": "U0", "is_bot": True}]}
    envelope = envelope_of(ours)
    assert envelope is not None
    assert (envelope.payload["team_id"], envelope.pair_key) == ("T1", "T1:C1:5.0")
    for nothing in ([], None, ["T1"], [{"team_id": None}]):
        envelope = envelope_of(body | {"authorizations": nothing})
        assert envelope is not None
        assert envelope.payload["team_id"] == "T1"


def test_a_payload_of_another_kind_is_none_of_ours() -> None:
    assert envelope_of({"type": "view_submission"}) is None
    assert envelope_of({"type": "block_actions", "actions": []}) is None


def _callback(event_id: str, event: dict[str, object]) -> dict[str, object]:
    return {"type": "event_callback", "event_id": event_id, "team_id": "T1", "event": event}
