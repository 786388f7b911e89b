"""How the memory of one process grows over many checks: `tests/lab/run .venv/bin/python tests/bench/memory.py [DOMAINS]`.

The domains of the lab are checked again and again by one Checker, as `mailcheck check --file` does it, each report
being written and dropped. Prints the resident size after the first check, along the way and at the end; exit status 1
where it grew by LIMIT_MB or more over the first. `--cli` measures the command itself, as its own process.
"""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402 - found by the line above

from bot.render.terminal.report import print_report  # noqa: E402
from checks import Checker  # noqa: E402

DOMAINS = 1_000
LIMIT_MB = 100.0
AT_A_TIME = 20
STEPS = 10


def lab_domains() -> list[str]:
    """The names of which the lab states the truth."""
    found: dict[str, None] = {}
    for path in sorted((ROOT / "tests" / "lab" / "zones").glob("*.toml")):
        for name, entry in tomllib.loads(path.read_text("utf-8")).items():
            if isinstance(entry, dict) and "rules" in entry:
                found[name] = None
    return list(found)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


async def measure(domains: list[str], n: int, console: Console) -> float:
    """The growth in MB over the first check."""
    async with Checker() as checker:

        async def one(number: int) -> None:
            print_report(console, await checker.check_domain(domains[number % len(domains)]), "en", verbose=True)

        await one(0)
        gc.collect()
        first = resident_mb()
        print(f"{'checks':>8}{'resident':>12}{'grown':>12}{'seconds':>10}")
        print(f"{1:8}{first:9.1f} MB{0:9.1f} MB")
        began = time.monotonic()
        done = 1
        while done < n:
            step = min(max(n // STEPS, 1), n - done)
            for start in range(done, done + step, AT_A_TIME):
                await asyncio.gather(*map(one, range(start, min(start + AT_A_TIME, done + step))))
            done += step
            now = resident_mb()
            print(f"{done:8}{now:9.1f} MB{now - first:9.1f} MB{time.monotonic() - began:10.1f}", flush=True)
        return resident_mb() - first


def measure_command(domains: list[str], n: int) -> None:
    """The command with a list of n names: made unique by the names below those of the lab."""
    names = [domain if number < len(domains) else f"n{number}.{domain}" for number, domain in
             enumerate(domains[number % len(domains)] for number in range(n))]  # fmt: skip
    for count in (1, n):
        subprocess.run(
            [sys.executable, "-m", "bot", "check", "--file", "-", "--csv"],
            cwd=ROOT, input="\n".join(names[:count]), text=True, stdout=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"mailcheck check --file, {count} domains: at most {most:.1f} MB resident")


def main() -> int:
    given = [argument for argument in sys.argv[1:] if argument != "--cli"]
    n = int(given[0]) if given else DOMAINS
    domains = lab_domains()
    print(f"{len(domains)} names of the lab, {n} checks, {AT_A_TIME} at a time")
    if "--cli" in sys.argv:
        measure_command(domains, n)
        return 0
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        grown = asyncio.run(measure(domains, n, Console(file=nowhere, width=100)))
    print(f"grown by {grown:.1f} MB over the first check; at most {LIMIT_MB:.0f} MB are allowed")
    return 0 if grown < LIMIT_MB else 1


if __name__ == "__main__":
    sys.exit(main())
