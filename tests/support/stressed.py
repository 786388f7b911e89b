"""The bot beside a workspace with short clocks, and sockets of the same app that are not the bot's."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import aiohttp

from bot.app import App
from bot.demo.domains import SIGNERS, sample_zones
from bot.demo.mails import PROXY
from bot.demo.nameserver import Fault, Nameserver
from bot.demo.signing import make_signing_keys
from bot.demo.stage import HOST, MAIL_DOMAIN, SCOPES
from bot.demo.workspace import ALICE, MAIL_OPS, Message, Person, Rates, Workspace
from bot.outbox import SLACK_PACE
from bot.settings import Settings

KEYS = make_signing_keys(SIGNERS)
HERE = MAIL_OPS.id
IMPATIENT_S = 0.4


class Stressed:
    """What a test of the bot under stress looks at."""

    def __init__(self, workspace: Workspace, app: App) -> None:
        self.workspace = workspace
        self.app = app

    async def checked(self, domain: str, person: Person = ALICE) -> Message:
        """Type the command; the root message of the finished check."""
        await self.workspace.command(person.id, HERE, f"/mailcheck {domain}")
        root = await self.workspace.wait_for(lambda: self.roots(domain)[0], 20, f"a root for {domain}")
        await self.workspace.wait_for(lambda: self.has_verdict(root), 30, f"a verdict for {domain}")
        await self.settle()
        return root

    def roots(self, domain: str) -> list[Message]:
        return [root for root in self.workspace.messages(HERE) if domain in self.workspace.text_of(root)]

    def has_verdict(self, root: Message) -> bool:
        blocks = self.workspace.thread(HERE, root.ts)[0].blocks
        return bool(blocks) and blocks[-1]["type"] == "table"

    def replies(self, root: Message) -> list[str]:
        return [self.workspace.text_of(each) for each in self.workspace.thread(HERE, root.ts)[1:]]

    def root_text(self, root: Message) -> str:
        return self.workspace.text_of(self.workspace.thread(HERE, root.ts)[0])

    async def settle(self, quiet_s: float = 0.3, timeout_s: float = 30.0) -> None:
        """Until Slack shows all that the bot wants to show, for a moment."""
        quiet = 0.0
        async with asyncio.timeout(timeout_s):
            while quiet < quiet_s:
                await asyncio.sleep(0.05)
                quiet = 0.0 if await self.app.store.messages.pending() else quiet + 0.05

    def outcomes(self, method: str) -> list[str]:
        return [call.outcome for call in self.workspace.calls if call.method == method]


def under_stress(
    scene: Callable[[Stressed], Awaitable[None]],
    *,
    rates: Rates | None = None,
    faults: Iterable[Fault] = (),
    ack_wait_s: float = 3.0,
) -> None:
    """Run a scene. Envelopes wait `ack_wait_s` for their ack, 3 s as Slack does, and come again after 0.1, 0.5 and 3 s.

    With less (`IMPATIENT_S`) an ack may come too late for no fault of the bot's: only for scenes in which some never
    come.
    """

    async def run() -> None:
        async with _playing(rates, faults, ack_wait_s) as stressed:
            await scene(stressed)
            assert stressed.workspace.broadcasts == []

    asyncio.run(run())


@asynccontextmanager
async def _playing(rates: Rates | None, faults: Iterable[Fault], ack_wait_s: float) -> AsyncIterator[Stressed]:
    workspace = Workspace(scopes=SCOPES, rates=rates, ack_wait_s=ack_wait_s, retry_delays_s=(0.1, 0.5, 3.0))
    with tempfile.TemporaryDirectory(prefix="mailcheck-stress-") as directory:
        async with Nameserver(sample_zones(KEYS), faults=faults) as dns, workspace:
            settings = Settings(
                data_dir=Path(directory),
                slack_bot_token=workspace.bot_token,
                slack_app_token=workspace.app_token,
                slack_api_url=workspace.api_url,
                mail_domain=MAIL_DOMAIN,
                mailbox_host=HOST,
                mailbox_port=0,
                nameservers=(dns.address,),
                proxy_from=(ip_network(PROXY),),
            )
            app = App(settings, names_server=True, pace=SLACK_PACE if rates else None)
            await app.start()
            try:
                yield Stressed(workspace, app)
            finally:
                await app.stop()


@asynccontextmanager
async def stray(workspace: Workspace) -> AsyncIterator[list[dict[str, Any]]]:
    """Another socket of the same app that takes envelopes and never acknowledges one; what it took."""
    taken: list[dict[str, Any]] = []
    headers = {"Authorization": f"Bearer {workspace.app_token}"}
    before = workspace.connections
    async with aiohttp.ClientSession() as session:
        answer = await session.post(f"{workspace.api_url}apps.connections.open", headers=headers)
        async with session.ws_connect((await answer.json())["url"]) as socket:

            async def listen() -> None:
                async for frame in socket:
                    body = json.loads(frame.data)
                    if body["type"] != "hello":
                        taken.append(body)

            listening = asyncio.create_task(listen())
            await workspace.wait_for(lambda: workspace.connections == before + 1, what="the stray socket")
            try:
                yield taken
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)


async def delete(workspace: Workspace, message: Message) -> None:
    """Take a message of the bot away, as an administrator may."""
    headers = {"Authorization": f"Bearer {workspace.bot_token}"}
    async with aiohttp.ClientSession() as session:
        body = {"channel": message.channel, "ts": message.ts}
        answer = await session.post(f"{workspace.api_url}chat.delete", json=body, headers=headers)
        assert (await answer.json())["ok"]
