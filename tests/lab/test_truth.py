"""The truth table: every name of the lab, checked through real servers, yields exactly its rules and no other."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable

import pytest
from internet.daemons import flush
from internet.domains import Domain, load, zone_of

from checks import CATALOGUE, Checker, Outcome, Report

RESOLVER = os.environ["LAB_RESOLVER"]
DOMAINS = load()
CHECKED = [d for d in DOMAINS.values() if d.truth is not None]
OF_MAIL = {check.id for check in CATALOGUE.checks if check.of_mail}
FROM_DNS = {rule.id for check in CATALOGUE.checks if not check.of_mail for rule in check.rules}

PATIENT_S = 20.0
SHORT_S = 2.5
"""For names with a silent server: before the resolver gives up and says SERVFAIL, which it does when it likes."""


SIDE_BY_SIDE = 40
"""As many checks at once: each has its deadline, and all share one resolver and this machine."""


def is_slow(domain: Domain) -> bool:
    return "timeout" in domain.truth.unknown.values()


async def check_all(domains: Iterable[Domain], deadline_s: float) -> dict[str, Report]:
    room = asyncio.Semaphore(SIDE_BY_SIDE)

    async def check(checker: Checker, domain: Domain) -> Report:
        async with room:
            return await checker.check_domain(domain.name, known_selectors=domain.truth.selectors)

    async with Checker([RESOLVER], deadline_s=deadline_s) as checker:
        tasks = {d.name: asyncio.create_task(check(checker, d)) for d in domains}
        return {name: await task for name, task in tasks.items()}


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    """Many side by side, with cold caches; those that nobody answers apart, for their deadline is short."""
    flush()
    slow = [d for d in CHECKED if is_slow(d)]
    others = [d for d in CHECKED if not is_slow(d)]
    return asyncio.run(check_all(slow, SHORT_S)) | asyncio.run(check_all(others, PATIENT_S))


def differences(domain: Domain, report: Report) -> list[str]:
    """What the report says otherwise than the truth does, in words."""
    truth, lines = domain.truth, []
    rules = truth.rules
    found = {finding.rule.id for finding in report.findings}
    lines += [f"missing   {rule}" for rule in sorted(rules - found)]
    lines += [f"forbidden {f.rule.id}: {f.title('en')}" for f in report.findings if f.rule.id not in rules]
    said = (report.verdict and report.verdict.value, report.provisional)
    if said != (truth.verdict, truth.provisional):
        lines.append(f"verdict   {said}, not {(truth.verdict, truth.provisional)}")
    for check in report.checks:
        if check.outcome is Outcome.BROKEN:
            lines.append(f"broken    {check.id}")
        if check.id in OF_MAIL:
            continue
        told = check.reason.value if check.outcome is Outcome.UNKNOWN else None
        if told != truth.reason(check.id):
            answer = f"{check.outcome.value} ({check.reason.value})" if check.reason else check.outcome.value
            lines.append(f"unknown   {check.id} is {answer}, not {truth.reason(check.id) or 'known'}")
    return lines


def test_the_truth_holds_for_every_name_without_exception(reports):
    table = {d.shown: (d.about, differences(d, reports[d.name])) for d in CHECKED}
    wrong = {name: row for name, row in table.items() if row[1]}
    text = "\n".join(
        "\n".join([f"{name}  ({about})", *(f"    {line}" for line in lines)]) for name, (about, lines) in wrong.items()
    )
    assert not wrong, f"{len(wrong)} of {len(table)} names:\n{text}"


def test_every_rule_that_the_dns_alone_can_show_is_mandatory_somewhere():
    assert set().union(*(d.truth.rules for d in CHECKED)) == FROM_DNS


def test_every_question_is_unknown_somewhere_and_known_somewhere():
    """So that "could not tell" has been walked through for each, and none hides behind it."""
    questions = [check.id for check in CATALOGUE.checks if not check.of_mail]
    for question in questions:
        reasons = {d.truth.reason(question) for d in CHECKED}
        assert None in reasons, question
        assert reasons - {None}, question


def test_a_question_that_failed_never_yields_a_missing_rule(reports):
    missing = {
        "DNS001",
        "SPF001",
        "SPF304",
        "DMARC001",
        "MX001",
        "MX103",
        "PTR001",
        "DKIM002",
        "STS001",
        "RPT001",
        "BIMI001",
    }
    for domain in CHECKED:
        for check in reports[domain.name].checks:
            if domain.truth.reason(check.id):
                assert not missing & {finding.rule.id for finding in check.findings}, (domain.shown, check.id)


def test_the_table_says_what_is_special_about_every_name_and_has_no_name_twice():
    assert len(CHECKED) >= 40
    assert all(d.about for d in CHECKED)
    assert len({d.about for d in CHECKED}) == len(CHECKED)


def test_names_lie_in_the_zone_that_their_records_are_in():
    assert zone_of("news.orgonly.co.jp", DOMAINS.values()).name == "orgonly.co.jp"
    assert zone_of("no-such-company.co.jp", DOMAINS.values()).name == "co.jp"
    assert zone_of("com", DOMAINS.values()).name == "com"
    assert zone_of("nosuchtld", DOMAINS.values()).name == "."
