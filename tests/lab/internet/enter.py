"""From outside: make the namespaces, start `internet.inside` in them, and see that nothing outlives this process.

`unshare` gives the command users, network, mounts and processes of its own. So the servers may bind port 53 and
addresses that look global as anybody, no packet can leave, and whatever dies takes all with it.

Root brings its other users along, if it may: mail servers give up theirs, and do not run without another one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

PLACE = Path(sys.prefix) / "lab"
"""A directory in .venv that is empty outside, and inside holds everything, in memory only."""
UNSHARE = ("unshare", "-Urn", "--mount", "--fork", "--pid", "--kill-child")
MAPPED = ("unshare", "-Un", "--mount", "--fork", "--pid", "--kill-child")
_USERS = 65536
_AWAIT = (
    "import os, sys; go = int(sys.argv[1]); os.write(go, b'?'); os.read(go, 1); os.execvp(sys.argv[2], sys.argv[2:])"
)
"""The first process in a namespace without users: it has no rights before it is started anew with some."""
_PROBES = (
    ("user, network and process namespaces", ("unshare", "-Urn", "--fork", "--pid", "--kill-child", "true")),
    ("a network of its own", (*UNSHARE, "sh", "-c", "ip link set lo up && ip address add 11.0.0.1/32 dev lo")),
    ("mounts of its own", (*UNSHARE, "mount", "-t", "tmpfs", "lab", str(PLACE))),
)
_PROGRAMS = ("unshare", "ip", "mount", "knotd", "unbound", "unbound-control")


def impossible() -> str | None:
    """Which part of the lab this system does not allow, None if it can run here."""
    for program in _PROGRAMS:
        if shutil.which(program) is None:
            return f"{program} is not installed"
    PLACE.mkdir(exist_ok=True)
    for part, command in _PROBES:
        probe = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if probe.returncode:
            return f"{part}: {probe.stderr.strip() or f'status {probe.returncode}'}"
    return None


def start(command: Sequence[str], *fds: int) -> subprocess.Popen[bytes]:
    """Start a command in namespaces of its own: with the users of this system where that is allowed, else as root alone."""
    if os.getuid() == 0:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            waiting = [*MAPPED, sys.executable, "-ISc", _AWAIT, str(theirs.fileno()), *command]
            child = subprocess.Popen(waiting, pass_fds=[theirs.fileno(), *fds])
            theirs.close()
            if ours.recv(1):
                try:
                    for kind in ("uid_map", "gid_map"):
                        Path(f"/proc/{child.pid}/{kind}").write_text(f"0 0 {_USERS}")
                    ours.send(b"!")
                    return child
                except OSError:
                    child.kill()
            child.wait()
    return subprocess.Popen([*UNSHARE, *command], pass_fds=fds)


def main() -> int:
    os.environ["PATH"] = f"{Path(sys.prefix) / 'bin'}:{os.environ.get('PATH', '/usr/bin:/bin')}:/usr/sbin:/sbin"
    args = sys.argv[1:]
    if args[:1] == ["--possible"]:
        reason = impossible()
        print(f"the lab cannot run here: {reason}" if reason else "the lab can run here")
        return 1 if reason else 0
    PLACE.mkdir(exist_ok=True)
    ours, theirs = socket.socketpair()
    os.environ |= {"LAB_LIFELINE": str(theirs.fileno()), "LAB_STARTED": str(time.monotonic())}
    child = start([sys.executable, "-m", "internet.inside", *args], theirs.fileno())
    theirs.close()
    signal.signal(signal.SIGINT, lambda *_: None)  # the command inside gets it too and decides
    for number in (signal.SIGTERM, signal.SIGHUP):
        # unshare blocks them, so that we have to hand them in.
        signal.signal(number, lambda *_: ours.shutdown(socket.SHUT_RDWR))
    status = child.wait()
    if status and not _was_inside(ours) and (reason := impossible()):
        print(f"The lab cannot run here: {reason}", file=sys.stderr)
    return status if status >= 0 else 128 - status


def _was_inside(ours: socket.socket) -> bool:
    """Whether the inside said that it began."""
    ours.setblocking(False)
    with contextlib.suppress(OSError):
        return bool(ours.recv(1))
    return False


if __name__ == "__main__":
    sys.exit(main())
