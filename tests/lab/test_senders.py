"""Mails that real programs send arrive at our mailbox over real SMTP, and are judged right.

The table says of each program, kind of TLS and From domain what a receiver must find: the results of SPF, DKIM and
DMARC, and every rule about authentication and TLS that a mail yields.
"""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from internet.senders import ADDRESS, NAME, Letter, Senders, TlsUse, impossible

from bot.mailbox import MailboxServer, address_of, new_token, self_signed_context
from bot.store import MAIL_WORK, Mail, MailboxOpened, NewThread, Store
from bot.workflows.mail import session_of
from checks import Checker, Report

RESOLVER = os.environ["LAB_RESOLVER"]
DOMAIN = "receiver.com"
ARRIVAL_S = 40.0
JUDGED = re.compile(r"(SPF4|DKIM4|DKIM3|DKIM001|DMARC4|TLS4|ARC|MSG1)")
"""The rules that the table tells; others are about the lab's records and the reverse name."""


@dataclass(frozen=True)
class Case:
    program: str
    tls: TlsUse
    domain: str
    version: str | None
    rules: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.program}-{self.tls}-{self.domain}"


ALIGNED, UNALIGNED = "sender.co.jp", "unaligned.co.jp"
CASES = [
    Case(program, tls, domain, version, frozenset(rules) | judged)
    for domain, judged in ((ALIGNED, frozenset()), (UNALIGNED, frozenset({"DMARC401", "DKIM401", "SPF402"})))
    for program, tls, version, rules in (
        ("postfix", "none", None, {"TLS401"}),
        ("postfix", "broken", None, {"TLS403"}),
        # A handshake that comes about makes the one that failed forgotten.
        ("postfix", "modern", "TLSv1.3", set()),
        ("postfix", "old", "TLSv1", {"TLS402"}),
        ("exim", "none", None, {"TLS401"}),
        ("exim", "modern", "TLSv1.3", set()),
        ("exim", "old", "TLSv1", {"TLS402"}),
        ("msmtp", "none", None, {"TLS401"}),
        ("msmtp", "modern", "TLSv1.3", set()),
    )
]


async def play(place: Path) -> dict[str, tuple[Mail, Report]]:
    """Every mail sent, received and judged, by the name of its case."""
    store = Store(place / "app.db")
    await store.open()
    await store.threads.open(NewThread("t", "T", "C", ALIGNED, "en", "U"), "begin", lambda state: (state, []))
    server = MailboxServer(
        store,
        mail_domain=DOMAIN,
        hostname=f"mx.{DOMAIN}",
        host="11.3.0.1",
        port=25,
        tls=self_signed_context(f"mx.{DOMAIN}"),
        max_bytes=100_000,
    )
    await server.start()
    senders = Senders(place)
    played = {}
    try:
        await asyncio.to_thread(senders.start)
        async with Checker([RESOLVER]) as checker:
            # One after the other: how a handshake failed is remembered by the address that all of them share.
            for case in CASES:
                mail = await receive(store, senders, case)
                assert mail.raw is not None
                played[str(case)] = mail, await checker.check_message(mail.raw, session_of(mail.session))
    finally:
        await asyncio.to_thread(senders.stop)
        await server.stop()
        await store.close()
    return played


async def receive(store: Store, senders: Senders, case: Case) -> Mail:
    token = new_token()
    opened = MailboxOpened(token, datetime.now(UTC) + timedelta(hours=1), 1, 100_000)
    await store.threads.apply("t", token, lambda state: (state, [opened]))
    letter = Letter(case.domain, address_of(token, DOMAIN), case.tls)
    await asyncio.to_thread(getattr(senders, case.program), letter)
    deadline = asyncio.get_running_loop().time() + ARRIVAL_S
    while asyncio.get_running_loop().time() < deadline:
        for item in await store.work.pending():
            mail = await store.mailboxes.mail(item.argument) if item.name == MAIL_WORK else None
            if mail is not None and mail.token == token:
                return mail
        await asyncio.sleep(0.05)
    raise AssertionError(f"the mail of {case} did not arrive:\n{senders.log()}")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Mail, Report]]:
    place = tmp_path_factory.mktemp("senders")
    # Servers that are not root find their files only where everybody may pass.
    for directory in (place, place.parent, place.parent.parent):
        directory.chmod(0o755)
    return asyncio.run(play(place))


pytestmark = [
    pytest.mark.skipif(
        impossible() is not None and os.environ.get("CI") != "true", reason=f"no senders: {impossible()}"
    ),
    pytest.mark.parametrize("case", CASES, ids=str),
]


def test_the_session_is_seen_as_it_was(played: dict[str, tuple[Mail, Report]], case: Case) -> None:
    session: dict[str, Any] = played[str(case)][0].session
    assert (session["client_ip"], session["helo"]) == (ADDRESS, NAME)
    assert (session["tls"] or {}).get("version") == case.version
    assert (session["tls_failure"] is not None) == (case.tls == "broken")


def test_authentication_gives_what_it_must(played: dict[str, tuple[Mail, Report]], case: Case) -> None:
    results = played[str(case)][1].authentication
    assert results is not None
    aligned = case.domain == ALIGNED
    assert (results["spf"]["result"], results["spf"]["aligned"]) == ("pass", aligned)
    assert [(s["result"], s["reason"], s["aligned"]) for s in results["dkim"]] == [("pass", "", aligned)]
    assert results["dmarc"]["result"] == ("pass" if aligned else "fail")
    assert results["hearsay"] is None


def test_the_rules_are_those_that_the_mail_breaks(played: dict[str, tuple[Mail, Report]], case: Case) -> None:
    report = played[str(case)][1]
    assert {found.rule.id for found in report.findings if JUDGED.match(found.rule.id)} == case.rules
