"""The main job through the local workspace over Socket Mode, with real DNS and real mail, in both languages."""

import json
from dataclasses import replace

import pytest
from played import HERE, checked, finished, mailed, mailed_as, on_stage, replies, root_text, told

from bot.demo.mails import SAMPLE_MAILS
from bot.demo.nameserver import Zone
from bot.demo.script import address_in
from bot.demo.stage import Stage
from bot.demo.workspace import ALICE, GUEST, HANAKO, Person


@pytest.mark.parametrize(
    ("person", "provisional", "final", "first_lines"),
    [
        (
            ALICE,
            "*Safe (provisional)*",
            "*Safe*",
            ("Test address for good.example", "DNS findings: good.example", "Sender guidelines"),
        ),
        (
            HANAKO,
            "*安全(暫定)*",
            "*安全*",
            ("good.example のテスト用アドレス", "DNSの検査結果: good.example", "送信者ガイドライン"),
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
        for shown in ("192.88.99.110", "mail.good.example", "TLSv1.3", "sato@good.example", "DKIM mail2026", "DMARC"):
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


def test_the_root_asks_whose_an_unproven_mail_is_and_takes_no_for_an_answer() -> None:
    async def scene(stage: Stage) -> None:
        root = await checked(stage, "third-party.example")
        await mailed(stage, root, "third-party")
        assert "it fails DMARC. Is it yours?*" in root_text(stage, root)
        assert "Do not publish it while DMARC401 is open" in replies(stage, root)[1]
        await stage.workspace.press(GUEST.id, HERE, root.ts, "not_ours")
        assert "Only full members" in await told(stage, GUEST)
        await stage.workspace.press(ALICE.id, HERE, root.ts, "not_ours")
        await stage.workspace.wait_for(lambda: "Is it yours" not in root_text(stage, root), what="a closed question")
        await stage.settle()
        assert "*Safe (provisional)*" in root_text(stage, root)
        assert "not yours" in replies(stage, root)[3]
        assert "DMARC401" not in replies(stage, root)[1]

    on_stage(scene)


def test_mails_of_several_streams_are_compared_in_one_reply_that_is_edited() -> None:
    samples = {each.id: each for each in SAMPLE_MAILS}
    newsletter = replace(samples["third-party"], domain="good.example", sender="news@good.example")
    invoices = replace(
        samples["unsigned"], domain="good.example", sender="info@good.example", return_path="billing@erp.good.example"
    )

    async def scene(stage: Stage) -> None:
        workspace = stage.workspace
        root = await checked(stage, "good.example")

        def streams() -> list[str]:
            return [text for text in replies(stage, root) if text.startswith(("## Streams: ", "## 送信経路の比較: "))]

        await mailed(stage, root, "good")
        await mailed(stage, root, "bounce")
        assert streams() == []
        verdict = root_text(stage, root)
        await mailed_as(stage, root, newsletter)
        said = streams()[0]
        assert "fails DMARC: its Return-Path and d= are of `newsletter.example`, not of `good.example`." in said
        assert "The other passes." in said
        assert "Not compared: 1" in said
        await mailed_as(stage, root, invoices)
        await mailed(stage, root, "good")
        assert len(streams()) == 1
        said = streams()[0]
        for shown in (
            "newsletter.example (192.88.99.120)",
            "Return-Path bounce.newsletter.example: SPF ✓ pass, not aligned · d=newsletter.example: DKIM ✓ pass, not aligned",
            "no-dmarc.example (192.88.99.130)",
            "no d=: not signed with DKIM",
            "mail.good.example (192.88.99.110), 2 mails",
            "d=good.example: DKIM ✓ pass, aligned",
        ):
            assert shown in said
        assert said.index("mail.good.example") > max(said.rindex("newsletter.example"), said.rindex("no-dmarc.example"))
        assert not {"sato", "news@", "billing", "b-7f31c2"} & set(said.replace("@", "@ ").split())
        assert "Is it yours?" in root_text(stage, root)
        assert verdict.splitlines()[0] == root_text(stage, root).splitlines()[0]
        await workspace.press(HANAKO.id, HERE, root.ts, "language", "ja")
        await workspace.wait_for(lambda: "送信経路の比較" in streams()[0], what="Japanese")
        await stage.settle()
        assert len(streams()) == 1
        assert "`newsletter.example` 経由のメールはDMARCに不合格です" in streams()[0]

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
        await workspace.wait_for(lambda: "無効にしました" in replies(stage, root)[0], what="a closed address")
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
        await workspace.mention(HANAKO.id, HERE, "explain SPF999", root.ts)
        assert "`SPF999` というルールはありません" in await told(stage, HANAKO)
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


def test_a_resolver_that_is_down_makes_no_verdict_and_takes_no_longer_than_the_deadline() -> None:
    async def scene(stage: Stage) -> None:
        root = await checked(stage, "good.example", HANAKO)
        assert "*判定不能*" in root_text(stage, root)
        assert "確認できた範囲では" in replies(stage, root)[1]
        assert "DMARC001" not in replies(stage, root)[1]

    on_stage(scene, deadline_s=1.5, nameservers=("127.0.0.1:9",))


def test_without_a_mail_domain_the_thread_says_so_once() -> None:
    async def scene(stage: Stage) -> None:
        root = await checked(stage, "good.example")
        assert sum("no mail domain is configured" in text for text in replies(stage, root)) == 1
        assert "Send a test mail" not in root_text(stage, root)

    on_stage(scene, mail_domain=None)


def test_hostile_records_are_shown_and_do_nothing() -> None:
    record = r'@ TXT "v=spf1 <!channel> `x` \226\128\174gpj *bold* <https://evil.example|ok> ?all"'
    zone = Zone("hostile.example", f'@ MX 10 mail\nmail A 192.88.99.99\n{record}\n_dmarc TXT "v=DMARC1; p=<!here>"')

    async def scene(stage: Stage) -> None:
        root = await checked(stage, "hostile.example")
        sent = json.dumps([c.arguments for c in stage.workspace.calls], ensure_ascii=False)
        assert "<!channel>" in "\n".join(replies(stage, root))
        assert "<https://evil.example" not in sent
        assert "\u202e" not in sent

    on_stage(scene, zones=(zone,))


def test_a_list_of_requirements_is_shown_to_the_presser_alone_in_the_thread() -> None:
    async def scene(stage: Stage) -> None:
        root = await checked(stage, "third-party.example")
        lists = next(m for m in stage.workspace.thread(HERE, root.ts) if "Microsoft" in stage.workspace.text_of(m))
        before = len(stage.workspace.thread(HERE, root.ts))
        await stage.workspace.press(HANAKO.id, HERE, lists.ts, "guidelines", "microsoft")
        answer = await told(stage, HANAKO)
        assert "送信者ガイドライン: Microsoft" in answer
        assert "SPFに合格する" in answer
        assert "テストメール待ち" in answer
        assert stage.workspace.ephemerals(HANAKO.id)[0].thread_ts == root.ts
        assert len(stage.workspace.thread(HERE, root.ts)) == before

    on_stage(scene)


def test_an_explanation_of_a_line_is_shown_to_the_presser_alone_in_the_thread() -> None:
    async def scene(stage: Stage) -> None:
        root = await checked(stage, "third-party.example")
        await mailed(stage, root, "third-party")
        reply = stage.workspace.thread(HERE, root.ts)[-1]
        await stage.workspace.press(HANAKO.id, HERE, reply.ts, "explain")
        answer = await told(stage, HANAKO)
        assert "SPF402" in answer
        assert "直し方" in answer
        assert stage.workspace.ephemerals(HANAKO.id)[0].thread_ts == root.ts

    on_stage(scene)
