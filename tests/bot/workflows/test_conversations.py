"""Events of threads through the store: one transaction each, reports found again, messages numbered."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from reports import HOSTILE, domain_report, every_finding, finding, mail_report

from bot.conversation.events import Asked, Checked, Claimed, LanguageChosen, MailAnalysed, Offer, RecheckAsked
from bot.store import NewMail, Store, UnknownThread
from bot.workflows import Conversations, Expiries, Opening, message_key
from checks import Report

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OFFER = Offer("abcdefgh", "t-abcdefgh@mail.example.net", 24, AT + timedelta(hours=24), 20, 2 * 1024**2)
OPENING = Opening("t1", "T1", "C1", "U1", "en", (Asked("example.co.jp", "example.co.jp"),))


def with_store(tmp_path: Path, scene: Callable[[Store, Conversations], Awaitable[None]]) -> None:
    async def run() -> None:
        store = Store(tmp_path / "app.db", clock=lambda: AT)
        await store.open()
        try:
            await scene(store, Conversations(store))
        finally:
            await store.close()

    asyncio.run(run())


async def save(store: Store, report_id: str, report: Report) -> None:
    await store.reports.save(
        report_id,
        thread_id="t1",
        kind=report.kind,
        subject=report.subject,
        catalogue=report.catalogue,
        verdict=str(report.verdict),
        data=report.as_stored(),
    )


async def is_running(store: Store) -> bool:
    thread = await store.threads.get("t1")
    assert thread is not None
    return thread.is_running(AT)


async def keys(store: Store) -> list[str]:
    return [message.key for message in await store.messages.pending()]


def test_opening_a_thread_writes_its_messages_its_address_and_its_work_together(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations) -> None:
        opened = await conversations.open(OPENING, OFFER)
        assert opened.new
        assert await keys(store) == ["t1/root"]
        assert await store.messages.get("t1/address") is not None
        assert [(item.name, item.argument) for item in await store.work.pending()] == [
            ("expiry", "t1.0"),
            ("domain-check", "t1.1"),
        ]
        mailbox = await store.mailboxes.get("abcdefgh")
        assert mailbox is not None
        assert mailbox.thread_id == "t1"

    with_store(tmp_path, scene)


def test_asking_twice_with_one_id_is_asking_once_and_a_running_check_is_not_doubled(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations) -> None:
        await conversations.open(OPENING, OFFER)
        assert (await conversations.open(OPENING, OFFER)).thread.id == "t1"
        other = Opening("t2", "T1", "C1", "U2", "ja", OPENING.domains)
        opened = await conversations.open(other, OFFER)
        assert (opened.thread.id, opened.new) == ("t1", False)
        assert await conversations.read("t2") is None

    with_store(tmp_path, scene)


def test_a_domain_among_several_is_not_checked_twice_at_a_time(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations) -> None:
        a, b, c = (Asked(name, name) for name in ("a.example", "b.example", "c.example"))

        async def opens(thread_id: str, *domains: Asked) -> str:
            return (await conversations.open(Opening(thread_id, "T1", "C1", "U2", "ja", domains), None)).thread.id

        assert await opens("t1", a, b) == "t1"
        assert await opens("t2", b, a) == "t1"
        assert await opens("t3", b) == "t1"
        assert await opens("t4", b, c) == "t4"
        await save(store, "r", domain_report(subject="a.example"))
        await conversations.apply("t1", "checked:1", Checked(1, "r"))
        # Its details may be asked for while others of the same command still run.
        assert await opens("t5", a) == "t5"
        assert await opens("t6", a, b) == "t1"

    with_store(tmp_path, scene)


def test_an_event_is_applied_once(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations) -> None:
        await conversations.open(OPENING, OFFER)
        await save(store, "r", domain_report())
        assert await conversations.apply("t1", "checked:1", Checked(1, "r"))
        assert not await conversations.apply("t1", "checked:1", Checked(1, "r"))
        with pytest.raises(UnknownThread):
            await conversations.apply("t9", "x", RecheckAsked())

    with_store(tmp_path, scene)


def test_findings_that_need_several_messages_get_numbered_keys_and_are_emptied_when_they_go(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations) -> None:
        await conversations.open(OPENING, OFFER)
        await save(store, "1", domain_report(*every_finding(HOSTILE)))
        await save(store, "2", domain_report())
        await conversations.apply("t1", "a", Checked(1, "1"))
        second = await store.messages.get(message_key("t1", "findings.2"))
        assert second is not None
        assert second.parent_key == "t1/root"
        await conversations.apply("t1", "b", RecheckAsked())
        await conversations.apply("t1", "c", Checked(2, "2"))
        emptied = await store.messages.get(message_key("t1", "findings.2"))
        assert emptied is not None
        assert "no longer needed" in emptied.payload["text"]

    with_store(tmp_path, scene)


def test_a_stored_report_of_an_older_catalogue_is_still_shown(tmp_path: Path) -> None:
    def older(report: Report) -> dict[str, Any]:
        """Has an item, a rule and a question that there are no more."""
        data: dict[str, Any] = json.loads(json.dumps(report.as_stored()))
        items = data["profiles"]["mschecker"]
        items.append({**items[0], "requirement": "gone", "item": "gone"})
        check = next(each for each in data["checks"] if each["findings"])
        check["findings"].append({**check["findings"][0], "rule": "SPF999"})
        data["checks"].append({**check, "id": "gone.question", "findings": []})
        return data | {"catalogue": "0"}

    async def scene(store: Store, conversations: Conversations) -> None:
        await conversations.open(OPENING, OFFER)
        for number, found in enumerate((finding("SPF001"), finding("DMARC001")), 1):
            report_id, data = str(number), older(domain_report(found))
            await store.reports.save(
                report_id, thread_id="t1", kind="domain", subject="x", catalogue="0", verdict="safe", data=data
            )
            await conversations.apply("t1", f"checked:{number}", Checked(number, report_id))
            await conversations.apply("t1", f"again:{number}", RecheckAsked())
        await conversations.apply("t1", "ja", LanguageChosen("ja"))
        root, since = await store.messages.get("t1/root"), await store.messages.get("t1/since-2")
        assert root is not None
        assert since is not None
        assert "要改善" in root.payload["text"]
        assert "SPF" in str(since.payload)

    with_store(tmp_path, scene)


def test_a_domain_that_is_gone_leaves_no_list_of_before_standing(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations) -> None:
        await conversations.open(OPENING, OFFER)
        await save(store, "1", domain_report(finding("SPF001")))
        await save(store, "2", domain_report(finding("DNS001"), missing=True))
        await conversations.apply("t1", "a", Checked(1, "1"))
        await conversations.apply("t1", "b", RecheckAsked())
        await conversations.apply("t1", "c", Checked(2, "2"))
        for key in ("t1/findings", "t1/guidelines"):
            message = await store.messages.get(key)
            assert message is not None
            assert "does not exist any more" in message.payload["text"]
            assert "SPF001" not in str(message.payload)

    with_store(tmp_path, scene)


def test_the_comparison_of_streams_is_one_message_also_after_a_restart_and_in_the_other_language(
    tmp_path: Path,
) -> None:
    newsletter = {
        "return_path": "b-1@bounce.newsletter.example",
        "client_ip": "192.0.2.9",
        "reverse_name": "mail.newsletter.example",
    }

    async def scene(store: Store, conversations: Conversations) -> None:
        await conversations.open(OPENING, OFFER)
        await save(store, "r", domain_report())
        await save(store, "1", mail_report())
        await save(store, "2", mail_report(facts=newsletter))
        await conversations.apply("t1", "checked:1", Checked(1, "r"))
        await conversations.apply("t1", "mail:1", MailAnalysed("1", "1", AT))
        assert await store.messages.get("t1/streams") is None
        for restarted in (Conversations(store), Conversations(store)):
            await restarted.apply("t1", "mail:2", MailAnalysed("2", "2", AT))
        before = await store.messages.get("t1/streams")
        await Conversations(store).apply("t1", "ja", LanguageChosen("ja"))
        message = await store.messages.get("t1/streams")
        assert before is not None
        assert message is not None
        assert "Streams: example.co.jp" in str(before.payload)
        for shown in ("送信経路の比較: example.co.jp", "newsletter.example(192.0.2.9)", "経路もDMARCに合格"):
            assert shown in str(message.payload)
        assert (before.desired_rev, message.desired_rev) == (1, 2)
        assert await store.messages.get("t1/streams.2") is None

    with_store(tmp_path, scene)


def test_a_report_that_another_event_brought_in_meanwhile_is_found(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations) -> None:
        await conversations.open(OPENING, OFFER)
        await save(store, "r", domain_report(finding("SPF001")))
        await save(store, "m", mail_report(facts={"aligned_pass": False}))
        events: list[Any] = [Checked(1, "r"), MailAnalysed("1", "m", AT), LanguageChosen("ja"), Claimed("1")]
        await asyncio.gather(*(conversations.apply("t1", str(n), event) for n, event in enumerate(events)))
        thread = await conversations.read("t1")
        assert thread is not None
        assert thread.state.lang == "ja"
        assert set(thread.reports) == {"r", "m"}
        root = await store.messages.get("t1/root")
        assert root is not None
        assert "メールシステム要改善" in str(root.payload["blocks"])

    with_store(tmp_path, scene)


def test_a_root_that_the_chat_refuses_ends_the_thread_and_its_address(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations) -> None:
        await conversations.open(OPENING, OFFER)
        await conversations.give_up("t1/address", "parent_failed")
        assert await is_running(store)
        await conversations.give_up("t1/root", "not_in_channel")
        await conversations.give_up("t1/root", "not_in_channel")
        assert not await is_running(store)
        mailbox = await store.mailboxes.get("abcdefgh")
        assert mailbox is not None
        assert not mailbox.is_open(AT)

    with_store(tmp_path, scene)


def test_an_edit_of_the_root_that_is_refused_ends_nothing_unless_the_root_was_deleted(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations) -> None:
        await conversations.open(OPENING, OFFER)
        await store.messages.sent("t1/root", 1, "17.1", "C1")
        for word, is_over in (("is_archived", False), ("not_in_channel", False), ("message_not_found", True)):
            await conversations.give_up("t1/root", word)
            thread = await conversations.read("t1")
            assert thread is not None
            assert thread.state.refused is is_over

    with_store(tmp_path, scene)


class Steps:
    """The engine's side of a workflow, without an engine: steps run at once, waits are written down."""

    def __init__(self) -> None:
        self.work_id = "w"
        self.waited: list[datetime] = []

    async def step(self, name: str, call: Callable[[], Awaitable[Any]], **_: Any) -> Any:
        return await call()

    async def sleep_until(self, when: datetime) -> None:
        self.waited.append(when)


