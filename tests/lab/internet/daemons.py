"""The processes of the lab: Knot for the root, the top-level domains and the rest, two Unbound resolvers, and our own.

Knot and Unbound are run from a copy: Debian's AppArmor profiles go by the path, and would keep them from our files.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
from internet.domains import ADDRESSES, KNOT, SILENT
from internet.hosts import Host
from internet.zonefiles import file_name, trust_anchor

RESOLVER = "127.0.0.1"
"""Validates, and tells extended errors."""
PLAIN_RESOLVER = "127.0.0.2"
"""Does not validate, and is refused by blocklists, as the big public resolvers are."""
FAR = {RESOLVER: "11.0.53.53", PLAIN_RESOLVER: "11.0.53.54"}
"""Their addresses for those beyond the delay link, and from which they ask."""
CONTROL_PORT = 8953
READY_S = 10.0
_KERNEL_TUNNELS = frozenset(
    {"tunl0", "gre0", "gretap0", "erspan0", "sit0", "ip6tnl0", "ip6gre0", "ip_vti0", "ip6_vti0"}
)
"""The kernel puts them into every new network namespace, if their modules are loaded: down and without address."""

_KNOT = """\
server:
    listen: {address}@53
    rundir: {run}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: {run}
template:
  - id: default
    storage: {zones}
    journal-content: none
    zonefile-sync: -1
    semantic-checks: off
zone:
"""

_UNBOUND = """\
server:
    interface: {address}
    interface: {far}
    access-control: 127.0.0.0/8 allow
    access-control: 11.0.0.0/8 allow
    outgoing-interface: {far}
    do-ip6: no
    directory: "{run}"
    username: ""
    chroot: ""
    pidfile: ""
    use-syslog: no
    logfile: ""
    log-servfail: yes
    verbosity: 0
    num-threads: 1
    msg-cache-size: 2m
    rrset-cache-size: 4m
    module-config: "{modules}"
    root-hints: "{run}/root.hints"
    qname-minimisation: yes
    prefetch: no
    serve-expired: no
    minimal-responses: yes
    ede: yes
    val-log-level: 2
{more}
remote-control:
    control-enable: yes
    control-interface: {far}
    control-port: {control_port}
    control-use-cert: no
"""

_REFUSED_BY_LISTS = """\
    local-zone: "zen.spamhaus.org." redirect
    local-data: "zen.spamhaus.org. 60 IN A 127.255.255.254"
    local-zone: "dbl.spamhaus.org." redirect
    local-data: "dbl.spamhaus.org. 60 IN A 127.255.255.254"
