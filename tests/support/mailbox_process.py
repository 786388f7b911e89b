"""A mailbox in a process of its own, with the open files that a service usually may have.

`python mailbox_process.py DIRECTORY` prints its port and a live token, runs until SIGTERM, then stops gracefully.
"""

import asyncio
import json
import resource
import signal
import sys
from pathlib import Path

from posted import mailbox

from bot.mailbox import self_signed_context

OPEN_FILES = 1024
MAX_BYTES = 2 * 1024 * 1024


async def main(directory: Path) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with mailbox(directory, tls=self_signed_context("mx.check.example"), max_bytes=MAX_BYTES) as setup:
        token = await setup.open(max_mails=1000, max_bytes=MAX_BYTES)
        print(json.dumps({"port": setup.port, "token": token}), flush=True)
        await stopped.wait()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    asyncio.run(main(Path(sys.argv[1])))
