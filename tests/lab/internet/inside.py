"""From inside the namespaces, as the first process there: bring the Internet up, run the command, end with it.

When this process ends the kernel ends every other one in here, and the network and the mounts are gone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from internet.daemons import PLAIN_RESOLVER, RESOLVER, Daemons, LabError, addresses
from internet.domains import SILENT, load
from internet.zonefiles import write

PLACE = Path(sys.prefix) / "lab"
_RESOLV_CONF = Path("/etc/resolv.conf")
_FAREWELL_S = 1.0
_NOT_UP = 70
_WELCOME = """\
This shell is inside the lab. {count} names to try, all of them in tests/lab/zones/: {examples} ...
  mailcheck check spf11.co.jp       dig +dnssec bogus.com       unbound-control -s 127.0.0.1@8953 flush_infra all
Resolvers: {resolver} (validates), {plain} (does not). Logs: {place}. `exit` ends it all.
"""


class Timing:
    """Seconds since the start, printed on request."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._last = float(os.environ.pop("LAB_STARTED", time.monotonic()))
        self._began = self._last

    def step(self, name: str) -> None:
        now = time.monotonic()
        if self._wanted:
            print(f"{(now - self._last) * 1000:7.0f} ms  {name}", file=sys.stderr)
        self._last = now

    def total(self) -> None:
        if self._wanted:
            print(f"{(self._last - self._began) * 1000:7.0f} ms  until the lab was up", file=sys.stderr)


def bring_up(timing: Timing) -> int:
    """Everything from the network to servers that answer; the number of names to check."""
    daemons = Daemons(PLACE)  # refuses where there is an uplink
    _run("mount", "-t", "tmpfs", "-o", "mode=0755", "lab", str(PLACE))
    commands = ["link set lo up", *(f"address add {address}/32 dev lo" for address in addresses())]
    # Routed to lo and nobody's, so dropped in silence; without a route the resolver would be told at once.
    commands.append(f"route add {SILENT}/32 dev lo")
    _run("ip", "-batch", "-", text="\n".join(commands) + "\n")
    _use_our_resolver()
    timing.step("namespaces and network")
    daemons.start_resolvers()
    daemons.start_odd()
    domains = load()
    zones = PLACE / "zones"
    zones.mkdir()
    hosted = write(domains, zones)
    timing.step(f"{sum(map(len, hosted.values()))} zones made and signed")
    daemons.start_authorities(zones, hosted)
    daemons.wait_until_ready()
    timing.step("all servers answer")
    return sum(d.truth is not None for d in domains.values())


def _run(*command: str, text: str | None = None) -> None:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(command)}: {done.stderr.strip() or f'status {done.returncode}'}")


def _use_our_resolver() -> None:
    """For programs that take the system's resolver. A system without the file, or that forbids it, goes without."""
    ours = PLACE / "resolv.conf"
    ours.write_text(f"nameserver {RESOLVER}\n")
    with contextlib.suppress(LabError):
        _run("mount", "--bind", str(ours), str(_RESOLV_CONF))


def run_command(command: Sequence[str]) -> int:
    """Run it and wait, reaping what others leave to us; its status as a shell would give it."""
    environment = os.environ | {"LAB_RESOLVER": RESOLVER, "LAB_PLAIN_RESOLVER": PLAIN_RESOLVER, "LAB_DIR": str(PLACE)}
    try:
        process = subprocess.Popen(command, env=environment)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    _watch_lifeline(process.pid)
    while True:
        pid, status = os.wait()
        if pid == process.pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


_lifeline: socket.socket | None = None


def _watch_lifeline(pid: int) -> None:
    """When the process outside ends, however it does, the command is asked to end, and a moment later everything is."""

    def watch(line: socket.socket) -> None:
        with contextlib.suppress(OSError):
            line.recv(1)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        time.sleep(_FAREWELL_S)
        os._exit(128 + signal.SIGTERM)

    if _lifeline is not None:
        threading.Thread(target=watch, args=(_lifeline,), daemon=True).start()


def main() -> int:
    global _lifeline
    if (number := os.environ.pop("LAB_LIFELINE", None)) is not None:
        _lifeline = socket.socket(fileno=int(number))
        _lifeline.send(b"i")
    args = sys.argv[1:]
    timing = Timing(args[:1] == ["--timing"])
    try:
        count = bring_up(timing)
    except LabError as error:
        print(error, file=sys.stderr)
        return _NOT_UP
    timing.total()
    signal.signal(signal.SIGINT, lambda *_: None)  # the command gets it too and decides
    command = args[1:] if args[:1] == ["--timing"] else args
    if not command:
        examples = "good.co.jp bogus.com timeout.com"
        print(_WELCOME.format(count=count, examples=examples, resolver=RESOLVER, plain=PLAIN_RESOLVER, place=PLACE))
        command = [os.environ.get("SHELL") or shutil.which("bash") or "sh"]
    return run_command(command)


if __name__ == "__main__":
    sys.exit(main())
