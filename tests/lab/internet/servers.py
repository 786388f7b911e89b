"""The process of all mail and web servers: `python -m internet.servers CERTIFICATES READY`.

The file READY appears when all of them listen.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from internet import mailers, web
from internet.domains import all_hosts, load, texts
from internet.hosts import mail_domains


async def serve(certificates: Path, announce: Callable[[], None]) -> None:
    domains = load()
    receives = mail_domains(texts(domains))
    for host in all_hosts(domains):
        await mailers.start(host, receives.get(host.name, frozenset()) | {host.name}, certificates)
        await web.start(host, certificates)
    announce()
    await asyncio.Event().wait()


if __name__ == "__main__":
    directory, ready = map(Path, sys.argv[1:])
    asyncio.run(serve(directory, ready.touch))
