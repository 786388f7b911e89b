"""The message and DKIM probes against a real nameserver on the loopback interface."""

from __future__ import annotations

import asyncio

import pytest
from signed_mail import NOW, SESSION, ed25519_record, rsa_key, rsa_record, sealed, signed

from bot.demo.nameserver import ALWAYS, Fault, Nameserver, Zone
from checks.evidence.dkim import KnownKeysEvidence
from checks.evidence.message import MessageEvidence
from checks.model import Absent, Seen, Unreachable
from checks.net.dns import Dns
from checks.probes.dkim import ask_known_keys
from checks.probes.message import ask_message
from checks.probes.run import Run


def quoted(record: bytes) -> str:
    text = record.decode()
    return " ".join(f'"{text[i : i + 250]}"' for i in range(0, len(text), 250))


def zones() -> list[Zone]:
    good = quoted(rsa_record(rsa_key()))
    return [
        Zone(
            "example.jp",
            f's1._domainkey TXT {good}\nold._domainkey TXT "v=DKIM1; p="\n'
            f"two._domainkey TXT {good}\ntwo._domainkey TXT {quoted(ed25519_record())}\n"
            f"short._domainkey TXT {quoted(rsa_record(rsa_key(768)))}\nalias._domainkey CNAME s1._domainkey.esp.example.\n",
        ),
        Zone("esp.example", f"s1._domainkey TXT {good}"),
        Zone("lists.example.net", f"arc._domainkey TXT {good}"),
    ]


class Asked:
    """What one run asked and found."""

    def __init__(self, message: MessageEvidence | None, keys: KnownKeysEvidence, log: list[tuple[str, str]]) -> None:
        self.message, self.keys, self.log = message, keys, log


def ask(raw: bytes | None = None, selectors: tuple[str, ...] = (), *faults: Fault) -> Asked:
    async def run() -> Asked:
        async with Nameserver(zones(), faults=faults) as server:
            gateway = Dns([server.address], try_s=0.2, tries=2)
            try:
                context = Run(
                    "example.jp",
                    "example.jp",
                    gateway.run(5.0),
                    NOW,
                    {MessageEvidence: ask_message, KnownKeysEvidence: ask_known_keys},
                    known_selectors=selectors,
                    raw=raw,
                    session=SESSION,
                )
                message = await context.evidence(MessageEvidence) if raw is not None else None
                return Asked(message, await context.evidence(KnownKeysEvidence), list(server.log))
            finally:
                await gateway.aclose()

    return asyncio.run(run())


def outcomes(asked: Asked) -> list[tuple[str, str, str]]:
    assert asked.message is not None
    return [(s.domain, s.result, s.reason) for s in asked.message.signatures]


def test_every_key_is_asked_for_once_and_the_mail_verified() -> None:
    raw = sealed(signed(signed(signed(), domain="esp.example"), selector="alias"))
    asked = ask(raw)
    assert outcomes(asked) == [
        ("example.jp", "pass", ""),
        ("esp.example", "pass", ""),
        ("example.jp", "pass", ""),
    ]
    assert asked.message is not None
    assert asked.message.arc.result == "pass"
    assert sorted(name for name, rdtype in asked.log if rdtype == "TXT") == [
        "alias._domainkey.example.jp",
        "arc._domainkey.lists.example.net",
        "s1._domainkey.esp.example",
        "s1._domainkey.example.jp",
    ]


def test_missing_keys_and_failed_lookups_are_told_apart() -> None:
    assert outcomes(ask(signed(selector="gone"))) == [("example.jp", "permerror", "key_not_found")]
    name = "s1._domainkey.example.jp"
    failed = ask(signed(), (), Fault(name, "TXT", rcode="SERVFAIL"))
    assert outcomes(failed) == [("example.jp", "temperror", "key_lookup_failed")]
    assert failed.message is not None
    assert failed.message.signatures[0].key_why == "servfail"
    silent = ask(signed(), (), Fault(name, "TXT", drop=ALWAYS))
    assert silent.message is not None
    assert silent.message.signatures[0].key_why == "timeout"


def test_a_run_without_a_mail_has_no_message_evidence() -> None:
    async def run() -> None:
        gateway = Dns(["127.0.0.1:9"])
        try:
            context = Run("example.jp", "example.jp", gateway.run(), NOW, {})
            with pytest.raises(ValueError, match="no mail"):
                await ask_message(context)
        finally:
            await gateway.aclose()

    asyncio.run(run())


def test_known_selectors_are_looked_up_newest_first() -> None:
    selectors = ("s1", "gone", "old", "two", "short", "s1._domainkey.esp.example")
    keys = ask(None, selectors).keys.keys
    assert [(k.selector, k.name, k.problem, k.bits) for k in keys] == [
        ("s1", "s1._domainkey.example.jp", "", 2048),
        ("gone", "gone._domainkey.example.jp", "key_not_found", None),
        ("old", "old._domainkey.example.jp", "key_revoked", None),
        ("two", "two._domainkey.example.jp", "key_syntax", None),
        ("short", "short._domainkey.example.jp", "key_too_short", 768),
        ("s1", "s1._domainkey.esp.example", "", 2048),
    ]
    assert isinstance(keys[0].answer, Seen)
    assert isinstance(keys[1].answer, Absent)
    failed = ask(None, ("s1",), Fault("s1._domainkey.example.jp", "TXT", rcode="SERVFAIL")).keys.keys
    assert failed[0].problem == "key_lookup_failed"
    assert isinstance(failed[0].answer, Unreachable)
    assert ask(None).keys.keys == ()
