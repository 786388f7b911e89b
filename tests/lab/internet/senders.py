"""Real mail programs that send: Postfix with OpenDKIM, Exim, and msmtp through Postfix as its smarthost.

They are unpacked, not installed, by tests/run into `PROGRAMS`: so no service of theirs ever starts by itself, and two
that Debian does not let stand side by side do. They give up root for users of their own, which the lab has only where
root started it (see `enter.py`).
"""

from __future__ import annotations

import os
import re
import shutil
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from internet import keys

PROGRAMS = Path(sys.prefix) / "mailers"
ADDRESS = "11.3.0.10"
NAME = "out.sender.co.jp"
SELECTOR = "s1"
SIGNERS: Mapping[str, str] = {"sender.co.jp": "sender.co.jp", "unaligned.co.jp": "bulkmailer.com"}
"""From domain → the domain that signs, and that the envelope sender is in."""
READY_S = 15.0
_USERS = (("postfix", 701), ("postdrop", 702), ("Debian-exim", 703))
_MILTER_PORT = 8891
_SUBMISSION = {"none": 2501, "modern": 2502, "old": 2503, "broken": 2504}

TlsUse = Literal["none", "modern", "old", "broken"]
"""How a sender speaks TLS: not at all; as it does by itself; TLS 1.0 alone; STARTTLS without any cipher of ours."""

_POSTFIX = {
    "none": "-o smtp_tls_security_level=none",
    "modern": "-o smtp_tls_security_level=may",
    "old": "-o smtp_tls_security_level=may -o smtp_tls_protocols=TLSv1",
    "broken": "-o smtp_tls_security_level=may -o smtp_tls_protocols=TLSv1.2 -o smtp_tls_exclude_ciphers=ECDHE,aNULL",
}
_EXIM = {
    "none": "hosts_avoid_tls = *",
    "modern": "",
    "old": "tls_require_ciphers = NORMAL:-VERS-ALL:+VERS-TLS1.0:%COMPAT",
}

_MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {place}/queue
data_directory = {place}/data
daemon_directory = {programs}/usr/lib/postfix/sbin
command_directory = {programs}/usr/sbin
shlib_directory = {programs}/usr/lib/postfix
meta_directory = {place}
import_environment = LD_LIBRARY_PATH={programs}/usr/lib/postfix MAIL_CONFIG MAIL_LOGTAG
mail_owner = postfix
setgid_group = postdrop
default_privs = nobody
maillog_file = {place}/log
maillog_file_prefixes = {place}
myhostname = {name}
mydestination =
local_transport = error:no local mail
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtp_bind_address = {address}
smtp_helo_name = {name}
smtpd_milters = inet:127.0.0.1:{milter}
milter_default_action = tempfail
smtp_tls_loglevel = 1
# A handshake that failed is followed by an attempt in clear, but only of a mail that waited for so long.
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
"""
_MASTER_CF = """\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
_QUEUES = (
    *("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming"),
    *("maildrop", "pid", "private", "public", "saved", "trace"),
)
_OPENDKIM = """\
Mode s
Socket inet:{port}@127.0.0.1
UserID root
RequireSafeKeys no
Syslog no
Canonicalization relaxed/relaxed
KeyTable file:{place}/keys
SigningTable refile:{place}/signing
OversignHeaders From
"""
_EXIM_CONF = """\
exim_path = {programs}/usr/sbin/exim4
keep_environment =
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = {place}/spool
log_file_path = {place}/log-%slog
primary_hostname = {name}
never_users =
disable_ipv6 = true
# All addresses of the lab are on this machine; the others are not Exim's own.
local_interfaces = 127.0.0.1
untrusted_set_sender = *
begin acl
begin routers
all:
  driver = dnslookup
  domains = *
  transport = out
begin transports
out:
  driver = smtp
  interface = {address}
  helo_data = {name}
  hosts_try_dane =
  tls_verify_hosts =
  tls_try_verify_hosts =
  dkim_domain = {signer}
  dkim_selector = {selector}
  dkim_private_key = {place}/key.pem
  dkim_canon = relaxed
  {tls}
begin retry
* * F,1h,1m
"""


class CannotSend(Exception):
    """A program is not there, or does not start here; the text says which and why."""


