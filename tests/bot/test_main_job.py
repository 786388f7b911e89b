"""The main job through the local workspace over Socket Mode, with real DNS questions and real mail, in both languages."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.demo.domains import SIGNERS
from bot.demo.nameserver import Fault, Zone
from bot.demo.script import address_in
from bot.demo.signing import make_signing_keys
from bot.demo.stage import Stage
from bot.demo.workspace import (
    ALICE,
    ARCHIVED,
    GUEST,
    HANAKO,
    MAIL_OPS,
    PRIVATE,
    RANDOM,
    Message,
    Person,
    direct_channel,
)
from bot.render.slack.limits import problems

KEYS = make_signing_keys(SIGNERS)
HERE = MAIL_OPS.id


def on_stage(scene: Callable[[Stage], Awaitable[None]], **given: Any) -> None:
    """Run a scene, and then see that nothing of what was sent broke a limit or woke up a channel."""

    async def run() -> None:
        async with Stage(keys=KEYS, rates=None, **given) as stage:
            await scene(stage)
            assert stage.workspace.broadcasts == []
            for call in stage.workspace.calls:
                if call.method in ("chat.postMessage", "chat.update", "chat.postEphemeral"):
                    assert problems(call.arguments) == []

    asyncio.run(run())


async def checked(stage: Stage, domain: str, person: Person = ALICE, channel: str = HERE) -> Message:
    """Type the command and wait for the finished check."""
    workspace = stage.workspace
    before = len(workspace.messages(channel))
    await workspace.command(person.id, channel, f"/mailcheck {domain}")
    root = await workspace.wait_for(lambda: workspace.messages(channel)[before], what="a root message")
    return await finished(stage, root)


async def finished(stage: Stage, root: Message) -> Message:
    await stage.workspace.wait_for(
        lambda: now(stage, root).blocks and now(stage, root).blocks[-1]["type"] == "table", what="a finished check"
    )
    await stage.settle()
    return now(stage, root)


def now(stage: Stage, root: Message) -> Message:
    return stage.workspace.thread(root.channel, root.ts)[0]


def replies(stage: Stage, root: Message) -> list[str]:
    return [stage.workspace.text_of(message) for message in stage.workspace.thread(root.channel, root.ts)[1:]]


def root_text(stage: Stage, root: Message) -> str:
    return stage.workspace.text_of(now(stage, root))


async def mailed(stage: Stage, root: Message, name: str) -> None:
    """Send a sample mail to the thread's address and wait for its reply."""
    before = len(replies(stage, root))
    delivery = await stage.send_mail(name, address_in(stage, root))
    assert delivery.accepted, delivery.reply
    await stage.workspace.wait_for(lambda: len(replies(stage, root)) > before, what="a reply to the mail")
    await stage.settle()


async def told(stage: Stage, person: Person, count: int = 1) -> str:
    """What only this person sees, once there is that much of it."""
    shown = await stage.workspace.wait_for(
        lambda: stage.workspace.ephemerals(person.id)[count - 1], what=f"something that only {person.name} sees"
    )
    return stage.workspace.text_of(shown)


@pytest.mark.parametrize(
    ("person", "provisional", "final", "first_lines"),
    [
        (
            ALICE,
            "*Safe (provisional)*",
            "*Safe*",
            ("Test address for good.example", "Findings for good.example", "Sender guidelines"),
        ),
        (
            HANAKO,
            "*安全(暫定)*",
            "*安全*",
            ("good.example のテスト用アドレス", "good.example の検査結果", "送信者ガイドライン"),
        ),
    ],
)
def test_from_the_command_to_the_final_verdict(
    person: Person, provisional: str, final: str, first_lines: tuple[str, ...]
) -> None:
    async def scene(stage: Stage) -> None:
        root = await checked(stage, "good.example", person)
        assert provisional in root_text(stage, root)
        said = replies(stage, root)
        assert len(said) == 3
        assert all(expected in text.splitlines()[0] for expected, text in zip(first_lines, said, strict=True))
        await mailed(stage, root, "good")
        assert final in root_text(stage, root)
        assert len(replies(stage, root)) == 4
        reply = replies(stage, root)[3]
        for shown in ("127.0.0.10", "mail.good.example", "TLSv1.3", "sato@good.example", "DKIM mail2026", "DMARC"):
            assert shown in reply
        assert stage.workspace.ephemerals(person.id) == []

    on_stage(scene)


