"""From inside the namespaces, as the first process there: bring the Internet up, run the command, end with it.

When this process ends the kernel ends every other one in here, and the network and the mounts are gone.
"""

from __future__ import annotations

import argparse
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

from internet.certificates import issue
from internet.daemons import FAR, PLAIN_RESOLVER, RESOLVER, Daemons, LabError, addresses
from internet.domains import SILENT, all_hosts, load
from internet.zonefiles import write

PLACE = Path(sys.prefix) / "lab"
_RESOLV_CONF = Path("/etc/resolv.conf")
_FAREWELL_S = 1.0
_NOT_UP = 70
_AUTHORITIES = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
"""The variables by which OpenSSL (so Python too), curl and requests find the authorities that they trust."""
_WELCOME = """\
This shell is inside the lab. {count} names to try, all of them in tests/lab/zones/: {examples} ...
  mailcheck check spf11.co.jp
  dig +dnssec bogus.com
  openssl s_client -starttls smtp -connect mx.mxexpired.com:25
  curl https://mta-sts.stsgood.com/.well-known/mta-sts.txt
  unbound-control -c {place}/unbound-127.0.0.1/unbound.conf flush_infra all
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


def bring_up(timing: Timing, resolver: str) -> int:
    """Everything from the network to servers that answer, `resolver` in resolv.conf; the number of names to check."""
    daemons = Daemons(PLACE)  # refuses where there is an uplink
    _run("mount", "-t", "tmpfs", "-o", "mode=0755", "lab", str(PLACE))
    domains = load()
    hosts = all_hosts(domains)
    commands = ["link set lo up", *(f"address add {address}/32 dev lo" for address in addresses(hosts))]
    # Routed to lo and nobody's, so dropped in silence; without a route the resolver would be told at once.
    commands.append(f"route add {SILENT}/32 dev lo")
    _run("ip", "-batch", "-", text="\n".join(commands) + "\n")
    _use_our_resolver(resolver)
    timing.step("namespaces and network")
    daemons.start_resolvers()
    daemons.start_odd()
    certificates, zones = PLACE / "certificates", PLACE / "zones"
    for directory in (certificates, zones):
        directory.mkdir()
    issued = issue(hosts, certificates)
    daemons.start_servers(certificates)
    timing.step(f"{len(issued)} certificates made")
    hosted = write(domains, issued, zones)
    timing.step(f"{sum(map(len, hosted.values()))} zones made and signed")
    daemons.start_authorities(zones, hosted)
    daemons.wait_until_ready()
    timing.step("all servers answer")
    return sum(d.truth is not None for d in domains.values())


def _run(*command: str, text: str | None = None) -> None:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(command)}: {done.stderr.strip() or f'status {done.returncode}'}")


def _use_our_resolver(address: str) -> None:
    """For programs that take the system's resolver. A system without the file, or that forbids it, goes without."""
    ours = PLACE / "resolv.conf"
    ours.write_text(f"nameserver {address}\n")
    with contextlib.suppress(LabError):
        _run("mount", "--bind", str(ours), str(_RESOLV_CONF))


def run_command(command: Sequence[str], resolver: str, plain: str, lifeline: socket.socket | None) -> int:
    """Run it and wait, reaping what others leave to us; its status as a shell would give it."""
    environment = os.environ | {"LAB_RESOLVER": resolver, "LAB_PLAIN_RESOLVER": plain, "LAB_DIR": str(PLACE)}
    environment |= dict.fromkeys(_AUTHORITIES, str(PLACE / "certificates" / "authority.pem"))
    try:
        process = subprocess.Popen(command, env=environment)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    if lifeline is not None:
        threading.Thread(target=_watch, args=(lifeline, process.pid), daemon=True).start()
    while True:
        pid, status = os.wait()
        if pid == process.pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _watch(lifeline: socket.socket, pid: int) -> None:
    """When the process outside ends, however it does, the command is asked to end, and a moment later everything is."""
    with contextlib.suppress(OSError):
        lifeline.recv(1)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    time.sleep(_FAREWELL_S)
    os._exit(128 + signal.SIGTERM)


def _take_lifeline() -> socket.socket | None:
    """The end of the line to `internet.enter`, which is told that we are inside."""
    number = os.environ.pop("LAB_LIFELINE", None)
    if number is None:
        return None
    lifeline = socket.socket(fileno=int(number))
    lifeline.send(b"i")
    return lifeline


def main() -> int:
    lifeline = _take_lifeline()
    options = argparse.ArgumentParser(
        prog="tests/lab/run",
        description="Run a command, or a shell, inside the lab.",
        epilog="--possible alone says whether the lab can run here.",
    )
    options.add_argument("--timing", action="store_true", help="print how long each step took")
    options.add_argument(
        "--delay", type=float, metavar="MS", help="put a link between command and lab, so slow each way; needs root"
    )
    options.add_argument("command", nargs=argparse.REMAINDER)
    given = options.parse_args()
    resolver, plain = (RESOLVER, PLAIN_RESOLVER) if given.delay is None else (FAR[RESOLVER], FAR[PLAIN_RESOLVER])
    timing = Timing(given.timing)
    try:
        count = bring_up(timing, resolver)
    except LabError as error:
        print(error, file=sys.stderr)
        return _NOT_UP
    timing.total()
    signal.signal(signal.SIGINT, lambda *_: None)  # the command gets it too and decides
    command = given.command
    if not command:
        examples = "good.co.jp bogus.com timeout.com"
        print(_WELCOME.format(count=count, examples=examples, resolver=resolver, plain=plain, place=PLACE), flush=True)
        command = [os.environ.get("SHELL") or shutil.which("bash") or "sh"]
    if given.delay is not None:
        command = [sys.executable, "-m", "internet.delay", str(given.delay), *command]
    return run_command(command, resolver, plain, lifeline)


if __name__ == "__main__":
    sys.exit(main())