def impossible() -> str | None:
    """Why no mail can be sent here, None if it can."""
    for path in ("usr/lib/postfix/sbin/master", "usr/sbin/opendkim", "usr/sbin/exim4", "usr/bin/msmtp"):
        if not (PROGRAMS / path).exists():
            return f"{Path(path).name} is not there; tests/run unpacks it"
    if Path("/proc/self/uid_map").read_text().split()[2:] == ["1"]:
        return "mail servers need users of their own, which the lab has only if root starts it"
    return None


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail from somebody at `domain` of SIGNERS to `recipient`."""

    domain: str
    recipient: str
    tls: TlsUse

    @property
    def sender(self) -> str:
        return f"post@{SIGNERS[self.domain]}"

    def text(self) -> str:
        return (
            f"From: Post <post@{self.domain}>\nTo: {self.recipient}\nSubject: From a real program\n"
            f"Date: {time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime())}\n"
            f"Message-ID: <{time.monotonic_ns()}@{self.domain}>\nMIME-Version: 1.0\n"
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
            "Sent by a program that many send with.\n.. and two dots at the beginning of a line.\n"
        )


class Senders:
    """The programs with their files in `place`, in the lab. They end with the lab, or with `stop`."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._environment = os.environ | {"LD_LIBRARY_PATH": str(PROGRAMS / "usr/lib/postfix")}
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Raises CannotSend."""
        if reason := impossible():
            raise CannotSend(reason)
        _add_users(self._place)
        key = keys.rsa_2048().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        (self._place / "key.pem").write_bytes(key)
        self._start_opendkim()
        self._start_postfix()

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(10)

    def log(self) -> str:
        """What all of them wrote."""
        logs = sorted(self._place.rglob("*log*"))
        return "\n".join(f"== {log.name}\n{log.read_text('utf-8', 'replace')[-6000:]}" for log in logs if log.is_file())

    # One for each program: give it the mail, and return once it has it.

    def postfix(self, letter: Letter) -> None:
        with smtplib.SMTP("127.0.0.1", _SUBMISSION[letter.tls], timeout=20) as smtp:
            smtp.sendmail(letter.sender, [letter.recipient], letter.text().replace("\n", "\r\n"))

    def msmtp(self, letter: Letter) -> None:
        command = [
            str(PROGRAMS / "usr/bin/msmtp"),
            "--host=127.0.0.1",
            f"--port={_SUBMISSION[letter.tls]}",
            "--tls=off",
        ]
        self._run([*command, "--auth=off", f"--from={letter.sender}", letter.recipient], letter)

    def exim(self, letter: Letter) -> None:
        place = self._place / f"exim-{letter.domain}-{letter.tls}"
        spool = place / "spool"
        spool.mkdir(parents=True)
        shutil.copy(self._place / "key.pem", place)
        configuration = place / "exim.conf"
        places = {"place": place, "programs": PROGRAMS, "name": NAME, "address": ADDRESS, "selector": SELECTOR}
        configuration.write_text(_EXIM_CONF.format(signer=SIGNERS[letter.domain], tls=_EXIM[letter.tls], **places))
        for path in (place, spool, place / "key.pem"):
            shutil.chown(path, "Debian-exim", "Debian-exim")
        command = [str(PROGRAMS / "usr/sbin/exim4"), "-C", str(configuration), "-odi", "-i", "-f", letter.sender]
        self._run([*command, letter.recipient], letter)

    def _run(self, command: list[str], letter: Letter) -> None:
        done = subprocess.run(
            command, input=letter.text(), env=self._environment, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode:
            raise CannotSend(f"{Path(command[0]).name}: {done.stderr or done.stdout}\n{self.log()}")

    def _start_opendkim(self) -> None:
        place = self._place
        (place / "keys").write_text(
            "".join(f"{signer} {signer}:{SELECTOR}:{place}/key.pem\n" for signer in SIGNERS.values())
        )
        (place / "signing").write_text("".join(f"*@{domain} {signer}\n" for domain, signer in SIGNERS.items()))
        (place / "opendkim.conf").write_text(_OPENDKIM.format(port=_MILTER_PORT, place=place))
        self._spawn("opendkim", str(PROGRAMS / "usr/sbin/opendkim"), "-f", "-x", str(place / "opendkim.conf"))
        self._wait("opendkim", lambda: _answers(_MILTER_PORT))

    def _start_postfix(self) -> None:
        place = self._place / "postfix"
        queue, data = place / "queue", place / "data"
        for name in _QUEUES:
            (queue / name).mkdir(parents=True)
            if name != "pid":
                shutil.chown(queue / name, "postfix")
        for name in ("maildrop", "public"):
            shutil.chown(queue / name, "postfix", "postdrop")
            (queue / name).chmod(0o1730 if name == "maildrop" else 0o2710)
        data.mkdir()
        shutil.chown(data, "postfix")
        names = {"place": place, "programs": PROGRAMS, "name": NAME, "address": ADDRESS, "milter": _MILTER_PORT}
        (place / "main.cf").write_text(_MAIN_CF.format(**names))
        master = _MASTER_CF
        for use, port in _SUBMISSION.items():
            master += f"127.0.0.1:{port} inet n - n - - smtpd -o content_filter=out-{use}:\n"
            master += f"out-{use} unix - - n - - smtp {_POSTFIX[use]}\n"
        (place / "master.cf").write_text(master)
        self._spawn("postfix", str(PROGRAMS / "usr/lib/postfix/sbin/master"), "-c", str(place), "-d")
        self._wait("postfix", lambda: all(map(_answers, _SUBMISSION.values())))

    def _spawn(self, name: str, *command: str) -> None:
        with (self._place / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment | _config(self._place)
            )
        self._processes.append(process)

    def _wait(self, name: str, is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_S
        while not is_ready():
            if self._processes[-1].poll() is not None or time.monotonic() > deadline:
                raise CannotSend(f"{name} did not start:\n{self.log()}")
            time.sleep(0.02)


def _config(place: Path) -> dict[str, str]:
    return {"MAIL_CONFIG": str(place / "postfix")}


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _add_users(place: Path) -> None:
    """For this mount namespace alone: the system's own files stay as they are."""
    for system, line in (("/etc/passwd", "{0}:x:{1}:{1}::/nonexistent:/bin/false\n"), ("/etc/group", "{0}:x:{1}:\n")):
        known = Path(system).read_text("utf-8")
        new = [line.format(*user) for user in _USERS if not re.search(rf"^{user[0]}:", known, re.MULTILINE)]
        ours = place / Path(system).name
        ours.write_text(known.rstrip("\n") + "\n" + "".join(new), "utf-8")
        done = subprocess.run(["mount", "--bind", str(ours), system], capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotSend(f"{system} cannot be replaced for the lab: {done.stderr.strip()}")


if __name__ == "__main__":
    sys.exit(impossible())