def test_a_broken_domain_is_told_what_to_change() -> None:
    async def scene(stage: Stage) -> None:
        root = await checked(stage, "no-dmarc.example", HANAKO)
        assert "メールシステム要改善(暫定)" in root_text(stage, root)
        findings = replies(stage, root)[1]
        for shown in ("DMARC001", "影響", "直し方", "_dmarc.no-dmarc.example", "v=DMARC1; p=none"):
            assert shown in findings
        await mailed(stage, root, "unsigned")
        assert "メールシステム要改善*" in root_text(stage, root)

    on_stage(scene)


def test_mails_that_do_not_count_and_mail_that_nobody_proved() -> None:
    async def scene(stage: Stage) -> None:
        root = await checked(stage, "third-party.example")
        await mailed(stage, root, "bounce")
        await mailed(stage, root, "good")
        await mailed(stage, root, "third-party")
        assert "(provisional)" in root_text(stage, root)
        reply = stage.workspace.thread(HERE, root.ts)[-1]
        await stage.workspace.press(GUEST.id, HERE, reply.ts, "ours")
        assert "Only full members" in await told(stage, GUEST)
        await stage.workspace.press(ALICE.id, HERE, reply.ts, "ours")
        await stage.workspace.wait_for(lambda: "(provisional)" not in root_text(stage, root), what="a final verdict")
        other = stage.workspace.thread(HERE, root.ts)[-2]
        await stage.workspace.press(ALICE.id, HERE, other.ts, "check_domain")
        await stage.workspace.wait_for(lambda: stage.workspace.messages(HERE)[1], what="a check of the other domain")

    on_stage(scene)


def test_buttons_of_the_root_and_the_address() -> None:
    async def scene(stage: Stage) -> None:
        workspace = stage.workspace
        root = await checked(stage, "good.example")
        await workspace.press(HANAKO.id, HERE, root.ts, "language", "ja")
        await workspace.wait_for(lambda: "安全(暫定)" in root_text(stage, root), what="Japanese")
        await stage.settle()
        assert ["good.example のテスト用アドレス" in text for text in replies(stage, root)] == [True, False, False]
        await workspace.press(HANAKO.id, HERE, root.ts, "check_again")
        await workspace.wait_for(lambda: "前回からの変化はありません" in root_text(stage, root), what="a second check")
        assert len(replies(stage, root)) == 3
        await workspace.press(ALICE.id, HERE, root.ts, "send_test")
        assert address_in(stage, root) in await told(stage, ALICE)
        dead = address_in(stage, root)
        reply = workspace.thread(HERE, root.ts)[1]
        await workspace.press(ALICE.id, HERE, reply.ts, "close_address")
        await workspace.wait_for(lambda: "閉じました" in replies(stage, root)[0], what="a closed address")
        assert (await stage.send_mail("good", dead)).reply.startswith("550")
        await workspace.press(ALICE.id, HERE, reply.ts, "new_address")
        await workspace.wait_for(lambda: "swaks" in replies(stage, root)[0], what="a new address")
        assert address_in(stage, root) != dead
        await mailed(stage, root, "good")
        assert "*安全*" in root_text(stage, root)

    on_stage(scene)


def test_words_to_the_bot_in_a_thread() -> None:
    async def scene(stage: Stage) -> None:
        workspace = stage.workspace
        root = await checked(stage, "spf-limit.example")
        await workspace.mention(ALICE.id, HERE, "explain SPF301", root.ts)
        await workspace.wait_for(lambda: "Why it matters" in replies(stage, root)[4], what="an explanation")
        await workspace.mention(ALICE.id, HERE, "explian dmarc", root.ts)
        assert "explain dmarc" in await told(stage, ALICE)
        await workspace.say(HANAKO.id, HERE, "ja", root.ts)
        await workspace.wait_for(lambda: "要改善" in root_text(stage, root), what="Japanese")
        await workspace.say(HANAKO.id, HERE, "let us talk about this later", root.ts)
        await workspace.mention(ALICE.id, HERE, "recheck", root.ts)
        await workspace.wait_for(lambda: "前回からの変化はありません" in root_text(stage, root), what="a second check")
        await stage.settle()
        assert len([m for m in workspace.thread(HERE, root.ts)[1:] if m.bot_id]) == 3 + 1
        assert len(workspace.ephemerals(ALICE.id)) == 1

    on_stage(scene)


