"""What a check asks: nothing twice, and never in a longer chain than the records themselves make necessary."""

from __future__ import annotations

import asyncio
import os
from collections import Counter

import pytest
from internet.daemons import flush
from internet.domains import load
from internet.waves import Asked, Waves

from checks import Checker
from checks.net.dns import Dns

RESOLVER = os.environ["LAB_RESOLVER"]
CHECKED = [domain for domain in load().values() if domain.truth is not None]
SIDE_BY_SIDE = 20
DEADLINE_S = 4.0

TWO_LEVELS = ["crm-cloud.com", "spf10.co.jp"]
"""Names whose SPF includes a record that includes others; neither has a policy to fetch."""


async def questions(name: str, selectors: tuple[str, ...], quiet_s: float, deadline_s: float) -> list[list[Asked]]:
    """The waves of one check, by a Checker that remembers nothing."""
    async with Waves(RESOLVER, quiet_s) as front:
        async with Checker([front.address], deadline_s=deadline_s) as checker:
            await checker.check_domain(name, known_selectors=selectors)
        return front.waves


def is_told(asked: Asked) -> bool:
    """Of a failure one may ask again, and of what was truncated over TCP."""
    return asked.rcode in (0, 3) and not asked.truncated


def test_no_question_that_was_answered_is_asked_again() -> None:
    """At the resolver, for every name of the lab, the tests of resolver and blocklists included."""

    async def all_of_them() -> dict[str, list[list[Asked]]]:
        room = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(name: str, selectors: tuple[str, ...]) -> list[list[Asked]]:
            async with room:
                return await questions(name, selectors, 0.0, DEADLINE_S)

        names = {domain.name: domain.truth.selectors for domain in CHECKED}
        return dict(zip(names, await asyncio.gather(*(one(*item) for item in names.items())), strict=True))

    twice = {}
    for name, waves in asyncio.run(all_of_them()).items():
        counted = Counter(asked.key for wave in waves for asked in wave if is_told(asked))
        twice[name] = {key: n for key, n in counted.items() if n > 1}
    assert {name: found for name, found in twice.items() if found} == {}


@pytest.mark.parametrize("name", TWO_LEVELS)
def test_two_levels_of_includes_take_five_round_trips_at_most(name: str) -> None:
    flush()
    waves = asyncio.run(questions(name, (), 0.15, 20.0))
    told = "\n".join(f"{n}. " + ", ".join(f"{a.name} {a.rdtype}" for a in wave) for n, wave in enumerate(waves, 1))
    assert len(waves) <= 5, told


def test_the_front_counts_a_chain_as_long_as_it_is() -> None:
    """Three questions, each after the answer to the one before, and two beside the first: three waves."""

    async def chain() -> list[list[Asked]]:
        async with Waves(RESOLVER, 0.05) as front:
            gateway = Dns([front.address])
            gateway.begin_proofs()
            run = gateway.run()

            async def one_after_another() -> None:
                for name in ("a.good.co.jp", "b.good.co.jp", "c.good.co.jp"):
                    await run.txt(name)

            await asyncio.gather(one_after_another(), run.txt("d.good.co.jp"), run.txt("e.good.co.jp"))
            return front.waves

    waves = asyncio.run(chain())
    assert [{a.name[0] for a in wave if a.rdtype == "TXT"} for wave in waves] == [{"a", "d", "e"}, {"b"}, {"c"}]
