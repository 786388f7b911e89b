"""Mails that are wrong in every way: no exception, no analysis over its limits, every report complete.

The seed is drawn anew for each day and printed with a failure; HOSTILE_SEED gives another. `python tests/bench/hostile.py
--cases 100000` makes a report on every one of as many mails.
"""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime

import pytest
from hostile_check import MAIL_CHECKS, faults, faults_of_evidence, opened, session
from hostile_mails import mutated
from signed_mail import rsa_key, rsa_record, seen

from checks import Workers

SEED = int(os.environ.get("HOSTILE_SEED") or datetime.now(UTC).strftime("%Y%m%d"))
CASES = 5_000
REPORTS = 200
"""Of the cases, for how many the domain of the author is checked as well, which takes ten times as long."""
PARTS = 2
AT_A_TIME = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_a_mail_looks_like_it_is_analysed_and_judged(part: int) -> None:
    async def run() -> list[str]:
        answer, room, found = seen(rsa_record(rsa_key())), asyncio.Semaphore(AT_A_TIME), []
        workers = Workers(1, 1)

        async def one(number: int) -> None:
            async with room:
                found.extend(f"{number}: {f}" for f in await faults_of_evidence(workers, mutated(SEED, number), answer))

        try:
            await asyncio.gather(*map(one, range(part, CASES, PARTS)))
        finally:
            await workers.aclose()
        return found

    assert len(MAIL_CHECKS) > 10
    assert asyncio.run(run()) == [], f"HOSTILE_SEED={SEED}"


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_a_mail_looks_like_its_report_is_complete(part: int) -> None:
    async def run() -> list[str]:
        found: list[str] = []
        room = asyncio.Semaphore(AT_A_TIME)
        async with opened(Workers(1, 1)) as checker:

            async def one(number: int) -> None:
                async with room:
                    told, _ = await faults(checker, mutated(SEED, number), session(SEED, number))
                    found.extend(f"{number}: {fault}" for fault in told)

            await asyncio.gather(*map(one, range(part, REPORTS, PARTS)))
        return found

    assert asyncio.run(run()) == [], f"HOSTILE_SEED={SEED}"