def test_several_domains_make_one_root_whose_buttons_open_threads() -> None:
    async def scene(stage: Stage) -> None:
        workspace = stage.workspace
        await workspace.command(ALICE.id, HERE, "/mailcheck good.example no-dmarc.example not..valid")
        root = await workspace.wait_for(lambda: workspace.messages(HERE)[0], what="a root message")
        await workspace.wait_for(lambda: "Mail system needs work" in root_text(stage, root), what="both rows")
        await workspace.wait_for(lambda: "Safe (provisional)" in root_text(stage, root), what="both rows")
        assert "not a domain name" in await told(stage, ALICE)
        assert replies(stage, root) == []
        await workspace.press(ALICE.id, HERE, root.ts, "check_domain.2")
        opened = await workspace.wait_for(lambda: workspace.messages(HERE)[1], what="a thread for one of them")
        await finished(stage, opened)
        assert len(replies(stage, opened)) == 3

    on_stage(scene)


def test_what_is_wrong_is_told_to_the_asker_alone_in_their_language() -> None:
    async def scene(stage: Stage) -> None:
        workspace = stage.workspace
        await workspace.command(ALICE.id, RANDOM.id, "/mailcheck good.example")
        assert "/invite @mailcheck" in await told(stage, ALICE, 1)
        await workspace.command(HANAKO.id, PRIVATE.id, "/mailcheck good.example")
        assert "招待" in await told(stage, HANAKO, 1)
        await workspace.command(ALICE.id, ARCHIVED.id, "/mailcheck good.example")
        assert "archived" in await told(stage, ALICE, 2)
        for count, (text, shown) in enumerate(
            {
                "192.0.2.1": "IPアドレス",
                "localhost": "自分の端末",
                "co.jp": "パブリックサフィックス",
                "a" * 254: "",
                " ".join(f"{n}.example" for n in range(11)): "10ドメインまで",
                "hlep": "/mailcheck help",
                "help": "テスト用アドレス",
            }.items(),
            2,
        ):
            outcome = await workspace.command(HANAKO.id, HERE, f"/mailcheck {text}")
            assert outcome.acknowledged_after_s is not None
            assert shown in await told(stage, HANAKO, count)
        assert workspace.messages(HERE) == []
        assert workspace.messages(RANDOM.id) == []
        root = await checked(stage, "https://good.example/", GUEST)
        assert "the host of the URL" in root_text(stage, root)

    on_stage(scene)


def test_a_second_command_for_a_running_check_links_to_its_thread() -> None:
    async def scene(stage: Stage) -> None:
        workspace = stage.workspace
        await workspace.command(ALICE.id, HERE, "/mailcheck slow.example")
        root = await workspace.wait_for(lambda: workspace.messages(HERE)[0], what="a root message")
        await workspace.command(HANAKO.id, HERE, "/mailcheck slow.example")
        answer = await told(stage, HANAKO)
        assert "実行中" in answer
        assert root.ts.replace(".", "") in answer
        await workspace.wait_for(lambda: "questions answered" in root_text(stage, root), what="progress")
        await finished(stage, root)
        assert len(workspace.messages(HERE)) == 1
        assert "could not be tested" in root_text(stage, root)

    on_stage(scene, deadline_s=3.5)


def test_a_resolver_that_is_down_makes_no_verdict_and_takes_no_longer_than_the_deadline() -> None:
    async def scene(stage: Stage) -> None:
        root = await checked(stage, "good.example", HANAKO)
        assert "判定不能(暫定)" in root_text(stage, root)
        assert "確認できた範囲では" in replies(stage, root)[1]
        assert "DMARC001" not in replies(stage, root)[1]

    on_stage(scene, deadline_s=1.5, nameservers=("127.0.0.1:9",))


def test_a_domain_that_does_not_exist() -> None:
    async def scene(stage: Stage) -> None:
        workspace = stage.workspace
        await workspace.command(ALICE.id, HERE, "/mailcheck nothing-here.example")
        root = await workspace.wait_for(lambda: workspace.messages(HERE)[0], what="a root message")
        await workspace.wait_for(lambda: "does not exist" in root_text(stage, root), what="the sentence")
        await stage.settle()
        assert len(replies(stage, root)) == 1
        assert "no mail to test" in replies(stage, root)[0]

    on_stage(scene)


def test_without_a_mail_domain_the_thread_says_so_once() -> None:
    async def scene(stage: Stage) -> None:
        root = await checked(stage, "good.example")
        assert sum("no mail domain is configured" in text for text in replies(stage, root)) == 1
        assert "Send a test mail" not in root_text(stage, root)

    on_stage(scene, mail_domain=None)


