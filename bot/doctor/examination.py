"""Everything that the doctor looks at, side by side; a fault of one part costs its own lines only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

from bot.doctor.certificate import examine_certificate
from bot.doctor.data_dir import examine_data_dir
from bot.doctor.finding import Finding, State
from bot.doctor.machine import Machine
from bot.doctor.mail_domain import examine_mail_domain
from bot.doctor.mail_ports import examine_inbound, examine_mailbox_port, examine_outbound
from bot.doctor.resolver import examine_resolver
from bot.doctor.slack import examine_slack
from bot.settings import Settings, SettingsError
from checks import Text

LOG = logging.getLogger(__name__)
DEADLINE_S = 25.0
"""For each part; those that ask the network end earlier by themselves."""

_FAILED = Text(
    en="An error of ours kept the doctor from looking: `{error}`.",
    ja="doctor自身のエラーにより確認できませんでした(`{error}`)。",
)
_REPORT = Text(
    en="The log has the details; please report it.", ja="詳細はログに記録されています。開発元にお知らせください。"
)


def _now() -> datetime:
    return datetime.now(UTC)


async def examine(
    settings: Settings,
    *,
    outbound: tuple[str, int] | None = None,
    running: bool = False,
    now: Callable[[], datetime] = _now,
    machine: Machine | None = None,
) -> list[Finding]:
    """Look at everything; never raises, and changes nothing.

    `outbound`: host and port of a mail server of the operator's own to connect to, None to leave that out. `running`:
    the bot of this very process runs, and what its start has proved is left out. `now`: an aware clock.
    """
    parts: list[tuple[str, Callable[[], Awaitable[list[Finding]]]]] = [
        ("bot_token", partial(examine_slack, settings, now, running=running)),
        ("mx", partial(examine_mail_domain, settings, machine or Machine())),
        ("data_dir", partial(_this_machine, settings, now, running=running)),
        ("resolver", partial(examine_resolver, settings)),
    ]
    if outbound is not None:
        parts.append(("outbound", partial(_outbound, outbound)))
    told = await asyncio.gather(*(_guarded(finding_id, part) for finding_id, part in parts))
    return [finding for findings in told for finding in findings]


async def _this_machine(settings: Settings, now: Callable[[], datetime], *, running: bool) -> list[Finding]:
    """What needs the data directory: who runs on it decides how the port is looked at."""
    data = await asyncio.to_thread(examine_data_dir, settings.data_dir, running=running)
    findings: list[Finding] = []
    if settings.mail_domain is not None:
        findings.append(examine_inbound(settings, data.arrival, now()))
        if not running:
            findings.append(await examine_mailbox_port(settings, bot_runs=data.bot_runs))
        findings.append(await asyncio.to_thread(examine_certificate, settings, now()))
    return [*findings, *data.findings]


async def _outbound(target: tuple[str, int]) -> list[Finding]:
    return [await examine_outbound(target)]


async def _guarded(finding_id: str, part: Callable[[], Awaitable[list[Finding]]]) -> list[Finding]:
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await part()
    except Exception as error:
        LOG.exception("the doctor could not look at %s", finding_id)
        return [Finding(finding_id, State.UNKNOWN, _FAILED, {"error": type(error).__name__}, _REPORT)]


def unusable_settings(error: SettingsError) -> Finding:
    """The environment cannot be read as settings, so nothing else can be looked at."""
    seen = Text(en="The settings cannot be used: {errors}.", ja="設定を読み取れません: {errors}。")
    fix = Text(
        en="Correct these variables in the environment of the bot; the README lists them all.",
        ja="ボットの環境変数を修正してください。変数の一覧はREADMEにあります。",
    )
    return Finding("settings", State.WRONG, seen, {"errors": tuple(str(error).splitlines())}, fix)
