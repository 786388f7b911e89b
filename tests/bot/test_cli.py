"""The commands as their user runs them: real processes, real sockets on loopback."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import pty
import re
import signal
import socket
import sys

import pytest

from bot.cli.check import Checks
from bot.cli.names import read_names
from bot.cli.output import TextOutput
from bot.cli.progress import Progress
from bot.demo.domains import SIGNERS, sample_faults, sample_zones
from bot.demo.nameserver import Fault, Nameserver, Zone
from bot.demo.signing import make_signing_keys
from checks import Checker, Report

KEYS = make_signing_keys(SIGNERS)
MAIL = b"From: Taro <taro@good.example>\r\nTo: x@y.example\r\nSubject: hello\r\n\r\nhello\r\n"
HOSTILE = Zone(
    "hostile.example",
    '@ MX 10 mail\nmail A 192.88.99.9\n@ TXT "v=spf1 include:<!channel>\\226\\128\\174`x`.example -all"\n'
    '_dmarc TXT "v=DMARC1; p=\\226\\128\\174`<!here>`\\027[31m"',
)


def run(*arguments: str, stdin: bytes = b"", zones=(), dns: bool = True, env=None) -> tuple[int, str, str]:
    """(exit status, stdout, stderr) of `mailcheck ARGUMENTS --nameserver <the sample zones>`."""

    async def main() -> tuple[int, str, str]:
        served = (*sample_zones(KEYS), *zones)
        async with Nameserver(served, faults=sample_faults(), empty_zones=("example", "arpa", "invalid")) as ns:
            more = ("--nameserver", ns.address) if dns else ()
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", *arguments, *more,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=env,
            )  # fmt: skip
            out, err = await process.communicate(stdin)
            return process.returncode or 0, out.decode(), err.decode()

    return asyncio.run(main())


@pytest.mark.parametrize(("domain", "status"), [("good.example", 0), ("no-dmarc.example", 1), ("no-such.example", 1)])
def test_the_exit_status_follows_the_verdict(domain, status):
    code, out, err = run("check", domain, "--json")
    assert (code, err) == (status, "")
    assert json.loads(out)["subject"] == domain


def test_an_undetermined_verdict_is_status_3():
    silent = Zone("silent-all.example", "", "servfail")
    code, out, _ = run("check", "silent-all.example", "--json", zones=[silent])
    assert (code, json.loads(out)["verdict"]) == (3, "undetermined")


def test_several_domains_are_json_lines_in_the_order_given():
    code, out, _ = run("check", "no-dmarc.example", "good.example", "--json")
    assert code == 1
    assert [json.loads(line)["subject"] for line in out.splitlines()] == ["no-dmarc.example", "good.example"]


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("bad", ["co.jp", "192.0.2.1", "localhost", "a" * 254, "not a domain", "<!channel>"])
def test_bad_input_is_one_sentence_on_stderr_and_status_2(bad, lang):
    code, out, err = run("check", bad, "--lang", lang)
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [("check",), ("check", "a.example", "--nameserver", "nonsense"), ("message", "/no/such/file"), ("explain", "SPF999"),
     ("message", "-", "--ip", "1.2.3"), ("message", "-", "--tls", "TLSv1.3"), ("message", "-", "--now", "yesterday"), ("message", "-")],
)  # fmt: skip
def test_wrong_usage_is_status_2_and_nothing_on_stdout(arguments):
    code, out, err = run(*arguments, dns=False)
    assert (code, out) == (2, "")
    assert err.strip()
    assert "Traceback" not in err


def test_an_address_is_taken_for_its_domain_and_that_is_said():
    code, out, err = run("check", "info@good.example", "--lang", "ja", "--json")
    assert code == 0
    assert json.loads(out)["subject"] == "good.example"
    assert "good.example" in err


def test_the_terminal_report_says_what_to_change_in_both_languages():
    for lang, words in (("en", "has no DMARC record"), ("ja", "DMARCレコードがありません")):
        _, out, _ = run("check", "no-dmarc.example", "--lang", lang)
        assert words in out
        assert "+ v=DMARC1; p=none; rua=mailto:dmarc-reports@no-dmarc.example" in out
        assert "\x1b" not in out  # no colours in a pipe


def test_hostile_records_are_shown_harmlessly():
    for arguments in (("check", "hostile.example"), ("check", "hostile.example", "--lang", "ja")):
        code, out, _ = run(*arguments, zones=[HOSTILE])
        assert code == 1
        assert "\u202e" not in out
        assert "\x1b" not in out
        assert "\\u{202e}" in out


def test_a_mail_is_analysed_from_standard_input():
    code, out, _ = run(
        "message", "-", "--ip", "192.88.99.110", "--helo", "mail.good.example", "--mail-from", "taro@good.example",
        "--tls", "TLSv1.3/TLS_AES_256_GCM_SHA384", "--json", stdin=MAIL,
    )  # fmt: skip
    report = json.loads(out)
    assert code == 1
    assert (report["kind"], report["subject"], report["provisional"]) == ("message", "good.example", False)
    assert report["authentication"]["spf"] == {
        "result": "pass",
        "scope": "mfrom",
        "domain": "good.example",
        "aligned": True,
    }
    assert report["authentication"]["dkim"] == []
    assert report["authentication"]["dmarc"] == {
        "result": "pass", "from": "taro@good.example", "domain": "good.example", "policy": "reject", "policy_tag": "p",
        "applied": "reject", "record_at": "good.example",
    }  # fmt: skip
    assert "hello" not in out.replace("mail.good.example", "")


def test_rules_and_explain_speak_both_languages():
    code, out, _ = run("rules", "--json", dns=False)
    assert code == 0
    assert {"SPF301", "DMARC001", "TLS401"} <= {rule["id"] for rule in json.loads(out)}
    assert "DNS" in run("explain", "spf301", "--lang", "ja", dns=False)[1]
    code, _, err = run("explain", "SPF301X", dns=False)
    assert code == 2
    assert "SPF301" in err


@pytest.mark.parametrize("command", ["check", "message", "rules", "explain", "demo", "run", "doctor"])
def test_every_command_has_help(command):
    code, out, _ = run(command, "--help", dns=False)
    assert code == 0
    assert "Usage:" in out


def test_a_list_is_checked_in_its_order_and_bad_lines_are_named():
    lines = b"# ours\r\nno-dmarc.example\r\n=x\r\ngood.example # fine\r\nNO-DMARC.example\r\n"
    code, out, err = run("check", "--file", "-", "--json", stdin=lines)
    assert code == 1
    assert [json.loads(line)["subject"] for line in out.splitlines()] == ["no-dmarc.example", "good.example"]
    assert [line.split(": ")[0] for line in err.splitlines()] == ["stdin:3", "stdin:5"]


def test_a_list_of_one_domain_is_a_line_as_well():
    code, out, _ = run("check", "--file", "-", "--json", stdin=b"good.example")
    assert code == 0
    assert len(out.splitlines()) == 1


def test_a_bad_line_beside_a_safe_domain_is_undetermined_and_alone_it_is_bad_input():
    code, out, err = run("check", "good.example", "not a domain", "--json")
    assert (code, len(out.splitlines()), len(err.splitlines())) == (3, 1, 1)
    code, out, err = run("check", "--file", "-", "--lang", "ja", stdin=b"not a domain\n# nothing\n")
    assert (code, out) == (2, "")
    assert "ドメイン名ではありません" in err


def test_csv_has_a_row_for_each_line_and_excel_gets_its_mark():
    lines = b"good.example\n=cmd|x\nno-dmarc.example\n"
    code, out, _ = run("check", "--file", "-", "--csv", stdin=lines)
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert code == 1
    assert [row["domain"] for row in rows] == ["good.example", "'=cmd|x", "no-dmarc.example"]
    assert [row["DMARC"] for row in rows] == ["passed in DNS", "", "failed"]
    assert "DMARC001" in rows[2]["rules"]
    assert rows[1]["not checked because"]
    assert out.count("\r\n") == 4
    code, out, _ = run("check", "good.example", "--csv-bom", "--lang", "ja")
    assert code == 0
    assert out.startswith("\ufeffドメイン,")


def test_several_reports_end_with_an_overview():
    _, out, _ = run("check", "good.example", "no-dmarc.example", "--jobs", "1")
    overview = out[out.rindex("2 domains") :]
    assert re.search(r"^✓ good\.example +Safe", overview, re.MULTILINE)
    assert re.search(r"^✗ no-dmarc\.example +Mail system needs work.* DMARC001", overview, re.MULTILINE)


def test_verbose_shows_the_evidence_with_dig_lines():
    _, out, _ = run("check", "-v", "good.example", "--lang", "ja")
    assert "$ dig +short TXT _dmarc.good.example" in out


@pytest.mark.parametrize("arguments", [("--json", "--csv"), ("--file", "/no/such/list"), ("--jobs", "0"), ()])
def test_wrong_options_of_check_are_status_2(arguments):
    code, out, err = run("check", *arguments, *(["good.example"] if arguments else []))
    assert (code, out) == (2, "")
    assert "Traceback" not in err


def test_an_interrupt_ends_cleanly_with_what_is_done():
    """The second domain never answers; the first is printed, and SIGINT then ends it with a sentence."""

    async def main() -> tuple[int, bytes, bytes]:
        served = sample_zones(KEYS)
        silent = Fault("silent.example", drop=10_000)
        async with Nameserver(served, faults=[silent], empty_zones=("example", "arpa", "invalid")) as dns:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "check", "good.example", "silent.example", "--json",
                "--nameserver", dns.address, "--lang", "en",
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, limit=1 << 24,
            )  # fmt: skip
            assert process.stdout is not None
            assert process.stderr is not None
            first = await process.stdout.readline()
            process.send_signal(signal.SIGINT)
            rest, err = await process.communicate()
            return process.returncode or 0, first + rest, err

    code, out, err = asyncio.run(main())
    assert code == 130
    assert [json.loads(line)["subject"] for line in out.splitlines()] == ["good.example"]
    assert err.decode().splitlines() == ["Stopped: 1 of 2 domains were checked."]


def test_a_domain_that_is_done_is_printed_although_one_before_it_is_not():
    """What waits for its turn when the run is stopped is not lost."""

    class Told(TextOutput):
        def __init__(self) -> None:
            self.subjects: list[str] = []
            self.ended = False

        def report(self, report: Report) -> None:
            self.subjects.append(report.subject)

        def end(self) -> None:
            self.ended = True

    class Done(Progress):
        def __init__(self) -> None:
            super().__init__(2, "en")
            self.one = asyncio.Event()

        def advance(self) -> None:
            self.one.set()

    async def main() -> Told:
        told, done = Told(), Done()
        names = read_names(["silent.example", "good.example"], [], "en")
        silent = Fault("silent.example", drop=10_000)
        async with (
            Nameserver(sample_zones(KEYS), faults=[silent], empty_zones=("example", "arpa", "invalid")) as dns,
            Checker(nameservers=[dns.address]) as checker,
        ):
            running = asyncio.create_task(Checks(names, told, done, "en", 2).all(checker))
            await done.one.wait()
            await asyncio.sleep(0)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
        return told

    told = asyncio.run(main())
    assert (told.subjects, told.ended) == (["good.example"], True)


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What `mailcheck ARGUMENTS` writes where stdout and stderr are the same terminal of 100 columns."""

    async def main() -> str:
        async with Nameserver(
            sample_zones(KEYS), faults=sample_faults(), empty_zones=("example", "arpa", "invalid")
        ) as dns:
            ours, theirs = pty.openpty()
            env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | environment
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", *arguments, "--nameserver", dns.address,
                stdin=theirs, stdout=theirs, stderr=theirs, env={"COLUMNS": "100", "LC_ALL": "C.UTF-8", **env},
            )  # fmt: skip
            os.close(theirs)
            reading = asyncio.create_task(asyncio.to_thread(read_all, ours))
            await process.wait()
            return (await reading).decode()

    return asyncio.run(main())


