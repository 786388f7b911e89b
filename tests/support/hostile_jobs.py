"""Computations for a worker that go wrong, in the place of those that mails are analysed with."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import sys
import time
from pathlib import Path


def size(raw: bytes) -> int:
    return len(raw)


def sleep(raw: bytes, seconds: float) -> str:
    time.sleep(seconds)
    return "slept"


def busy(raw: bytes, seconds: float) -> str:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return "done"


def hold(raw: bytes) -> str:
    """Stays inside one call into C that no signal handler of Python and no other thread gets into."""
    return str(re.match(rb"(a+)+b", b"a" * 200))


def fill_memory(raw: bytes) -> int:
    return len(b"x" * (4 << 30))


def fill_memory_slowly(raw: bytes) -> int:
    kept = []
    while True:
        kept.append(bytes(1 << 20))


def recurse(raw: bytes) -> int:
    return recurse(raw) + 1


def crash(raw: bytes) -> None:
    ctypes.string_at(0)


def killed(raw: bytes) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave(raw: bytes) -> None:
    sys.exit(3)


def fault(raw: bytes) -> None:
    raise LookupError("the words of " + raw.decode())


def wrong_type(raw: bytes) -> int:
    return raw.decode()  # type: ignore[return-value]


def unspeakable(raw: bytes) -> str:
    return object()  # type: ignore[return-value]


def chatter(raw: bytes) -> str:
    print("in the middle of the answers", flush=True)
    os.write(1, b"and here")
    return "said"


def flood(raw: bytes) -> str:
    return "x" * (32 << 20)


def surroundings(raw: bytes) -> tuple[str, ...]:
    """The environment, and the modules that a worker should not have had to load."""
    return (*sorted(os.environ), *(name for name in ("aiohttp", "asyncio", "checks.engine") if name in sys.modules))


def process(raw: bytes) -> int:
    return os.getpid()


def written(raw: bytes, path: str) -> str:
    Path(path).write_text("a mail", "utf-8")
    return "written"
