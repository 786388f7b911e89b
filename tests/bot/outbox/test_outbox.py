"""The outbox against a small Slack on loopback: once each, in order, whatever goes wrong in between."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from shown import all_shown
from slack_sdk.web.async_client import AsyncWebClient

from bot.outbox import NO_TABLES, PARENT_FAILED, Outbox, SlackChat, outbox_client
from bot.store import NewThread, PutMessage, Store
from bot.store.effects import Effect
from bot.store.messages import Messages
from bot.store.records import Message

Answer = Callable[[dict[str, Any]], dict[str, Any] | web.Response | None]


class Slack:
    """Keeps what was posted; `scripted` answers come before the real ones, None of them meaning "really"."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.messages: dict[str, dict[str, Any]] = {}
        self.scripted: dict[str, list[Answer]] = {}
        self.dropped = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        is_json = request.content_type == "application/json"
        arguments = await request.json() if is_json else {**request.query, **await request.post()}
        for name in ("blocks", "metadata"):
            if isinstance(arguments.get(name), str):
                arguments[name] = json.loads(str(arguments[name]))
        self.calls.append((method, arguments))
        script = self.scripted.get(method)
        if script:
            answer = script.pop(0)(arguments)
            if isinstance(answer, web.Response):
                return answer
            if answer is not None and answer.get("error") == "drop":
                if answer["done"]:
                    self.really(method, arguments)
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            if answer is not None:
                return web.json_response(answer)
        return web.json_response(self.really(method, arguments))

    def really(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        match method:
            case "chat.postMessage":
                ts = f"{1_700_000_000 + len(self.messages)}.000100"
                self.messages[ts] = {**arguments, "ts": ts}
                channel = arguments["channel"]
                return {"ok": True, "ts": ts, "channel": "D1" if channel.startswith("U") else channel}
            case "chat.update":
                self.messages[arguments["ts"]].update(arguments)
                return {"ok": True, "ts": arguments["ts"], "channel": arguments["channel"]}
            case _:
                ts = arguments.get("ts")
                found = [each for each in self.messages.values() if each.get("thread_ts") == ts]
                return {"ok": True, "messages": found}

    def script(self, method: str, *answers: Answer) -> None:
        self.scripted.setdefault(method, []).extend(answers)

    def count(self, method: str) -> int:
        return sum(1 for name, _ in self.calls if name == method)

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.messages.values()]


def error(word: str) -> Answer:
    return lambda arguments: {"ok": False, "error": word}


def drop(*, done: bool) -> Answer:
    return lambda arguments: {"error": "drop", "done": done}


def wait(seconds: int) -> Answer:
    return lambda arguments: web.json_response(
        {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(seconds)}
    )