def test_hostile_records_are_shown_and_do_nothing() -> None:
    record = r'@ TXT "v=spf1 <!channel> `x` \226\128\174gpj *bold* <https://evil.example|ok> ?all"'
    zone = Zone("hostile.example", f'@ MX 10 mail\nmail A 127.0.0.99\n{record}\n_dmarc TXT "v=DMARC1; p=<!here>"')

    async def scene(stage: Stage) -> None:
        root = await checked(stage, "hostile.example")
        sent = json.dumps([c.arguments for c in stage.workspace.calls], ensure_ascii=False)
        assert "<!channel>" in "\n".join(replies(stage, root))
        assert "<https://evil.example" not in sent
        assert "\u202e" not in sent

    on_stage(scene, zones=(zone,))


def test_a_table_that_slack_refuses_becomes_text() -> None:
    async def scene(stage: Stage) -> None:
        stage.workspace.faults.fail("chat.postMessage", "invalid_blocks", times=1)
        await stage.workspace.command(ALICE.id, HERE, "/mailcheck good.example")
        root = await stage.workspace.wait_for(lambda: stage.workspace.messages(HERE)[0], what="a root message")
        await stage.workspace.wait_for(lambda: "Safe (provisional)" in root_text(stage, root), what="a verdict")

    on_stage(scene)


def test_joining_a_channel_and_the_home_tab() -> None:
    async def scene(stage: Stage) -> None:
        workspace = stage.workspace
        await workspace.invite_bot(HANAKO.id, RANDOM.id)
        greeting = await workspace.wait_for(lambda: workspace.messages(RANDOM.id)[0], what="a greeting")
        assert len(workspace.text_of(greeting).splitlines()) == 3
        assert "メールドメイン" in workspace.text_of(greeting)
        root = await checked(stage, "good.example", HANAKO)
        await workspace.open_home(HANAKO.id)
        view = await workspace.wait_for(lambda: workspace.home(HANAKO.id), what="a home tab")
        shown = json.dumps(view.body, ensure_ascii=False)
        assert "安全(暫定)" in shown
        assert address_in(stage, root) in shown
        await workspace.open_home(ALICE.id)
        other = await workspace.wait_for(lambda: workspace.home(ALICE.id), what="a home tab")
        assert "good.example`" not in json.dumps(other.body)

    on_stage(scene)


def test_a_restart_in_the_middle_loses_and_repeats_nothing(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        workspace = stage.workspace
        await workspace.command(ALICE.id, HERE, "/mailcheck good.example")
        root = await workspace.wait_for(lambda: workspace.messages(HERE)[0], what="a root message")
        await stage.stop_bot()
        await stage.start_bot()
        await finished(stage, root)
        await mailed(stage, root, "good")
        assert len(workspace.messages(HERE)) == 1
        assert len(replies(stage, root)) == 4

    on_stage(scene, data_dir=tmp_path, faults=[Fault("good.example", "MX", delay_s=1.0)])


def test_the_bots_own_direct_messages_will_do() -> None:
    async def scene(stage: Stage) -> None:
        root = await checked(stage, "good.example", HANAKO, direct_channel(HANAKO.id))
        assert len(replies(stage, root)) == 3

    on_stage(scene)


def test_a_command_that_was_kept_but_not_worked_on_is_resumed_at_the_next_start(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        assert stage.app is not None
        kept = {
            "command": "/mailcheck",
            "text": "good.example",
            "team_id": "T0LOCAL",
            "channel_id": HERE,
            "user_id": ALICE.id,
            "response_url": stage.workspace.url,
        }
        assert await stage.app.store.events.receive("command:1", "command", kept)
        await stage.stop_bot()
        await stage.start_bot()
        root = await stage.workspace.wait_for(lambda: stage.workspace.messages(HERE)[0], what="a root message")
        await finished(stage, root)
        assert stage.app is not None
        assert await stage.app.store.events.unfinished() == []

    on_stage(scene, data_dir=tmp_path)


def test_an_explanation_of_a_line_is_shown_to_the_presser_alone_in_the_thread() -> None:
    async def scene(stage: Stage) -> None:
        root = await checked(stage, "third-party.example")
        await mailed(stage, root, "third-party")
        reply = stage.workspace.thread(HERE, root.ts)[-1]
        await stage.workspace.press(HANAKO.id, HERE, reply.ts, "explain")
        answer = await told(stage, HANAKO)
        assert "DKIM401" in answer
        assert "直し方" in answer
        assert stage.workspace.ephemerals(HANAKO.id)[0].thread_ts == root.ts

    on_stage(scene)


def test_an_uninstalled_app_keeps_nothing_of_the_workspace() -> None:
    async def scene(stage: Stage) -> None:
        await checked(stage, "good.example")
        await stage.workspace.uninstall()
        assert stage.app is not None
        for _ in range(100):
            if not await stage.app.store.threads.recent("T0LOCAL"):
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the threads are still there")

    on_stage(scene)