"""


class LabError(Exception):
    """The lab could not be brought up; the text says what is wrong."""


def find(program: str) -> str:
    """The path of a daemon. Raises LabError where it is not installed."""
    path = shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin")
    if path is None:
        raise LabError(f"{program} is not installed; tests/run installs it")
    return path


def refuse_uplinks() -> None:
    """Raises LabError where there may be a way out: no resolver of the lab ever asks the real Internet."""
    for _, name in socket.if_nameindex():
        if name != "lo" and not (name in _KERNEL_TUNNELS and _is_down(name)):
            raise LabError(f"There is an interface {name}. The lab starts only where there is none but lo.")


def _is_down(interface: str) -> bool:
    shown = subprocess.run(["ip", "-o", "link", "show", "up", "dev", interface], capture_output=True, check=False)
    return shown.returncode == 0 and not shown.stdout


class Daemons:
    """The processes, by name, with their logs in `run`. They end with the process namespace.

    Raises LabError where there is an uplink.
    """

    def __init__(self, run: Path) -> None:
        refuse_uplinks()
        self._run = run
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start_resolvers(self) -> None:
        hints = f". 3600 IN NS ns1.\nns1. 3600 IN A {KNOT['root']}\n"
        for address, modules, more in (
            (RESOLVER, "validator iterator", f'    trust-anchor: "{trust_anchor()}"\n'),
            (PLAIN_RESOLVER, "iterator", _REFUSED_BY_LISTS),
        ):
            name = f"unbound-{address}"
            run = self._place(name)
            (run / "root.hints").write_text(hints)
            places = {"address": address, "far": FAR[address], "run": run, "control_port": CONTROL_PORT}
            text = _UNBOUND.format(modules=modules, more=more, **places)
            (run / "unbound.conf").write_text(text)
            self._start(name, "unbound", "-d", "-c", str(run / "unbound.conf"))

    def start_authorities(self, zones: Path, hosted: Mapping[str, Sequence[str]]) -> None:
        for server, names in hosted.items():
            name = f"knot-{server}"
            run = self._place(name)
            text = _KNOT.format(address=KNOT[server], run=run, zones=zones)
            text += "".join(f"  - domain: {zone}\n    file: {file_name(zone)}\n" for zone in names)
            (run / "knot.conf").write_text(text)
            self._start(name, "knotd", "-c", str(run / "knot.conf"))

    def start_odd(self) -> None:
        self._place("odd")
        self._processes["odd"] = self._spawn("odd", [sys.executable, "-m", "internet.odd"])

    def start_servers(self, certificates: Path) -> None:
        ready = self._place("servers") / "ready"
        command = [sys.executable, "-m", "internet.servers", str(certificates), str(ready)]
        self._processes["servers"] = self._spawn("servers", command)

    def wait_until_ready(self) -> None:
        """Every server has answered. Raises LabError with its log if one has died or is not there in time."""
        deadline = time.monotonic() + READY_S
        for server, address in KNOT.items():
            self._wait(f"knot-{server}", address, {"root": ".", "tld": "com.", "leaf": "good.co.jp."}[server], deadline)
        self._wait("odd", ADDRESSES["refusing"], ".", deadline, rcode=dns.rcode.REFUSED)
        for address in (RESOLVER, PLAIN_RESOLVER):
            self._wait(f"unbound-{address}", address, "good.co.jp.", deadline)
        self._wait_for("servers", (self._run / "servers" / "ready").exists, deadline)

    def _place(self, name: str) -> Path:
        place = self._run / name
        place.mkdir()
        return place

    def _start(self, name: str, program: str, *args: str) -> None:
        copy = self._run / program
        if not copy.exists():
            shutil.copy(find(program), copy)
        self._processes[name] = self._spawn(name, [str(copy), *args])

    def _spawn(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self._run / f"{name}.log").open("wb") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _wait(
        self, name: str, address: str, zone: str, deadline: float, rcode: dns.rcode.Rcode = dns.rcode.NOERROR
    ) -> None:
        query = dns.message.make_query(zone, "SOA")
        self._wait_for(name, lambda: _answers(query, address, rcode), deadline)

    def _wait_for(self, name: str, is_ready: Callable[[], bool], deadline: float) -> None:
        while not is_ready():
            code = self._processes[name].poll()
            if code is not None or time.monotonic() > deadline:
                state = "is not ready" if code is None else f"ended with status {code}"
                log = (self._run / f"{name}.log").read_text("utf-8", "replace")[-2000:]
                raise LabError(f"{name} {state}:\n{log}")
            time.sleep(0.01)


def _answers(query: dns.message.QueryMessage, address: str, rcode: dns.rcode.Rcode) -> bool:
    try:
        return dns.query.udp(query, address, timeout=0.04).rcode() == rcode
    except (OSError, dns.exception.DNSException):
        return False


def addresses(hosts: Iterable[Host]) -> set[str]:
    """Those that exist in the lab; `SILENT` is only routed."""
    return {*ADDRESSES.values(), *FAR.values(), *(host.address for host in hosts)} - {SILENT}


def flush(resolver: str = RESOLVER) -> None:
    """Make the resolver forget everything, also which servers were silent: from then on its caches are cold.

    It gives up what it is asking at this moment, too: what it found out about a silent server it would remember.
    """
    place = Path(sys.prefix) / "lab" / f"unbound-{resolver}"
    control = [find("unbound-control"), "-q", "-c", str(place / "unbound.conf")]
    for command in (("flush_requestlist",), ("flush_zone", "."), ("flush_infra", "all")):
        subprocess.run([*control, *command], check=True, timeout=10)