class Setup:
    def __init__(self, store: Store, slack: Slack, url: str) -> None:
        self.store = store
        self.slack = slack
        self.failures: list[tuple[str, str]] = []
        self._url = url
        self._events = 0
        self._task: asyncio.Task[None] | None = None

    async def failed(self, key: str, word: str) -> None:
        self.failures.append((key, word))

    def start(self, *, progress_s: float = 0.3) -> None:
        client = outbox_client("xoxb-test", base_url=self._url, timeout_s=2)
        outbox = Outbox(
            self.store, SlackChat(client), on_failed=self.failed, poll_s=60, progress_s=progress_s, settle_s=0.05
        )
        self._task = asyncio.create_task(outbox.run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def put(self, *effects: Effect) -> None:
        self._events += 1
        await self.store.threads.apply("t", f"e{self._events}", lambda state: (state, list(effects)))

    async def quiet(self) -> None:
        await all_shown(self.store)


def run(path: Path, body: Callable[[Setup], Awaitable[None]]) -> None:
    @asynccontextmanager
    async def setup() -> AsyncIterator[Setup]:
        store = Store(path / "app.db")
        await store.open()
        await store.threads.open(NewThread("t", "T", "C", "example.com", "en", "U"), "begin", lambda state: (state, []))
        slack = Slack()
        application = web.Application()
        application.router.add_route("*", "/api/{method}", slack.answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        made = Setup(store, slack, f"http://{host}:{port}/api/")
        try:
            yield made
        finally:
            await made.stop()
            await runner.cleanup()
            await store.close()

    async def main() -> None:
        async with setup() as made:
            await body(made)

    asyncio.run(main())


def put(key: str, text: str, parent: str | None = None, channel: str = "C", **more: Any) -> PutMessage:
    progress = more.pop("progress", False)
    return PutMessage(key, channel, {"text": text, **more}, parent_key=parent, progress=progress)


SECTION = {"type": "section", "block_id": "s", "text": {"type": "mrkdwn", "text": "x"}}
TABLE = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}


def test_a_root_and_its_replies_are_posted_in_order_and_found_by_their_thread(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        setup.start()
        await setup.put(put("r1", "one", "root"), put("root", "root", blocks=[SECTION]), put("r2", "two", "root"))
        await setup.quiet()
        root, one, two = setup.slack.messages.values()
        assert [root["text"], one["text"], two["text"]] == ["root", "one", "two"]
        assert one["thread_ts"] == two["thread_ts"] == root["ts"]
        assert root["metadata"] == {"event_type": "mailcheck", "event_payload": {"key": "root", "rev": 1}}
        assert {str(root[name]).lower() for name in ("unfurl_links", "unfurl_media")} <= {"0", "false"}
        assert root["blocks"][0]["block_id"] == "s.1"
        thread = await setup.store.threads.by_root("T", "C", root["ts"])
        assert thread is not None
        await setup.put(put("root", "changed", blocks=[SECTION]))
        await setup.quiet()
        assert root["blocks"][0]["block_id"] == "s.2"
        assert (root["text"], root["metadata"]["event_payload"]["rev"]) == ("changed", 2)

    run(tmp_path, body)


def test_progress_is_thinned_out_and_the_final_state_always_shown(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        setup.start(progress_s=0.3)
        for step in range(20):
            await setup.put(put("root", f"{step} of 20", progress=True))
            await asyncio.sleep(0.03)
        await setup.put(put("root", "done"))
        await setup.quiet()
        assert setup.slack.texts == ["done"]
        assert 2 <= setup.slack.count("chat.update") <= 5

    run(tmp_path, body)


def test_a_passing_state_soon_after_the_post_is_left_out_when_the_final_one_follows(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        setup.start(progress_s=0.6)
        await setup.put(put("root", "begun"))
        await setup.quiet()
        for step in range(3):
            await setup.put(put("root", f"row {step}", progress=True))
            await asyncio.sleep(0.05)
        assert setup.slack.texts == ["begun"]
        await setup.put(put("root", "done"))
        await setup.quiet()
        assert setup.slack.count("chat.update") == 1

    run(tmp_path, body)


@pytest.mark.parametrize("done", [True, False], ids=["it was posted", "it was not"])
@pytest.mark.parametrize("parent", [None, "root"], ids=["root", "reply"])
def test_a_post_of_unknown_outcome_is_looked_for_before_it_is_repeated(
    tmp_path: Path, done: bool, parent: str | None
) -> None:
    async def body(setup: Setup) -> None:
        if parent:
            setup.start()
            await setup.put(put("root", "root"))
            await setup.quiet()
            await setup.stop()
        setup.slack.script("chat.postMessage", drop(done=done))
        setup.start()
        await setup.put(put("m", "hello", parent))
        await setup.quiet()
        assert setup.slack.texts.count("hello") == 1
        assert setup.slack.count("conversations.replies" if parent else "conversations.history") == 1
        message = await setup.store.messages.get("m")
        assert message is not None
        assert message.ts in setup.slack.messages

    run(tmp_path, body)


def test_a_post_cut_short_by_the_end_of_the_process_is_looked_for_by_the_next(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        await setup.put(put("m", "hello"))
        # As a kill between Slack's doing and our note of it leaves the row.
        await setup.store.messages.sending("m")
        metadata = {"event_type": "mailcheck", "event_payload": {"key": "m", "rev": 1}}
        setup.slack.really("chat.postMessage", {"channel": "C", "text": "hello", "metadata": metadata})
        await setup.put(put("m", "hello again"))
        setup.start()
        await setup.quiet()
        assert setup.slack.texts == ["hello again"]
        assert setup.slack.count("chat.postMessage") == 0

    run(tmp_path, body)


def test_without_the_history_scope_it_is_posted_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def body(setup: Setup) -> None:
        setup.slack.script("chat.postMessage", drop(done=True))
        setup.slack.script("conversations.history", error("missing_scope"))
        setup.start()
        await setup.put(put("m", "hello"))
        await setup.quiet()
        assert setup.slack.texts == ["hello", "hello"]
        assert "may be posted twice" in caplog.text

    run(tmp_path, body)


def test_a_limit_in_one_channel_holds_up_no_other(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        setup.slack.script("chat.postMessage", wait(1))
        setup.start()
        started = asyncio.get_running_loop().time()
        await setup.put(put("a", "slow"), put("b", "slow too"))
        await asyncio.sleep(0.1)
        await setup.put(put("c", "fast", channel="C2"))
        await asyncio.sleep(0.4)
        assert setup.slack.texts == ["fast"]
        await setup.quiet()
        assert setup.slack.texts == ["fast", "slow", "slow too"]
        assert asyncio.get_running_loop().time() - started >= 1
        # The refused one, then one each: nothing was called in vain.
        assert setup.slack.count("chat.postMessage") == 4
        assert setup.slack.count("conversations.history") == 0

    run(tmp_path, body)


@pytest.mark.parametrize("word", ["not_in_channel", "channel_not_found", "is_archived", "restricted_action"])
def test_a_channel_that_refuses_us_is_told_once_and_its_replies_are_given_up(tmp_path: Path, word: str) -> None:
    async def body(setup: Setup) -> None:
        setup.slack.script("chat.postMessage", error(word))
        setup.start()
        await setup.put(put("root", "root"), put("reply", "reply", "root"))
        await setup.quiet()
        assert setup.failures == [("root", word), ("reply", PARENT_FAILED)]
        await setup.put(put("root", "changed"), put("other", "other", channel="C2"))
        await setup.quiet()
        assert setup.slack.texts == ["other"]
        assert setup.slack.count("chat.postMessage") == 2

    run(tmp_path, body)


class ReadLate(Messages):
    """The table of the store, from which what was read arrives a while after."""

    def __init__(self, of: Messages) -> None:
        vars(self).update(vars(of))

    async def pending(self, *, limit: int = 500, of_each: int = 50) -> list[Message]:
        found = await super().pending(limit=limit, of_each=of_each)
        await asyncio.sleep(0.2)
        return found


def test_what_was_read_before_it_was_sent_is_not_sent_again(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        setup.store.messages = ReadLate(setup.store.messages)
        setup.start()
        await asyncio.sleep(0.4)
        await setup.put(put("first", "first"))
        # Looked at again just as the first is being sent.
        await asyncio.sleep(0.1)
        await setup.put(put("other", "other", channel="C2"))
        await setup.quiet()
        await asyncio.sleep(0.5)
        assert sorted(setup.slack.texts) == ["first", "other"]
        assert setup.slack.count("chat.postMessage") == 2

    run(tmp_path, body)


def test_a_deleted_root_holds_up_no_other_message(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        setup.start()
        await setup.put(put("root", "root"), put("second", "second"))
        await setup.quiet()
        setup.slack.script("chat.update", error("message_not_found"))
        setup.slack.script("chat.postMessage", error("thread_not_found"))
        await setup.put(put("root", "changed"), put("reply", "reply", "root"), put("second", "changed too"))
        await setup.quiet()
        assert setup.failures == [("root", "message_not_found"), ("reply", "thread_not_found")]
        assert setup.slack.texts == ["root", "changed too"]

    run(tmp_path, body)


def test_an_edit_that_is_refused_does_not_keep_the_next_one_back(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        setup.start()
        await setup.put(put("root", "root"))
        await setup.quiet()
        setup.slack.script("chat.update", error("is_archived"))
        await setup.put(put("root", "changed"))
        await setup.quiet()
        assert setup.failures == [("root", "is_archived")]
        await setup.put(put("root", "changed again"))
        await setup.quiet()
        assert setup.slack.texts == ["changed again"]

    run(tmp_path, body)


def test_an_edit_that_was_refused_is_made_once_it_is_wanted_again_but_not_of_what_was_deleted(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        setup.start()
        await setup.put(put("root", "root"))
        await setup.quiet()
        for word, shown in (("is_archived", "changed is_archived"), ("message_not_found", "changed is_archived")):
            setup.slack.script("chat.update", error(word))
            for _ in range(2):
                await setup.put(put("root", f"changed {word}"))
                await setup.quiet()
            assert setup.slack.texts == [shown]

    run(tmp_path, body)


def test_blocks_that_slack_refuses_go_out_plainer_and_tables_are_remembered(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        def no_tables(arguments: dict[str, Any]) -> dict[str, Any] | None:
            tables = any(block["type"] == "table" for block in arguments.get("blocks", ()))
            return {"ok": False, "error": "invalid_blocks"} if tables else None

        setup.slack.script("chat.postMessage", *[no_tables] * 3)
        setup.start()
        await setup.put(put("m", "text", blocks=[SECTION, TABLE], fallback_blocks=[SECTION]))
        await setup.quiet()
        assert await setup.store.messages.team_traits("T") == {NO_TABLES}
        await setup.put(put("n", "text", blocks=[TABLE], fallback_blocks=[SECTION]))
        await setup.quiet()
        assert setup.slack.count("chat.postMessage") == 3
        shown = [[block["type"] for block in each["blocks"]] for each in setup.slack.messages.values()]
        assert shown == [["section"], ["section"]]

    run(tmp_path, body)


def test_text_alone_is_the_last_resort_and_says_nothing_about_tables(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        setup.slack.script("chat.postMessage", error("msg_blocks_too_long"), error("invalid_blocks"))
        setup.start()
        await setup.put(put("m", "text", blocks=[TABLE], fallback_blocks=[SECTION]))
        await setup.quiet()
        assert [(each["text"], "blocks" in each) for each in setup.slack.messages.values()] == [("text", False)]
        assert await setup.store.messages.team_traits("T") == frozenset()

    run(tmp_path, body)


def test_a_message_to_a_person_goes_on_in_the_conversation_that_slack_opened(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        setup.start()
        await setup.put(put("root", "root", channel="U1"), put("reply", "reply", "root", channel="U1"))
        await setup.quiet()
        await setup.put(put("root", "changed", channel="U1"), put("late", "late", "root", channel="U1"))
        await setup.quiet()
        assert [arguments["channel"] for _, arguments in setup.slack.calls] == ["U1", "D1", "D1", "D1"]

    run(tmp_path, body)


def test_slack_that_is_down_is_tried_again(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        broken: Answer = lambda arguments: web.Response(status=503, text="down")  # noqa: E731
        setup.slack.script("chat.postMessage", broken, error("internal_error"))
        setup.slack.script("conversations.history", broken)
        setup.start()
        await setup.put(put("m", "hello"))
        await setup.quiet()
        assert setup.slack.texts == ["hello"]
        assert setup.failures == []

    run(tmp_path, body)


def test_a_client_that_repeats_posts_by_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="outbox_client"):
        SlackChat(AsyncWebClient(token="xoxb-test"))