def test_an_address_expires_when_its_time_is_up_and_the_thread_says_so_once(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations) -> None:
        await conversations.open(OPENING, OFFER)
        expiries, steps = Expiries(store, conversations), Steps()
        await expiries.run(steps, "t1.0")
        await expiries.run(steps, "t1.0")
        await expiries.run(steps, "unknown.0")
        assert steps.waited == [OFFER.expires_at] * 2
        notice = await store.messages.get("t1/nothing-0")
        assert notice is not None
        assert notice.desired_rev == 1
        mail = NewMail("abcdefgh", AT, {}, b"late")
        assert await store.mailboxes.accept([mail]) == ["closed"]

    with_store(tmp_path, scene)


def test_an_address_that_took_a_mail_just_before_its_end_is_not_said_to_have_got_none(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations) -> None:
        await conversations.open(OPENING, OFFER)
        assert await store.mailboxes.accept([NewMail("abcdefgh", AT, {}, b"not analysed yet")]) == ["accepted"]
        await Expiries(store, conversations).run(Steps(), "t1.0")
        thread = await conversations.read("t1")
        assert thread is not None
        assert thread.state.addresses[0].status == "expired"
        assert await store.messages.get("t1/nothing-0") is None

    with_store(tmp_path, scene)


def test_a_workspace_that_removed_the_app_is_forgotten(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations) -> None:
        await conversations.open(OPENING, OFFER)
        await save(store, "r", domain_report())
        await store.people.put("T1", "U1", lang="ja", is_guest=False)
        await store.workspaces.forget("T1")
        assert await conversations.read("t1") is None
        assert await store.reports.get("r") is None
        assert await store.mailboxes.get("abcdefgh") is None
        assert await store.people.get("T1", "U1") is None
        assert await store.messages.pending() == []

    with_store(tmp_path, scene)
