"""The commands as their user runs them: real processes, real sockets on loopback."""

from __future__ import annotations

import asyncio
import json
import socket
import sys

import pytest

from bot.demo.domains import SIGNERS, sample_faults, sample_zones
from bot.demo.nameserver import Nameserver, Zone
from bot.demo.signing import make_signing_keys

KEYS = make_signing_keys(SIGNERS)
MAIL = b"From: Taro <taro@good.example>\r\nTo: x@y.example\r\nSubject: hello\r\n\r\nhello\r\n"
HOSTILE = Zone(
    "hostile.example",
    '@ MX 10 mail\nmail A 127.0.0.9\n@ TXT "v=spf1 include:<!channel>\\226\\128\\174`x`.example -all"\n'
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
        "message", "-", "--ip", "127.0.0.10", "--helo", "mail.good.example", "--mail-from", "taro@good.example",
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
        "result": "pass", "from": "taro@good.example", "domain": "good.example", "policy": "reject", "record_at": "good.example"
    }  # fmt: skip
    assert "hello" not in out.replace("mail.good.example", "")


def test_rules_and_explain_speak_both_languages():
    code, out, _ = run("rules", "--json", dns=False)
    assert code == 0
    assert {"SPF301", "DMARC001", "TLS401"} <= {rule["id"] for rule in json.loads(out)}
    assert "DNS" in run("explain", "spf301", "--lang", "ja", dns=False)[1]
    code, _, err = run("explain", "SPF31", dns=False)
    assert code == 2
    assert "SPF301" in err


@pytest.mark.parametrize("command", ["check", "message", "rules", "explain", "demo", "run", "doctor"])
def test_every_command_has_help(command):
    code, out, _ = run(command, "--help", dns=False)
    assert code == 0
    assert "Usage:" in out


def test_the_light_commands_import_nothing_of_the_bot():
    script = (
        "import sys\nfrom click.testing import CliRunner\nfrom bot.cli import main\n"
        "CliRunner().invoke(main, ['check', 'x.good.example', '--nameserver', '127.0.0.1:9'])\n"
        "CliRunner().invoke(main, ['rules'])\nCliRunner().invoke(main, ['explain', 'SPF301'])\n"
        "CliRunner().invoke(main, ['message', '-', '--nameserver', '127.0.0.1:9'], input=b'From: a@good.example\\r\\n\\r\\nx')\n"
        "print([m for m in ('slack_bolt', 'slack_sdk', 'dbos', 'sqlalchemy', 'alembic', 'aiosmtpd', 'aiohttp') if m in sys.modules])"
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
