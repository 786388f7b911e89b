"""Mails by which a stranger would have us compute for minutes end in an outcome, and hold up no other mail."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
import stalling_mails
from hostile_check import opened
from signed_mail import NOW, PLAIN, SESSION, published, signed
from stalling_mails import ATTACKS

from checks import CATALOGUE, Checker, Outcome, Report, Session, Verdict, Why, Workers, WorkLimits
from checks.isolation import jobs

LIVE = Session("192.0.2.25", "mx.example.jp", "info@example.jp", None)
GENEROUS = WorkLimits(wall_seconds=60.0, turn_seconds=120.0)
"""Other tests run meanwhile: only processor time counts."""
SHORT = WorkLimits(1.0, 60.0, turn_seconds=120.0)
OUTCOMES = {
    "blanks before line ends": ({"pass ": 1}, "none"),
    "folds in b=": ({"permerror signature_syntax": 2}, "none"),
    "giant RSA exponent": ({"permerror key_syntax": 10}, "none"),
    "thousands of names in h=": ({"permerror signature_syntax": 1, "fail signature_invalid": 9}, "none"),
    "300 ARC sets": ({}, "fail"),
    "50 ARC sets, all good": ({}, "pass"),
    "a body of 25 MB": ({"pass ": 1}, "none"),
    "MIME 1,000 deep": ({}, "none"),
    "messages 1,000 deep": ({}, "none"),
    "100,000 parts": ({}, "none"),
    "an author of comments": ({}, "none"),
    "40,000 encoded words": ({}, "none"),
}
"""Of the signatures and of the ARC chain."""
QUICK_S = 0.5
"""Of processor time: what takes no longer may be done before mails that came later."""


async def together(checker: Checker, attacks: Iterable[bytes]) -> tuple[list[Report], list[Report], list[str]]:
    """The reports on the attacks and on ten ordinary mails that come meanwhile, and the order of their ends."""
    order: list[str] = []
    ordinary_mail = signed()

    async def one(name: str, raw: bytes) -> Report:
        report = await checker.check_message(raw, LIVE)
        order.append(name)
        return report

    attacking = [asyncio.create_task(one("attack", raw)) for raw in attacks]
    await asyncio.sleep(0.05)
    ordinary = await asyncio.gather(*(one("ordinary", ordinary_mail) for _ in range(10)))
    return await asyncio.gather(*attacking), ordinary, order


def assert_complete(report: Report) -> None:
    assert [c.id for c in report.checks] == [c.id for c in CATALOGUE.checks]
    assert [c.id for c in report.checks if c.outcome is Outcome.BROKEN] == []


def assert_ordinary(reports: list[Report]) -> None:
    for report in reports:
        assert_complete(report)
        assert report.authentication is not None
        assert [s["result"] for s in report.authentication["dkim"]] == ["pass"]


@pytest.mark.parametrize("name", ATTACKS)
def test_a_mail_made_to_stall_is_analysed_within_the_limits_and_holds_up_no_other(name: str) -> None:
    raw = ATTACKS[name]()

    async def run() -> tuple[list[Report], list[Report], list[str]]:
        async with opened(Workers(2, 1, GENEROUS), deadline_s=120.0) as checker:
            return await together(checker, [raw])

    (attacked,), ordinary, order = asyncio.run(run())
    assert_ordinary(ordinary)
    assert_complete(attacked)
    assert [c.id for c in attacked.checks if c.reason in (Why.TOO_COSTLY, Why.NOT_ANALYSED)] == []
    assert attacked.authentication is not None
    signatures = Counter(f"{s['result']} {s['reason']}" for s in attacked.authentication["dkim"])
    assert (signatures, attacked.authentication["arc"]["result"]) == OUTCOMES[name]
    began = time.process_time()
    jobs.verify(raw, published(), SESSION, NOW)
    assert order[-1] == "attack" or time.process_time() - began < QUICK_S, order


@pytest.mark.parametrize(
    ("line", "expected"), [("hold", Why.TOO_COSTLY), ("memory", Why.TOO_COSTLY), ("crash", Why.NOT_ANALYSED)]
)
def test_a_mail_that_cannot_be_analysed_is_said_to_be_so_and_nothing_of_it_is_missing(line: str, expected: Why) -> None:
    async def run() -> Report:
        async with opened(Workers(1, 0, SHORT, stalling_mails), deadline_s=120.0) as checker:
            return await checker.check_message(signed(PLAIN + line.encode() + b"\r\n"), LIVE)

    report = asyncio.run(run())
    assert_complete(report)
    of_bytes = {c.id: report.result(c.id) for c in CATALOGUE.checks if c.topic in ("dkim", "msg", "arc") and c.of_mail}
    assert of_bytes
    for result in of_bytes.values():
        assert result is not None
        assert (result.outcome, result.reason, result.findings) == (Outcome.UNKNOWN, expected, ())
    # Judged by the session and by the DNS of the author, which is known.
    spf, mx = report.result("spf.record"), report.result("mx.addresses")
    assert spf is not None
    assert mx is not None
    assert spf.outcome is not Outcome.UNKNOWN
    assert mx.outcome is not Outcome.UNKNOWN
    assert report.mail is None
    assert report.verdict is not Verdict.SAFE
    assert report.as_dict("ja")["subject"] == "example.jp"


def test_ten_ordinary_mails_are_answered_before_the_mails_that_hold_the_workers(tmp_path: Path) -> None:
    """Those end only when all others are done; one more of them than there are workers for all."""
    done = tmp_path / "done"

    async def run() -> list[str]:
        order: list[str] = []

        async def one(name: str, raw: bytes) -> Report:
            report = await checker.check_message(raw, LIVE)
            order.append(name)
            return report

        limits = WorkLimits(10.0, 100.0, reserved_seconds=0.1, turn_seconds=120.0)
        async with opened(Workers(2, 1, limits, stalling_mails), deadline_s=300.0) as checker:
            held = signed(PLAIN + b"until " + os.fsencode(done) + b"\r\n")
            holding = [asyncio.create_task(one("held", held)) for _ in range(3)]
            await asyncio.sleep(0.5)
            assert_ordinary(await asyncio.gather(*(one("ordinary", signed()) for _ in range(10))))
            done.touch()
            assert_ordinary(await asyncio.gather(*holding))
        return order

    assert asyncio.run(run()) == ["ordinary"] * 10 + ["held"] * 3
