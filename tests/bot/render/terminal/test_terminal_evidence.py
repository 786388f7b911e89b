"""What was seen, with the dig lines that show the same, and the SPF tree with the lookups of each branch."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

import pytest
from reports import domain_report
from rich.console import Console

from bot.demo.domains import SIGNERS, sample_faults, sample_zones
from bot.demo.nameserver import Nameserver, Zone
from bot.demo.signing import make_signing_keys
from bot.render.terminal.report import print_report
from checks import Checker, Lang, Report

HOSTILE = Zone(
    "hostile.example", '@ TXT "v=spf1 include:\\226\\128\\174x.example \\027[31m -all"\n@ MX 10 mail\nmail A 192.0.2.1'
)
LOOP = Zone("loop.example", '@ TXT "v=spf1 a include:b.loop.example -all"\nb TXT "v=spf1 include:loop.example -all"')


def checked(domain: str, zones: tuple[Zone, ...] = ()) -> Report:
    async def main() -> Report:
        served = (*sample_zones(make_signing_keys(SIGNERS)), *zones)
        async with (
            Nameserver(served, faults=sample_faults(), empty_zones=("example", "arpa", "invalid")) as dns,
            Checker(nameservers=[dns.address], connect=False) as checker,
        ):
            return await checker.check_domain(domain)

    return asyncio.run(main())


def shown(report: Report, lang: Lang = "en") -> str:
    file = io.StringIO()
    print_report(Console(file=file, width=80), report, lang, verbose=True)
    return file.getvalue()


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_each_question_stands_there_as_a_dig_line_with_its_answer(lang):
    lines = [line.strip() for line in shown(checked("good.example"), lang).splitlines()]
    for asked, answer in (
        ("TXT good.example", "v=spf1"),
        ("TXT _dmarc.good.example", "v=DMARC1; p=reject"),
        ("MX good.example", "10 "),
    ):
        at = next(n for n, line in enumerate(lines) if line.startswith(f"$ dig +short {asked}"))
        assert any(line.startswith(answer) for line in lines[at + 1 : at + 4]), lines[at : at + 4]
    assert len([line for line in lines if line.startswith("$ ")]) == len(
        {line for line in lines if line.startswith("$ ")}
    )


def test_the_spf_tree_shows_the_lookups_of_each_branch():
    text = shown(checked("spf-limit.example"))
    assert "13 DNS lookups of at most 10" in text
    assert "├── " in text


def test_a_loop_in_spf_is_named_and_not_followed():
    text = shown(checked("loop.example", (LOOP,)))
    assert "leads back to a record above" in text


def test_a_question_without_an_answer_says_why():
    text = shown(checked("no-dmarc.example"))
    lines = [line.strip() for line in text.splitlines()]
    at = lines.index("$ dig +short TXT _dmarc.no-dmarc.example")
    assert lines[at + 1] == "none (NXDOMAIN)"


def test_the_time_and_the_number_of_queries_are_told():
    assert " DNS queries, " in shown(checked("good.example"))


def test_hostile_records_are_shown_harmlessly():
    text = shown(checked("hostile.example", (HOSTILE,)))
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    "evidence",
    [
        {
            "NewEvidence": {
                "domain": "x.example",
                "answer": {"state": "seen", "value": {"deep": [{"deeper": [1, [2]]}]}},
            }
        },
        {"NewEvidence": {"list": [{"a": 1}, {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}]}},
        {"NewEvidence": "text"},
        {"DnssecEvidence": {"domain": "x", "state": {"state": "unreachable", "why": "timeout", "detail": ""}}},
        {"NewEvidence": {"many": list(range(1_000)), "long": "x" * 100_000}},
    ],
    ids=["nested", "deep", "no record", "unreachable", "large"],
)
def test_evidence_of_any_shape_is_shown(evidence):
    text = shown(replace(domain_report(), evidence=evidence))
    assert len(text) < 20_000
