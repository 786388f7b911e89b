"""The main job, played: command, thread, a real mail over SMTP, final verdict; the thread is printed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from bot.demo.stage import MAIL_DOMAIN, Stage, say
from bot.demo.workspace import ALICE, HANAKO, MAIL_OPS, Message
from checks import VERDICT_TITLES, Lang, Verdict

REPLIES = 3
PATIENCE_S = 40.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A sample domain, the sample mail that is sent from it, and the final verdict that must come out."""

    domain: str
    mail: str
    verdict: Verdict


SCENES = (
    Scene("good.example", "good", Verdict.SAFE),
    Scene("spf-limit.example", "spf-limit", Verdict.MAIL_NEEDS_WORK),
)


async def play(lang: Lang, out: TextIO, scenes: Sequence[Scene] = SCENES) -> int:
    """Returns the exit status: 0 when every scene ended as it must, 1 otherwise (and says what was there instead)."""
    say("Starting the workspace, the sample domains, the mailbox and the bot ...")
    try:
        async with Stage() as stage:
            for scene in scenes:
                say(f"Playing {scene.domain} ...")
                await play_scene(stage, scene, lang)
            out.write(stage.workspace.transcript(MAIL_OPS.id) + "\n")
    except AssertionError as error:
        out.write(f"{error}\n")
        return 1
    return 0


async def play_scene(stage: Stage, scene: Scene, lang: Lang) -> Message:
    """One main job from the command to the final verdict; returns the root message. Raises AssertionError."""
    workspace, person = stage.workspace, HANAKO if lang == "ja" else ALICE
    before = len(workspace.messages(MAIL_OPS.id))
    await workspace.command(person.id, MAIL_OPS.id, f"/mailcheck {scene.domain}")
    root = await workspace.wait_for(
        lambda: workspace.messages(MAIL_OPS.id)[before], PATIENCE_S, f"a root message for {scene.domain}"
    )
    await workspace.wait_for(
        lambda: len(workspace.thread(MAIL_OPS.id, root.ts)) > REPLIES, PATIENCE_S, "three replies in the thread"
    )
    address = address_in(stage, root)
    delivery = await stage.send_mail(scene.mail, address, lang)
    assert delivery.accepted, f"the mailbox refused the mail: {delivery.reply}"
    title = VERDICT_TITLES[scene.verdict].say(lang)
    await workspace.wait_for(
        lambda: f"*{title}*" in workspace.text_of(workspace.thread(MAIL_OPS.id, root.ts)[0]),
        PATIENCE_S,
        f"the final verdict {title} for {scene.domain}",
    )
    await stage.settle()
    return workspace.thread(MAIL_OPS.id, root.ts)[0]


def address_in(stage: Stage, root: Message) -> str:
    """The test address that the thread shows."""
    pattern = re.compile(rf"t-[a-z0-9]+@{re.escape(MAIL_DOMAIN)}")
    for message in stage.workspace.thread(root.channel, root.ts):
        if found := pattern.search(stage.workspace.text_of(message)):
            return found[0]
    raise AssertionError("the thread shows no test address")
