"""What the store promises: once, durable, in order, and unharmed by several writers."""

import asyncio
import os
import sqlite3
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.store import (
    LanguageSet,
    MailboxClosed,
    MailboxOpened,
    NewMail,
    NewThread,
    PayloadTooLarge,
    PutMessage,
    Running,
    StartWork,
    State,
    Store,
    UnknownThread,
)
from bot.store.effects import Effect
from bot.store.tables import METADATA

NEW = NewThread("t1", "T", "C", "example.com", "en", "U")
START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def opened(path: Path, clock: Clock | None = None) -> AsyncIterator[Store]:
    store = Store(path / "app.db", clock=clock or Clock())
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def run(path: Path, body: Callable[[Store, Clock], Awaitable[None]]) -> None:
    async def main() -> None:
        clock = Clock()
        async with opened(path, clock) as store:
            await body(store, clock)

    asyncio.run(main())


def nothing(state: State) -> tuple[State, list[Effect]]:
    return state, []


def count_up(state: State) -> tuple[State, list[Effect]]:
    return {"count": state.get("count", 0) + 1}, []


def test_the_migrations_make_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path):
            pass
        async with opened(tmp_path):
            pass

    working_directory = Path.cwd()
    os.chdir("/")
    try:
        asyncio.run(main())
    finally:
        os.chdir(working_directory)
    declared = sa.create_engine("sqlite://")
    migrated = sa.create_engine(f"sqlite:///{tmp_path}/app.db")
    METADATA.create_all(declared)
    found = sa.inspect(migrated)
    wanted = sa.inspect(declared)
    assert set(found.get_table_names()) - {"alembic_version"} == set(wanted.get_table_names())
    for table in wanted.get_table_names():
        shapes = [
            (
                [(column["name"], str(column["type"]), column["nullable"]) for column in each.get_columns(table)],
                each.get_pk_constraint(table)["constrained_columns"],
                sorted((key["referred_table"], str(key["options"])) for key in each.get_foreign_keys(table)),
                sorted(
                    str((index["name"], index["column_names"], index["unique"])) for index in each.get_indexes(table)
                ),
                sorted(str(unique["column_names"]) for unique in each.get_unique_constraints(table)),
            )
            for each in (found, wanted)
        ]
        assert shapes[0] == shapes[1], table
    declared.dispose()
    migrated.dispose()


