"""A worker process: takes one job after the other from standard input, until that ends.

Run as a file, with JSON as its only argument: `jobs`, the name of the module with the computations; `path`, where
modules are found; `parent`, the process that it must not outlive; `memory`, octets. A job comes as two lengths of
four octets (network order), a pickle of `(name, seconds, wall_seconds, arguments)` and the mail; its answer goes out
as a length and a JSON text: `["done", value]`, or `["too_costly", ""]`, or `["broke", where]`. The first answer, to
nothing, says that the worker is ready.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pickle
import signal
import struct
import sys
import traceback
import types
from pathlib import Path
from typing import BinaryIO

_PDEATHSIG = 1
_NICENESS = 5
_OVER_S = 2.0


def main() -> None:
    given = json.loads(sys.argv[1])
    sys.path[:] = given["path"]
    _belong_to(given["parent"])
    _leave_out()
    jobs = importlib.import_module(given["jobs"])
    _confine(given["memory"])
    # Nothing that a library might print shall get among the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    serve(jobs, sys.stdin.buffer, answers)


def _leave_out() -> None:
    """Neither HTTPS nor the DNS, which nobody here needs: a worker starts in a third of the time, 10 MB smaller."""
    # The front door of the package would bring them along, and all rules.
    package = types.ModuleType("checks")
    package.__path__ = [str(Path(__file__).parents[1])]
    # dkimpy would look keys up by itself; here it is given them.
    keys = types.ModuleType("dkim.dnsplug")
    vars(keys)["get_txt"] = None
    sys.modules.update({"checks": package, "dkim.dnsplug": keys})


def serve(jobs: types.ModuleType, requests: BinaryIO, answers: BinaryIO) -> None:
    _send(answers, b'["ready", ""]')
    while len(lengths := requests.read(8)) == 8:
        request, mail = struct.unpack("!II", lengths)
        name, seconds, wall_seconds, arguments = pickle.loads(requests.read(request))
        raw = requests.read(mail)
        # No handlers: the signals end the process, whatever it is doing. The parent looks at the clock, too.
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, wall_seconds + _OVER_S)
        answer = _answer(jobs, name, raw, arguments)
        for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL):
            signal.setitimer(timer, 0)
        del raw
        _send(answers, answer)


def _answer(jobs: types.ModuleType, name: str, raw: bytes, arguments: tuple[object, ...]) -> bytes:
    from checks.isolation import wire

    try:
        return b'["done", ' + wire.encode(getattr(jobs, name)(raw, *arguments)) + b"]"
    except (RecursionError, MemoryError):
        return b'["too_costly", ""]'
    except Exception as error:  # noqa: BLE001 - an error of ours, which the parent logs
        # Not what the exception says: that may be the text of somebody's mail.
        where = "".join(traceback.format_tb(error.__traceback__)[-8:])
        return json.dumps(["broke", f"{type(error).__name__}\n{where}"[:4000]]).encode()


def _send(answers: BinaryIO, answer: bytes) -> None:
    answers.write(struct.pack("!I", len(answer)) + answer)
    answers.flush()


def _belong_to(parent: int) -> None:
    """End with the parent, however it ends, and not with whoever stops it: the parent lets its work end first."""
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)


def _confine(memory: int) -> None:
    """Limits on this process; what a system does not have is left out."""
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        # Not RLIMIT_AS: that counts the code of libraries and what they only reserve.
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        # A mail is nobody's business, and is not to be left in a core file.
        for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
            resource.setrlimit(kind, (0, 0))


if __name__ == "__main__":
    main()
