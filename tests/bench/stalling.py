"""How long mails that were made to stall us take: `python tests/bench/stalling.py`. The goal is GOAL_S for each.

Prints the seconds from the mail to its report, alone on the machine as far as it is, and those of ten ordinary mails
that come while it is analysed; exit status 1 where one is over the goal.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from hostile_check import opened  # noqa: E402 - found by the line above
from signed_mail import signed  # noqa: E402
from stalling_mails import ATTACKS  # noqa: E402

from checks import Checker, Session, Workers  # noqa: E402

GOAL_S = 2.0
LIVE = Session("192.0.2.25", "mx.example.jp", "info@example.jp", None)


async def seconds(checker: Checker, raw: bytes) -> float:
    began = time.monotonic()
    await checker.check_message(raw, LIVE)
    return time.monotonic() - began


async def measure() -> bool:
    over = False
    async with opened(Workers()) as checker:
        await seconds(checker, signed())
        print(f"{'an ordinary mail':32}{await seconds(checker, signed()):8.2f} s")
        for name, make in ATTACKS.items():
            raw = make()
            alone = await seconds(checker, raw)
            attack = asyncio.create_task(seconds(checker, raw))
            await asyncio.sleep(0.05)
            ordinary = await asyncio.gather(*(seconds(checker, signed()) for _ in range(10)))
            await attack
            over = over or alone > GOAL_S
            print(f"{name:32}{alone:8.2f} s    ten ordinary mails meanwhile: {max(ordinary):5.2f} s", flush=True)
    return over


if __name__ == "__main__":
    logging.getLogger("checks").setLevel(logging.ERROR)
    sys.exit(1 if asyncio.run(measure()) else 0)
