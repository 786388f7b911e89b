"""`tests/lab/run` itself, within the lab once more: nothing is left behind, and nothing starts where there is a way out."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

RUN = Path(__file__).parent / "run"
PLACE = Path(os.environ["LAB_DIR"])


def run(*command: str | Path, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, **options)


def marked(mark: str) -> int:
    """How many processes have this text in their environment."""
    count = 0
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            count += mark.encode() in environment.read_bytes()
    return count


def wait_for(what, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_status_and_the_output_are_those_of_the_command():
    done = run(RUN, "sh", "-c", "echo $LAB_RESOLVER; exit 3")
    assert (done.returncode, done.stdout) == (3, "127.0.0.1\n")
    assert run(RUN, "sh", "-c", "kill -9 $$").returncode == 128 + signal.SIGKILL
    assert run(RUN, "no-such-command").returncode == 127


def test_timing_says_how_long_each_step_took():
    done = run(RUN, "--timing", "true")
    assert "until the lab was up" in done.stderr
    assert "zones made and signed" in done.stderr


def test_without_a_command_it_is_a_shell_that_says_what_there_is():
    done = run(RUN, input="echo from the shell\nexit 5\n", env=os.environ | {"SHELL": "/bin/sh"})
    assert done.returncode == 5
    assert "good.co.jp" in done.stdout
    assert "from the shell" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_behind_when_the_run_is_killed(number):
    mark, before = uuid.uuid4().hex, sorted(PLACE.iterdir())
    process = subprocess.Popen(
        [RUN, "sh", "-c", "echo up; exec sleep 300"], stdout=subprocess.PIPE, env=os.environ | {"LAB_MARK": mark}
    )
    assert process.stdout.readline() == b"up\n"
    assert marked(mark) >= 8  # five name servers, the odd one, the first process inside, the command
    process.send_signal(number)
    process.wait(10)
    process.stdout.close()
    wait_for(lambda: marked(mark) == 0)
    assert sorted(PLACE.iterdir()) == before


def test_sigterm_reaches_the_command():
    process = subprocess.Popen(
        [RUN, "sh", "-c", "trap 'echo told; exit' TERM; echo up; sleep 300 & wait"], stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"up\n"
    process.terminate()
    assert process.stdout.readline() == b"told\n"
    process.wait(10)
    process.stdout.close()


def test_no_server_starts_where_there_is_an_interface_besides_lo():
    done = run(
        *("unshare", "-Urn", "--fork", "--pid", "--kill-child", "sh", "-c"),
        f"ip link set lo name uplink0 && exec {sys.executable} -m internet.inside echo started",
    )
    assert done.returncode != 0
    assert done.stdout == ""
    assert "There is an interface uplink0." in done.stderr


def test_the_delay_link_is_as_slow_as_it_says_or_the_run_says_why_there_is_none():
    """20 ms there and back for a question to the resolver. Only benchmarks use it: a system may lack its device."""
    question = (
        "import os, dns.message as m, dns.query as q; ask = m.make_query('good.co.jp', 'MX');"
        "times = [q.udp(ask, os.environ['LAB_RESOLVER'], timeout=5).time * 1000 for _ in range(20)]; print(min(times))"
    )
    done = run(RUN, "--delay", "10", sys.executable, "-c", question)
    if os.access("/dev/net/tun", os.R_OK | os.W_OK):
        assert done.returncode == 0, done.stderr
        assert float(done.stdout) >= 20
    else:
        assert (done.returncode, done.stdout) == (70, "")
        assert "needs root and /dev/net/tun" in done.stderr


@pytest.mark.parametrize("arguments", [["true"], ["--possible"]])
def test_where_namespaces_are_forbidden_it_fails_and_says_so(arguments):
    done = run(
        *("unshare", "-Ur", "sh", "-c", 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"', "sh"), RUN, *arguments
    )
    assert done.returncode != 0
    assert "the lab cannot run here: user, network and process namespaces" in (done.stdout + done.stderr).lower()
