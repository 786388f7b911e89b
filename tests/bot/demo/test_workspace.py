"""The local workspace as a real slack_bolt app sees it: Web API and Socket Mode."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientConnectionError
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.workspace import (
    ALICE,
    ARCHIVED,
    DEFAULT_SCOPES,
    HANAKO,
    MAIL_OPS,
    PRIVATE,
    RANDOM,
    Rates,
    Workspace,
    direct_channel,
)

NO_RETRY: list[AsyncRetryHandler] = []
BUTTON = {
    "type": "actions",
    "elements": [
        {
            "type": "button",
            "action_id": "again",
            "value": "7",
            "style": "primary",
            "text": {"type": "plain_text", "text": "Check again"},
        }
    ],
}


def client_of(workspace: Workspace) -> AsyncWebClient:
    return AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url, retry_handlers=NO_RETRY)


@asynccontextmanager
async def connected(app: AsyncApp, workspace: Workspace, sockets: int = 1) -> AsyncIterator[None]:
    handlers = [AsyncSocketModeHandler(app, workspace.app_token, ping_interval=0.3) for _ in range(sockets)]
    for handler in handlers:
        await handler.connect_async()
    await workspace.wait_for(lambda: workspace.connections == sockets, what="sockets")
    try:
        yield
    finally:
        for handler in handlers:
            await handler.close_async()


def run(work: Callable[[Workspace, AsyncApp, AsyncWebClient], Awaitable[None]], **settings: Any) -> None:
    """Run a story in a fresh workspace with an app that knows nothing yet."""

    async def story() -> None:
        async with Workspace(**settings) as workspace:
            client = client_of(workspace)
            await work(workspace, AsyncApp(client=client), client)

    asyncio.run(story())


async def refusal(call: Awaitable[Any]) -> Any:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response


def test_a_command_becomes_a_thread_with_a_button() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        pressed: list[dict[str, Any]] = []

        @app.command("/mailcheck")
        async def command(ack: Any, body: dict[str, Any], respond: Any) -> None:
            await ack()
            await respond(f"Checking {body['text']} for {body['user_id']}")
            root = await client.chat_postMessage(channel=body["channel_id"], text="fallback", blocks=[BUTTON])
            await client.chat_postMessage(channel=body["channel_id"], thread_ts=root["ts"], text="a *reply*")
            await client.chat_update(channel=body["channel_id"], ts=root["ts"], text="done", blocks=[BUTTON])

        @app.action("again")
        async def again(ack: Any, body: dict[str, Any], respond: Any) -> None:
            await ack()
            pressed.append(body)
            await respond(text="again", replace_original=False)

        async with connected(app, workspace):
            outcome = await workspace.command(ALICE.id, MAIL_OPS.id, "/mailcheck example.com")
            assert outcome.acknowledged_after_s is not None
            root = await workspace.wait_for(
                lambda: next((m for m in workspace.messages(MAIL_OPS.id) if m.updates), None),
                what="an edited root",
            )
            assert [shown.text for shown in outcome.ephemerals] == ["Checking example.com for U0ALICE"]
            assert workspace.ephemerals(HANAKO.id) == []
            assert [m.text for m in workspace.thread(MAIL_OPS.id, root.ts)] == ["done", "a *reply*"]
            assert workspace.text_of(root) == "[Check again]"
            assert await workspace.press(HANAKO.id, MAIL_OPS.id, root.ts, "again", "7") is not None
            await workspace.wait_for(lambda: workspace.ephemerals(HANAKO.id), what="the answer to the button")
        (body,) = pressed
        assert body["user"]["id"] == HANAKO.id
        assert body["container"] == {
            "type": "message",
            "message_ts": root.ts,
            "channel_id": MAIL_OPS.id,
            "is_ephemeral": False,
        }
        assert body["message"]["ts"] == root.ts
        assert body["actions"][0]["value"] == "7"

    run(work)


def test_an_unacknowledged_command_is_told_to_its_user() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        outcome = await workspace.command(ALICE.id, MAIL_OPS.id, "/mailcheck example.com")
        assert outcome.acknowledged_after_s is None
        assert "operation_timeout" in outcome.ephemerals[0].text

    run(work, ack_wait_s=0.1)


def test_a_mention_is_heard_twice_with_one_ts() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        heard: list[tuple[str, str, str]] = []

        @app.event("app_mention")
        async def mention(event: dict[str, Any]) -> None:
            heard.append(("app_mention", event["ts"], event["text"]))

        @app.event("message")
        async def message(event: dict[str, Any]) -> None:
            heard.append(("message", event["ts"], event["text"]))

        async with connected(app, workspace):
            said = await workspace.mention(ALICE.id, MAIL_OPS.id, "recheck example.com & <this>")
            await workspace.wait_for(lambda: len(heard) == 2, what="both events")
            await workspace.say(ALICE.id, RANDOM.id, "@mailcheck are you here?")
            await workspace.say(ALICE.id, direct_channel(ALICE.id), "help")
            await workspace.wait_for(lambda: len(heard) == 3, what="the direct message")
        text = "<@U0MAILCHECK> recheck <http://example.com|example.com> &amp; &lt;this&gt;"
        assert sorted(heard[:2]) == [("app_mention", said.ts, text), ("message", said.ts, text)]
        assert heard[2][2] == "help"

    run(work)


def test_events_without_an_ack_come_again() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        attempts: list[tuple[str, str]] = []

        @app.middleware
        async def slow_at_first(body: dict[str, Any], req: Any, next: Any) -> None:
            attempts.append((body["event_id"], req.headers["x-slack-retry-num"][0]))
            if len(attempts) == 1:
                await asyncio.sleep(0.6)
            await next()

        @app.event("app_mention")
        async def mention() -> None: ...

        async with connected(app, workspace, sockets=2):
            await workspace.mention(ALICE.id, MAIL_OPS.id, "hello")
            await workspace.wait_for(lambda: len(attempts) == 2, what="a redelivery")
        assert [retry for _, retry in attempts] == ["0", "1"]
        assert len({event_id for event_id, _ in attempts}) == 1

    run(work, ack_wait_s=0.3, retry_delays_s=(0.0,), events={"app_mention"})


def test_an_event_can_be_delivered_again_on_request() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        @app.event("app_mention")
        async def mention() -> None: ...

        workspace.faults.redeliver("events_api")
        async with connected(app, workspace):
            await workspace.mention(ALICE.id, MAIL_OPS.id, "hello")
            await workspace.wait_for(lambda: len(workspace.deliveries) == 2, what="a redelivery")
        assert [delivery.retry_attempt for delivery in workspace.deliveries] == [0, 1]

    run(work, events={"app_mention"})


def test_a_disconnected_app_comes_back_and_hears_what_was_said_meanwhile() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        heard: list[str] = []

        @app.event("app_mention")
        async def mention(event: dict[str, Any]) -> None:
            heard.append(event["text"])

        async with connected(app, workspace):
            await workspace.disconnect_sockets("refresh_requested")
            await workspace.mention(ALICE.id, MAIL_OPS.id, "one")
            await workspace.wait_for(lambda: len(heard) == 1, what="the event after the refresh")
            await workspace.disconnect_sockets(None)
            await workspace.mention(ALICE.id, MAIL_OPS.id, "two")
            await workspace.wait_for(lambda: len(heard) == 2, what="the event after the cut")

    run(work, events={"app_mention"})


def test_a_dropped_response_leaves_a_message_that_its_metadata_finds() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        root = await client.chat_postMessage(channel=MAIL_OPS.id, text="root")
        workspace.faults.drop_response("chat.postMessage")
        metadata = {"event_type": "mailcheck", "event_payload": {"key": "k1"}}
        with pytest.raises(ClientConnectionError):
            await client.chat_postMessage(channel=MAIL_OPS.id, thread_ts=root["ts"], text="lost?", metadata=metadata)
        plain = await client.conversations_replies(channel=MAIL_OPS.id, ts=root["ts"])
        assert [message.get("metadata") for message in plain["messages"]] == [None, None]
        found = await client.conversations_replies(channel=MAIL_OPS.id, ts=root["ts"], include_all_metadata=True)
        assert [message.get("metadata") for message in found["messages"]] == [None, metadata]
        history = await client.conversations_history(channel=MAIL_OPS.id, limit=1, include_all_metadata=True)
        assert [message["ts"] for message in history["messages"]] == [root["ts"]]
        assert history["messages"][0]["reply_count"] == 1

    run(work)


def test_too_many_posts_are_limited_per_channel() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        for _ in range(4):
            await client.chat_postMessage(channel=MAIL_OPS.id, text="x")
        refused = await refusal(client.chat_postMessage(channel=MAIL_OPS.id, text="x"))
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) >= 1
        await client.chat_postMessage(channel=direct_channel(ALICE.id), text="another channel")
        workspace.faults.rate_limit("chat.update", retry_after=7)
        refused = await refusal(client.chat_update(channel=MAIL_OPS.id, ts="1.0", text="x"))
        assert refused.headers["Retry-After"] == "7"

    run(work, rates=Rates(post_burst=4))


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        (RANDOM.id, "not_in_channel"),
        (PRIVATE.id, "channel_not_found"),
        ("C0NOWHERE", "channel_not_found"),
        (ARCHIVED.id, "is_archived"),
    ],
)
def test_where_the_app_may_not_speak(channel: str, error: str) -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        assert (await refusal(client.chat_postMessage(channel=channel, text="x")))["error"] == error
        assert workspace.calls[-1].outcome == error

    run(work)


def test_a_missing_scope_is_named() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        refused = await refusal(client.users_info(user=ALICE.id))
        assert (refused["error"], refused["needed"]) == ("missing_scope", "users:read")
        assert "chat:write" in refused["provided"]
        refused = await refusal(client.conversations_info(channel=MAIL_OPS.id))
        assert (refused["error"], refused["needed"]) == ("missing_scope", "channels:read")

    run(work, scopes=DEFAULT_SCOPES - {"users:read"})


def test_blocks_that_slack_refuses_are_named_by_pointer() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        blocks = [{"type": "divider"}, {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]
        refused = await refusal(client.chat_postMessage(channel=MAIL_OPS.id, text="x", blocks=blocks))
        assert refused["error"] == "invalid_blocks"
        assert "/blocks/1/text/text" in refused["response_metadata"]["messages"][0]
        assert refused["errors"] == [
            "must be less than 3001 characters [3001 given] [json-pointer:/blocks/1/text/text]"
        ]
        assert (await refusal(client.api_call("chat.postMessage", json={"channel": MAIL_OPS.id})))["error"] == "no_text"
        assert workspace.messages(MAIL_OPS.id) == []

    run(work)


def test_only_its_own_messages_are_edited() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        said = await workspace.say(ALICE.id, MAIL_OPS.id, "mine")
        update = client.chat_update
        assert (await refusal(update(channel=MAIL_OPS.id, ts=said.ts, text="x")))["error"] == "cant_update_message"
        assert (await refusal(update(channel=MAIL_OPS.id, ts="1.000000", text="x")))["error"] == "message_not_found"
        metadata = {"event_type": "mailcheck", "event_payload": {"key": "k1"}}
        own = await client.chat_postMessage(channel=MAIL_OPS.id, text="x", blocks=[BUTTON], metadata=metadata)
        await update(channel=MAIL_OPS.id, ts=own["ts"], text="only text")
        edited = workspace.thread(MAIL_OPS.id, own["ts"])[0]
        assert (edited.text, list(edited.blocks), edited.metadata) == ("only text", [], metadata)
        await client.chat_delete(channel=MAIL_OPS.id, ts=own["ts"])
        assert [message.text for message in workspace.messages(MAIL_OPS.id)] == ["mine"]

    run(work)


def test_tokens_and_methods_are_checked() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        nobody = AsyncWebClient(base_url=workspace.api_url)
        stranger = AsyncWebClient(token="xoxb-no", base_url=workspace.api_url)
        assert (await refusal(nobody.auth_test()))["error"] == "not_authed"
        assert (await refusal(stranger.auth_test()))["error"] == "invalid_auth"
        assert (await refusal(client.api_call("mailcheck.nothing")))["error"] == "unknown_method"
        opened = await refusal(client.apps_connections_open(app_token=workspace.bot_token))
        assert opened["error"] == "not_allowed_token_type"
        assert (await client.auth_test())["user_id"] == "U0MAILCHECK"
        workspace.faults.fail("chat.postMessage", error="internal_error")
        assert (await refusal(client.chat_postMessage(channel=MAIL_OPS.id, text="x")))["error"] == "internal_error"
        await client.chat_postMessage(channel=MAIL_OPS.id, text="x")
        await workspace.uninstall()
        assert (await refusal(client.auth_test()))["error"] == "account_inactive"

    run(work)


def test_a_locale_is_given_only_when_asked_for() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        plain = (await client.users_info(user=HANAKO.id))["user"]
        assert (plain.get("locale"), plain["tz"], plain["tz_offset"]) == (None, "Asia/Tokyo", 32400)
        assert (await client.users_info(user=HANAKO.id, include_locale=True))["user"]["locale"] == "ja-JP"

    run(work)


def test_a_response_url_is_good_five_times_within_half_an_hour() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        responds: list[Any] = []

        @app.command("/mailcheck")
        async def command(ack: Any, respond: Any) -> None:
            await ack("noted")
            responds.append(respond)

        async with connected(app, workspace):
            # Any channel, also one that the app is not in.
            outcome = await workspace.command(ALICE.id, RANDOM.id, "/mailcheck")
            (respond,) = await workspace.wait_for(lambda: responds, what="the command")
            answers = [await respond(f"answer {at}") for at in range(6)]
            assert [answer.status_code for answer in answers] == [200] * 5 + [404]
            assert "used_url" in answers[5].body
            assert [shown.text for shown in outcome.ephemerals] == ["noted"] + [f"answer {at}" for at in range(5)]
            await workspace.command(ALICE.id, RANDOM.id, "/mailcheck")
            await workspace.wait_for(lambda: len(responds) == 2, what="the second command")
            clock[0] += 1801
            assert "expired_url" in (await responds[1]("late")).body

    clock = [1_790_000_000.0]
    run(work, now=lambda: clock[0])


def test_home_and_modal() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        submitted: list[dict[str, Any]] = []
        label = {"type": "plain_text", "text": "Domain"}
        field = {"type": "input", "block_id": "b", "label": label}
        field["element"] = {"type": "plain_text_input", "action_id": "domain"}

        @app.event("app_home_opened")
        async def opened(event: dict[str, Any]) -> None:
            await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [BUTTON]})

        @app.action("again")
        async def again(ack: Any, body: dict[str, Any]) -> None:
            await ack()
            modal = {"type": "modal", "title": label, "submit": label, "callback_id": "m", "blocks": [field]}
            await client.views_open(trigger_id=body["trigger_id"], view=modal)

        @app.view("m")
        async def submission(ack: Any, view: dict[str, Any]) -> None:
            await ack()
            submitted.append(view["state"]["values"])

        async with connected(app, workspace):
            await workspace.open_home(ALICE.id)
            await workspace.wait_for(lambda: workspace.home(ALICE.id), what="a home")
            await workspace.press_in_home(ALICE.id, "again")
            await workspace.wait_for(lambda: workspace.modal(ALICE.id), what="a modal")
            values = {"b": {"domain": {"type": "plain_text_input", "value": "example.com"}}}
            await workspace.submit(ALICE.id, values)
            await workspace.wait_for(lambda: submitted, what="the submission")
            assert submitted == [values]
            assert workspace.modal(ALICE.id) is None

    run(work)


def test_an_invited_app_hears_of_it_with_the_scope() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        joined: list[dict[str, Any]] = []

        @app.event("member_joined_channel")
        async def hello(event: dict[str, Any]) -> None:
            joined.append(event)
            await client.chat_postMessage(channel=event["channel"], text="hello")

        async with connected(app, workspace):
            await workspace.invite_bot(ALICE.id, RANDOM.id)
            await workspace.wait_for(lambda: workspace.messages(RANDOM.id), what="a greeting")
        assert joined[0]["inviter"] == ALICE.id

    run(work, scopes=DEFAULT_SCOPES | {"channels:read"})


def test_a_mention_of_everybody_by_the_app_is_counted() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        bad = {"type": "section", "text": {"type": "mrkdwn", "text": "TXT <!channel> *here*"}}
        good = {"type": "section", "text": {"type": "mrkdwn", "text": "TXT &lt;!channel&gt;"}}
        await client.chat_postMessage(channel=MAIL_OPS.id, text="fine", blocks=[good])
        assert workspace.broadcasts == []
        await client.chat_postMessage(channel=MAIL_OPS.id, text="not fine", blocks=[bad])
        assert [broadcast.mention for broadcast in workspace.broadcasts] == ["<!channel>"]

    run(work)


def test_waiting_in_vain_prints_what_was_said() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient) -> None:
        await workspace.say(ALICE.id, MAIL_OPS.id, "is anybody there?")
        with pytest.raises(AssertionError, match=r"an answer: not so after 0\.1 s[\s\S]*is anybody there"):
            await workspace.wait_for(lambda: workspace.messages(MAIL_OPS.id)[1], timeout=0.1, what="an answer")

    run(work)
