"""The status of ARC chains made by dkimpy's signer (RFC 8617)."""

from __future__ import annotations

import time

import pytest
from signed_mail import NOW, SESSION, published, sealed, signed

from checks.evidence.message import ArcEvidence
from checks.model import Absent, Unreachable, Why
from checks.parse.message import Limits, outline, verify

ONE = sealed(signed())
TWO = sealed(ONE, domain="example.org", chain="pass")
ARC_KEY = "arc._domainkey.lists.example.net"


def arc(raw: bytes) -> ArcEvidence:
    return verify(raw, published(), SESSION, NOW).arc


def test_a_mail_without_sets_has_no_chain() -> None:
    assert arc(signed()) == ArcEvidence("none", 0)


def test_chains_of_one_and_two_sets_pass() -> None:
    assert arc(ONE) == ArcEvidence("pass", 1, "lists.example.net")
    assert arc(TWO) == ArcEvidence("pass", 2, "example.org")
    assert arc(TWO.replace(b"\r\n", b"\n")).result == "pass"


def test_the_keys_of_the_chain_are_in_the_outline() -> None:
    assert outline(TWO).key_names == ("s1._domainkey.example.jp", "arc._domainkey.example.org", ARC_KEY)


@pytest.mark.parametrize("fold", [b"\r\n\ti=1;", b"i=1;", b"\ti=1 ;"])
def test_the_instance_may_be_written_in_any_way(fold: bytes) -> None:
    """Real list servers fold before i=; the library alone looks for " i=1;" and raises IndexError."""
    at = ONE.index(b"ARC-Message-Signature:")
    refolded = ONE[:at] + ONE[at:].replace(b" i=1;", fold, 1)
    expected = "pass" if fold != b"\ti=1 ;" else "fail"
    assert arc(refolded).result == expected


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"Subject: Hello", b"Subject: [list] Hello", "message_signature"),
        (b"The last line", b"The last lines", "message_signature"),
        (b"arc=none", b"arc=fail", "seal"),
        (b"cv=none", b"cv=fail", "cv_fail"),
        (b"cv=none", b"cv=pass", "structure"),
        (b"ARC-Seal: i=1", b"ARC-Seal: i=2", "structure"),
        (b"ARC-Seal: i=1", b"ARC-Seal: i=1; i=1", "structure"),
        (b"ARC-Seal: i=1", b"ARC-Seal: h=from; i=1", "seal"),
        (b"ARC-Seal: i=1", b"ARC-Seal: i=one", "structure"),
        (b"ARC-Authentication-Results: i=1", b"X: i=1", "structure"),
        (b"ARC-Message-Signature: i=1; a=", b"ARC-Message-Signature: i=1; a=x; b=; a=", "message_signature"),
    ],
)
def test_a_broken_chain_fails_with_its_reason(old: bytes, new: bytes, reason: str) -> None:
    assert old in ONE
    evidence = arc(ONE.replace(old, new, 1))
    assert (evidence.result, evidence.reason) == ("fail", reason)


def test_an_older_seal_is_verified_too() -> None:
    # The oldest Authentication-Results is covered by both seals; break only what the first one says of itself.
    evidence = verify(TWO, dict(published()) | {ARC_KEY: Absent()}, SESSION, NOW).arc
    assert (evidence.result, evidence.instances, evidence.reason) == ("fail", 2, "seal")


def test_a_failed_lookup_is_named() -> None:
    told = dict(published()) | {ARC_KEY: Unreachable(Why.TIMEOUT)}
    assert verify(ONE, told, SESSION, NOW).arc.reason == "key_lookup_failed"
    assert verify(TWO, told, SESSION, NOW).arc.reason == "key_lookup_failed"


def test_too_many_instances_ask_for_no_key() -> None:
    limits = Limits(arc_instances=1)
    assert outline(TWO, limits).key_names == ("s1._domainkey.example.jp",)
    assert verify(TWO, published(), SESSION, NOW, limits).arc.reason == "structure"
    assert verify(ONE, published(), SESSION, NOW, Limits(arc_octets=500)).arc.reason == "structure"
    fields = ONE[: ONE.index(b"Authentication-Results: lists")]
    many = b"".join(fields.replace(b"i=1;", b"i=%d;" % n) for n in range(1, 301)) + ONE
    started = time.process_time()
    assert len(outline(many).key_names) == 1
    assert arc(many).result == "fail"
    assert time.process_time() - started < 1


def test_a_set_of_another_domain_says_forwarded() -> None:
    def forwarded(raw: bytes) -> tuple[str, ...]:
        return verify(raw, published(), SESSION, NOW).forwarded

    assert forwarded(signed()) == ()
    assert forwarded(ONE) == ("arc",)
    assert forwarded(sealed(signed(), domain="example.jp")) == ()
    assert forwarded(sealed(signed(), domain="mail.example.jp")) == ()
    # Microsoft 365, Google and Zoho seal what their own users send.
    for platform in ("microsoft.com", "google.com", "zohomail.com"):
        assert forwarded(sealed(signed(), domain=platform)) == ()
    assert forwarded(sealed(sealed(signed(), domain="microsoft.com"), domain="example.org", chain="pass")) == ("arc",)