def test_the_file_is_private_synced_and_in_wal_mode(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        async with store._database.write() as connection:
            modes = [await connection.scalar(sa.text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")]
            keys = await connection.scalar(sa.text("PRAGMA foreign_keys"))
        assert (modes, keys) == (["wal", 2], 1)

    run(tmp_path, body)
    assert stat.S_IMODE((tmp_path / "app.db").stat().st_mode) == 0o600


def test_an_event_is_applied_once_with_all_its_effects(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        calls: list[State] = []

        def change(state: State) -> tuple[State, list[Effect]]:
            calls.append(state)
            return {"step": 1}, [
                PutMessage("root", "C", {"text": "hello"}),
                PutMessage("reply", "C", {"text": "there"}, parent_key="root"),
                StartWork("check", "check:t1", "t1"),
                MailboxOpened("tok", START + timedelta(hours=24), 20, 1000),
                LanguageSet("ja"),
                Running(True),
            ]

        await store.threads.open(NEW, "begin", nothing)
        assert await store.threads.apply("t1", "e1", change)
        assert not await store.threads.apply("t1", "e1", change)
        assert calls == [{}]
        thread = await store.threads.get("t1")
        assert thread is not None
        assert (thread.state, thread.lang, thread.running_since) == ({"step": 1}, "ja", START)
        assert [item.work_id for item in await store.work.pending()] == ["check:t1"]
        assert [message.key for message in await store.messages.pending()] == ["root"]
        mailbox = await store.mailboxes.get("tok")
        assert mailbox is not None
        assert mailbox.is_open(START)
        assert not mailbox.is_open(START + timedelta(hours=24))
        assert store.messages.changed.is_set()
        assert store.work.added.is_set()
        assert await store.threads.apply("t1", "e2", lambda state: (state, [MailboxClosed("tok"), Running(False)]))
        closed = await store.mailboxes.get("tok")
        assert closed is not None
        assert closed.closed_at == START

    run(tmp_path, body)


def test_a_transition_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        await store.threads.open(NEW, "begin", nothing)
        opened_twice: list[Effect] = [MailboxOpened("tok", START, 1, 1), MailboxOpened("tok", START, 1, 1)]
        with pytest.raises(sa.exc.IntegrityError):
            await store.threads.apply("t1", "e", lambda state: ({"changed": True}, opened_twice))
        assert await store.mailboxes.get("tok") is None
        assert await store.threads.apply("t1", "e", count_up)
        with pytest.raises(UnknownThread):
            await store.threads.apply("t2", "e", count_up)

    run(tmp_path, body)


def test_a_file_of_the_first_version_is_brought_up_to_date_and_keeps_what_it_holds(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await store.people.put("T", "U", lang="ja", is_guest=False)
        with closing(sqlite3.connect(tmp_path / "app.db")) as connection, connection:
            connection.execute("ALTER TABLE people ADD COLUMN tz TEXT NOT NULL DEFAULT 'UTC'")
            for index in ("mails_waiting", "messages_unsent", "messages_by_parent", "mails_by_report"):
                connection.execute(f"DROP INDEX {index}")
            connection.execute("DROP TABLE monitoring")
            connection.execute("UPDATE alembic_version SET version_num = '0001'")
        async with opened(tmp_path) as store:
            await store.people.put("T", "U2", lang="en", is_guest=True)
            person = await store.people.get("T", "U")
            assert person is not None
            assert person.lang == "ja"

    asyncio.run(main())


def test_many_events_at_once_are_all_applied_each_once(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        await store.threads.open(NEW, "begin", nothing)
        async with opened(tmp_path) as second_process:
            stores = store, second_process
            await asyncio.gather(
                *(stores[index % 2].threads.apply("t1", f"e{index // 2}", count_up) for index in range(80))
            )
        thread = await store.threads.get("t1")
        assert thread is not None
        assert thread.state == {"count": 40}

    run(tmp_path, body)


def test_a_second_check_of_a_domain_that_is_running_gets_the_first_ones_thread(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        def begin(state: State) -> tuple[State, list[Effect]]:
            return {"begun": True}, [Running(True)]

        others = [NewThread(f"t{index}", "T", "C", "example.com", "en", "U") for index in range(2, 6)]
        results = await asyncio.gather(*(store.threads.open(new, "begin", begin) for new in (NEW, *others)))
        assert sorted(result.new for result in results) == [False] * 4 + [True]
        (running,) = {result.thread.id for result in results}
        elsewhere = NewThread("t9", "T", "C2", "example.com", "en", "U")
        assert (await store.threads.open(elsewhere, "begin", begin)).new
        # The event that made it comes again: the same thread, unchanged.
        again = NewThread(running, "T", "C", "example.com", "en", "U")
        assert (await store.threads.open(again, "begin", count_up)).thread.state == {"begun": True}
        await store.threads.apply(running, "end", lambda state: (state, [Running(False)]))
        assert (await store.threads.open(others[-1], "begin 2", begin)).new

    run(tmp_path, body)


def test_a_check_that_was_lost_keeps_nobody_from_starting_another(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        def begin(state: State) -> tuple[State, list[Effect]]:
            return state, [Running(True)]

        opened = await store.threads.open(NEW, "begin", begin)
        clock.now += timedelta(minutes=14)
        assert opened.thread.is_running(clock.now)
        assert not (await store.threads.open(NewThread("t2", "T", "C", "example.com", "en", "U"), "begin", begin)).new
        clock.now += timedelta(minutes=2)
        assert not opened.thread.is_running(clock.now)
        assert (await store.threads.open(NewThread("t2", "T", "C", "example.com", "en", "U"), "begin", begin)).new

    run(tmp_path, body)


def test_a_message_is_found_by_its_root_and_replies_wait_for_it(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        puts: list[Effect] = [
            PutMessage("root", "U", {"text": "1"}, progress=True),
            PutMessage("reply", "U", {"text": "2"}, parent_key="root"),
        ]
        await store.threads.open(NEW, "begin", lambda state: (state, puts))
        await store.messages.sending("root")
        (root,) = await store.messages.pending()
        assert root.state == "sending"
        await store.messages.sent("root", 1, "17.1", "D")
        (reply,) = await store.messages.pending()
        assert (reply.key, reply.parent_ts, reply.channel_id) == ("reply", "17.1", "D")
        thread = await store.threads.by_root("T", "D", "17.1")
        assert thread is not None
        assert thread.id == "t1"
        # The same look again is no new revision; another one is.
        for text in ("1", "1", "3"):
            await store.messages.put("T", PutMessage("root", "U", {"text": text}))
        assert [(each.key, each.desired_rev, each.progress) for each in await store.messages.pending()] == [
            ("root", 2, False),
            ("reply", 1, False),
        ]

    run(tmp_path, body)


def test_slack_events_are_known_again_by_either_key(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        assert await store.events.receive("Ev1", "app_mention", {"text": "あ"}, pair_key="T/C/1.0")
        assert not await store.events.receive("Ev1", "app_mention", {})
        assert not await store.events.receive("Ev2", "message", {}, pair_key="T/C/1.0")
        assert await store.events.receive("Ev3", "message", {})
        assert [(event.key, event.payload) for event in await store.events.unfinished()] == [
            ("Ev1", {"text": "あ"}),
            ("Ev3", {}),
        ]
        await store.events.done("Ev1")
        assert [event.key for event in await store.events.unfinished()] == ["Ev3"]
        with pytest.raises(PayloadTooLarge):
            await store.events.receive("Ev4", "message", {"text": "x" * 300_000})

    run(tmp_path, body)


def test_what_a_finished_event_said_is_gone_from_its_row(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        await store.events.receive("Ev1", "message", {"text": "private words"})
        await store.events.done("Ev1")

    run(tmp_path, body)
    with closing(sqlite3.connect(tmp_path / "app.db")) as database:
        assert database.execute("SELECT payload FROM received_events").fetchall() == [("{}",)]


def test_a_mail_starts_its_work_and_loses_its_body_after_analysis(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        box = MailboxOpened("tok", START + timedelta(hours=1), 2, 10)
        await store.threads.open(NEW, "begin", lambda state: (state, [box]))
        mails = [NewMail("tok", START, {"helo": "a"}, raw) for raw in (b"\0\n", b"x" * 11, b"b", b"c")]
        assert await store.mailboxes.accept(mails) == ["accepted", "too_big", "accepted", "full"]
        clock.now += timedelta(hours=1)
        assert await store.mailboxes.accept([mails[0]]) == ["closed"]
        work = await store.work.pending()
        assert {item.name for item in work} == {"mail"}
        kept = [mail for item in work if (mail := await store.mailboxes.mail(item.argument)) is not None]
        assert {mail.raw for mail in kept} == {b"\0\n", b"b"}
        await store.work.started(work[0].work_id)
        assert len(await store.work.pending()) == 1
        await store.reports.save(
            "r1", thread_id="t1", kind="message", subject="example.com", catalogue="1", verdict="safe", data={"a": [1]}
        )
        await store.mailboxes.analysed(kept[0].id, "r1", keep_raw=False)
        await store.mailboxes.analysed(kept[1].id, None, keep_raw=True)
        first, second = [await store.mailboxes.mail(mail.id) for mail in kept]
        assert first is not None
        assert second is not None
        assert (first.raw, first.size, first.report_id) == (None, len(kept[0].raw or b""), "r1")
        assert second.raw is not None

    run(tmp_path, body)


def test_reports_people_and_selectors_come_back(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        for verdict in ("safe", "danger"):
            await store.reports.save(
                "r1", thread_id=None, kind="domain", subject="a.jp", catalogue="1", verdict=verdict, data={}
            )
        report = await store.reports.get("r1")
        assert report is not None
        assert report.verdict == "safe"
        for lang in ("en", "ja"):
            await store.people.put("T", "U", lang=lang, is_guest=False)
        person = await store.people.get("T", "U")
        assert person is not None
        assert (person.lang, person.fetched_at) == ("ja", START)
        await store.selectors.seen("a.jp", "s1")
        clock.now += timedelta(seconds=1)
        await store.selectors.seen("a.jp", "s2")
        clock.now += timedelta(seconds=1)
        await store.selectors.seen("a.jp", "s1")
        assert await store.selectors.of("a.jp") == ("s1", "s2")

    run(tmp_path, body)


def test_times_are_aware_and_utc(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        tokyo = datetime.fromisoformat("2026-01-01T12:00:00+09:00")
        await store.threads.open(NEW, "b", lambda state: (state, [MailboxOpened("tok", tokyo, 1, 1)]))
        box = await store.mailboxes.get("tok")
        assert box is not None
        assert box.expires_at.isoformat() == "2026-01-01T03:00:00+00:00"
        naive = MailboxOpened("tok2", tokyo.replace(tzinfo=None), 1, 1)
        with pytest.raises(sa.exc.StatementError):
            await store.threads.apply("t1", "e", lambda state: (state, [naive]))

    run(tmp_path, body)


def test_who_asks_often_sees_at_once_what_was_committed(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        assert await store.mailboxes.look_up("tok") is None
        box = MailboxOpened("tok", START + timedelta(hours=1), 5, 10)
        await store.threads.open(NEW, "begin", lambda state: (state, [box]))
        assert await store.mailboxes.look_up("tok") == await store.mailboxes.get("tok")
        assert not await store.mailboxes.are_waiting(2)
        await store.mailboxes.accept([NewMail("tok", START, {}, b"a"), NewMail("tok", START, {}, b"b")])
        found = await store.mailboxes.look_up("tok")
        assert found is not None
        assert found.mails_count == 2
        assert await store.mailboxes.are_waiting(2)
        assert not await store.mailboxes.are_waiting(3)
        first = (await store.work.pending())[0]
        await store.mailboxes.analysed(first.argument, None, keep_raw=False)
        assert not await store.mailboxes.are_waiting(2)

    run(tmp_path, body)


def test_who_asks_often_is_answered_while_another_process_writes(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        box = MailboxOpened("tok", START + timedelta(hours=1), 5, 10)
        await store.threads.open(NEW, "begin", lambda state: (state, [box]))
        with closing(sqlite3.connect(tmp_path / "app.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("UPDATE mailboxes SET mails_count = 5")
            found = await store.mailboxes.look_up("tok")
            assert found is not None
            assert not found.is_full
            other.execute("COMMIT")
            found = await store.mailboxes.look_up("tok")
            assert found is not None
            assert found.is_full

    run(tmp_path, body)
