"""Playing the bot on a stage: the workspace, real DNS questions, real mail."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from bot.demo.domains import SIGNERS
from bot.demo.mails import SampleMail, send
from bot.demo.script import address_in
from bot.demo.signing import make_signing_keys
from bot.demo.stage import Stage
from bot.demo.workspace import ALICE, MAIL_OPS, Message, Person
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


async def mailed_as(stage: Stage, root: Message, mail: SampleMail) -> None:
    """Send this mail, a changed sample, to the thread's address and wait for its reply."""
    before = len(replies(stage, root))
    to = {"host": "127.0.0.1", "port": stage.mailbox_port, "recipient": address_in(stage, root)}
    delivery = await send(mail, KEYS, lang="en", now=datetime.now(UTC), **to)
    assert delivery.accepted, delivery.reply
    await stage.workspace.wait_for(lambda: len(replies(stage, root)) > before, what="a reply to the mail")
    await stage.settle()


async def told(stage: Stage, person: Person, count: int = 1) -> str:
    """What only this person sees, once there is that much of it."""
    shown = await stage.workspace.wait_for(
        lambda: stage.workspace.ephemerals(person.id)[count - 1], what=f"something that only {person.name} sees"
    )
    return stage.workspace.text_of(shown)
