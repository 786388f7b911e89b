"""The check of a domain beside checkdmarc: `tests/lab/run --delay 10 .venv/bin/python tests/bench/domain_check.py [ROUNDS]`.

Both ask the resolver of the lab for the same names. It forgets everything before each measurement, and its own
questions to the name servers stay within the lab; the link with the delay, 10 ms each way, lies between the program and
all else: resolver, name servers and web servers. checkdmarc is called as a library, without TLS tests (its default) and
without its cache, which lasts as long as the process. Prints medians of all rounds as a table in Markdown.

Round trips are counted, not divided from times: `internet.waves` collects questions until nobody asks any more, answers
all at once, and so tells how long the longest chain of questions is that wait for each other. checkdmarc asks one
question at a time: its chain is as long as its list.
"""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import re
import statistics
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "lab")]

import checkdmarc  # noqa: E402 - found by the line above
import checkdmarc.utils  # noqa: E402
from internet.daemons import FAR, RESOLVER, find, flush  # noqa: E402
from internet.domains import load  # noqa: E402
from internet.waves import Waves  # noqa: E402

from bot.cli import collect_rarely  # noqa: E402
from checks import Checker  # noqa: E402

ONE = "crm-cloud.com"
"""Its SPF has includes within an include."""
MANY = 50
THREADS = 16
ROUNDS = 5
QUIET_S = 0.2


def names() -> list[str]:
    """Healthy and faulty names of the lab that exist, and of which everything can be told; the first MANY."""
    known = (d for d in load().values() if d.truth is not None and not d.truth.unknown and d.is_delegated)
    return [d.name for d in known if "." in d.name][:MANY]


def resolver() -> str:
    return os.environ["LAB_RESOLVER"]


def asked_so_far() -> int:
    """Questions that have come to the resolver, over UDP and TCP."""
    place = Path(sys.prefix) / "lab" / f"unbound-{RESOLVER}"
    command = [find("unbound-control"), "-c", str(place / "unbound.conf"), "stats_noreset"]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=10).stdout
    return int(re.findall(r"^total\.num\.queries=(\d+)", told, re.MULTILINE)[0])


@dataclass(slots=True)
class Measured:
    """Of all rounds: milliseconds for each name, and questions for each name."""

    times: list[float] = field(default_factory=list)
    queries: list[float] = field(default_factory=list)

    def take(self, work: Callable[[], object], size: int) -> None:
        flush()
        before, began = asked_so_far(), time.perf_counter()
        work()
        self.times.append((time.perf_counter() - began) * 1000 / size)
        self.queries.append((asked_so_far() - before) / size)

    @property
    def ms(self) -> float:
        return statistics.median(self.times)


async def _ours(domains: Sequence[str], *, at_once: bool) -> None:
    async with Checker([resolver()]) as checker:
        if at_once:
            await asyncio.gather(*map(checker.check_domain, domains))
            return
        for domain in domains:
            await checker.check_domain(domain)


def ours(domains: Sequence[str], *, at_once: bool = False) -> None:
    asyncio.run(_ours(domains, at_once=at_once))


def theirs(domains: Sequence[str], *, at_once: bool = False) -> None:
    with ThreadPoolExecutor(THREADS if at_once else 1) as pool:
        list(pool.map(lambda domain: checkdmarc.check_domains([domain]), domains))


async def _front(domain: str, quiet_s: float) -> Waves:
    async with Waves(resolver(), quiet_s) as front:
        async with Checker([front.address]) as checker:
            await checker.check_domain(domain)
        return front


async def asked_twice(domains: Sequence[str]) -> list[str]:
    """Questions that came again although the first was answered."""
    room = asyncio.Semaphore(10)

    async def one(domain: str) -> list[str]:
        async with room:
            front = await _front(domain, 0.0)
        counted = Counter(a.key for a in front.asked if a.rcode in (0, 3) and not a.truncated)
        return [f"{key[0]} {key[1]}, for {domain}" for key, count in counted.items() if count > 1]

    return [line for lines in await asyncio.gather(*map(one, domains)) for line in lines]


def measure(rounds: int, domains: Sequence[str]) -> list[str]:
    one, row, together = ("one domain", "50 in a row, each", "50 at once, each")
    figures = {(what, who): Measured() for what in (one, row, together) for who in ("ours", "theirs")}
    ours([ONE])  # tables and authorities are read once in the life of a process
    theirs([ONE])
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        for who, check in (("ours", ours), ("theirs", theirs)):
            for _ in range(3):
                figures[one, who].take(lambda check=check: check([ONE]), 1)
            figures[row, who].take(lambda check=check: check(domains), len(domains))
            figures[together, who].take(lambda check=check: check(domains, at_once=True), len(domains))
    lines = [
        f"| | Mailcheck | checkdmarc {checkdmarc.__version__} | times as fast | questions | its questions |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for what in (one, row, together):
        mine, other = figures[what, "ours"], figures[what, "theirs"]
        asked = (f"{statistics.median(m.queries):.0f}" for m in (mine, other))
        label = what if what != together else f"{what} (checkdmarc: {THREADS} threads)"
        lines.append(
            f"| {label} | {mine.ms:.0f} ms | {other.ms:.0f} ms | {other.ms / mine.ms:.1f} | {' | '.join(asked)} |"
        )
    return lines


def machine() -> str:
    model = re.findall(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    processor = f"{os.cpu_count()} cores, {(model or ['?'])[0]}"
    return f"{platform.system()} {platform.release()}, Python {platform.python_version()}, {processor}"


def main() -> int:
    if "LAB_RESOLVER" not in os.environ:
        print(__doc__, file=sys.stderr)
        return 2
    collect_rarely()  # as the command does, and for both
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    checkdmarc.utils.DNS_CACHE = {}
    where = "behind the link" if resolver() == FAR[RESOLVER] else "without a link, so without delay"
    domains = names()
    print(f"{machine()}; load {os.getloadavg()[0]:.1f}; the resolver is {where}\n")
    print("\n".join(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS, domains)))
    waves = asyncio.run(_front(ONE, QUIET_S)).waves
    print(
        f"\n{ONE} takes {len(waves)} round trips to the resolver ({' + '.join(str(len(w)) for w in waves)} questions)."
    )
    twice = asyncio.run(asked_twice(domains))
    print(
        "\n".join(["Asked twice:", *twice]) if twice else f"Nothing was asked twice, for any of {len(domains)} names."
    )
    return 1 if twice else 0


if __name__ == "__main__":
    sys.exit(main())