def read_all(terminal: int) -> bytes:
    read = b""
    try:
        while part := os.read(terminal, 65_536):
            read += part
    except OSError:  # the other end is closed
        pass
    os.close(terminal)
    return read


COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7]")


def test_a_terminal_gets_colours_and_a_bar_that_goes_away():
    out = on_a_terminal("check", "good.example", "no-dmarc.example", TERM="xterm-256color")
    assert COLOUR.search(out)
    assert "checking" in out
    assert out.rstrip().splitlines()[-1].startswith("\x1b[1;31m✗")


@pytest.mark.parametrize(
    "environment", [{"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}], ids=["dumb", "NO_COLOR"]
)
def test_no_colours_where_they_are_not_wanted(environment):
    out = on_a_terminal("check", "no-dmarc.example", **environment)
    assert "DMARC001" in out
    assert not COLOUR.search(out)
    assert environment["TERM"] != "dumb" or "\x1b" not in out


def test_pages_of_rules_are_written_and_printed(tmp_path):
    code, out, _ = run("explain", "--markdown", "missing-dmarc", "--lang", "ja", dns=False)
    assert code == 0
    assert out.startswith("# DMARC001 missing-dmarc\n")
    code, out, _ = run("explain", "--into", str(tmp_path / "pages"), dns=False)
    assert (code, out) == (0, "")
    assert {"README.md", "SPF301.md", "DMARC001.md"} <= {path.name for path in (tmp_path / "pages").iterdir()}
    code, _, err = run("explain", dns=False)
    assert code == 2
    assert "mailcheck rules" in err


def test_the_table_is_put_between_its_marks(tmp_path):
    file = tmp_path / "README.md"
    file.write_text("before\n<!-- rules:ja -->\nold\n<!-- /rules -->\nafter\n", "utf-8")
    assert run("rules", "--write", str(file), dns=False)[0] == 0
    text = file.read_text("utf-8")
    assert text.startswith("before\n<!-- rules:ja -->\n")
    assert text.endswith("<!-- /rules -->\nafter\n")
    assert "| `SPF301` |" in text
    assert "\nold\n" not in text
    assert run("rules", "--write", str(file), dns=False)[0] == 0
    assert file.read_text("utf-8") == text
    bare = tmp_path / "bare.md"
    bare.write_text("nothing", "utf-8")
    assert run("rules", "--write", str(bare), dns=False)[0] == 2


def test_the_keys_of_blocklists_come_from_the_environment_and_are_shown_nowhere():
    key = "abcdefghijklmnopqrstuvwxyz"
    listing = Zone(f"{key}.dbl.dq.spamhaus.net", "test A 127.0.1.2\ngood.example A 127.0.1.2\n")
    env = os.environ | {"MAILCHECK_BLOCKLIST_KEYS": f"spamhaus={key}"}
    code, out, err = run("check", "good.example", "--verbose", zones=[listing], env=env)
    assert code == 1
    assert "BL201" in out
    assert key not in out + err
    code, out, err = run("check", "good.example", env=env | {"MAILCHECK_BLOCKLIST_KEYS": f"{key}=spamhaus"})
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith("MAILCHECK_BLOCKLIST_KEYS: ")
    assert key not in err


def test_the_commands_import_nothing_before_they_run():
    script = "import sys, bot.cli\nprint([m for m in ('checks', 'rich', 'bot.render', 'bot.conversation', 'dns') if m in sys.modules])"

    async def main() -> str:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
        return (await process.communicate())[0].decode()

    assert asyncio.run(main()).strip() == "[]"


def test_the_light_commands_import_nothing_of_the_bot():
    script = (
        "import sys\nfrom click.testing import CliRunner\nfrom bot.cli import main\n"
        "CliRunner().invoke(main, ['check', 'x.good.example', '--nameserver', '127.0.0.1:9'])\n"
        "CliRunner().invoke(main, ['rules'])\nCliRunner().invoke(main, ['explain', 'SPF301'])\n"
        "CliRunner().invoke(main, ['message', '-', '--nameserver', '127.0.0.1:9'], input=b'From: a@good.example\\r\\n\\r\\nx')\n"
        "print([m for m in ('slack_bolt', 'slack_sdk', 'dbos', 'sqlalchemy', 'alembic', 'aiosmtpd') if m in sys.modules])"
    )

    async def main() -> str:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
        return (await process.communicate())[0].decode()

    assert asyncio.run(main()).strip() == "[]"


def test_a_demo_whose_port_is_taken_says_so_in_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, out, err = run("demo", "--port", str(taken.getsockname()[1]), dns=False)
    assert (code, out) == (2, "")
    assert "--port" in err
    assert len(err.splitlines()) == 1
