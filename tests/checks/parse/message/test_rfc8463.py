"""RFC 8463 (Ed25519) and RFC 8301 (algorithms and key sizes). Each test names its section."""

from __future__ import annotations

import base64

import pytest
from own_signer import TAGS, stamp
from signed_mail import NOW, PLAIN, SESSION, answers, ed25519_key, ed25519_record, published, rsa_key, rsa_record, seen

from checks.evidence.message import Signature
from checks.parse.message import verify

ED_TAGS = TAGS.replace("rsa-sha256", "ed25519-sha256").replace("s=s1", "s=ed")

EXAMPLE = b"""DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
"""
EXAMPLE_KEYS = {
    "brisbane._domainkey.football.example.com": seen(
        b"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    ),
    "test._domainkey.football.example.com": seen(
        b"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi"
        b"Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kr"
        b"yOTIKT+l/K4w3QIDAQAB"
    ),
}


def judged(raw: bytes, **records: bytes) -> Signature:
    (signature,) = verify(raw, answers(**records) if records else published(), SESSION, NOW).signatures
    return signature


def outcome(raw: bytes, **records: bytes) -> tuple[str, str]:
    signature = judged(raw, **records)
    return signature.result, signature.reason


def test_rfc_8463_appendix_a_both_signatures_verify() -> None:
    for raw in (EXAMPLE, EXAMPLE.replace(b"\n", b"\r\n")):
        signatures = verify(raw, EXAMPLE_KEYS, SESSION, NOW).signatures
        assert [(s.result, s.algorithm, s.key_bits) for s in signatures] == [
            ("pass", "ed25519-sha256", 256),
            ("pass", "rsa-sha256", 1024),
        ]
    changed = verify(EXAMPLE.replace(b"dinner", b"supper"), EXAMPLE_KEYS, SESSION, NOW).signatures
    assert [s.reason for s in changed] == ["signature_invalid"] * 2


def test_rfc_8463_section_3_what_is_signed_is_the_hash() -> None:
    assert outcome(stamp(PLAIN, ED_TAGS, key=ed25519_key())) == ("pass", "")
    raw = stamp(PLAIN, ED_TAGS, key=ed25519_key())
    assert outcome(raw.replace(b"Hello", b"Hullo")) == ("fail", "signature_invalid")


@pytest.mark.parametrize("octets", [b"", b"\0", b"\0" * 63, b"\0" * 65, b"\xff" * 64])
def test_rfc_8463_section_3_an_impossible_signature_is_none(octets: bytes) -> None:
    b = base64.b64encode(octets).decode()
    assert outcome(stamp(PLAIN, ED_TAGS.replace("{b}", b))) != ("pass", "")


@pytest.mark.parametrize("point", [b"", b"\0" * 31, b"\0" * 33, b"\0" * 44])
def test_rfc_8463_section_4_2_the_key_has_32_octets(point: bytes) -> None:
    record = b"v=DKIM1; k=ed25519; p=" + base64.b64encode(point)
    expected = "key_syntax" if point else "key_revoked"
    assert outcome(stamp(PLAIN, ED_TAGS, key=ed25519_key()), ed=record) == ("permerror", expected)


@pytest.mark.parametrize("point", [b"\0" * 32, b"\xff" * 32, b"\1" + b"\0" * 31])
def test_rfc_8463_section_4_2_a_key_that_is_no_useful_point_verifies_nothing(point: bytes) -> None:
    record = b"v=DKIM1; k=ed25519; p=" + base64.b64encode(point)
    assert outcome(stamp(PLAIN, ED_TAGS, key=ed25519_key()), ed=record) == ("fail", "signature_invalid")


def test_rfc_8463_section_4_key_and_algorithm_must_be_of_one_kind() -> None:
    restricted = ("permerror", "key_restricted")
    assert outcome(stamp(PLAIN, ED_TAGS, key=ed25519_key()), ed=rsa_record(rsa_key())) == restricted
    assert outcome(stamp(PLAIN), s1=ed25519_record()) == restricted
    # Without k= a key is one of RSA.
    bare = ed25519_record().replace(b"k=ed25519; ", b"")
    assert outcome(stamp(PLAIN, ED_TAGS, key=ed25519_key()), ed=bare) == ("permerror", "key_syntax")


def test_rfc_8301_section_3_1_sha1_is_never_verified() -> None:
    for told in ({}, {"s1": rsa_record(rsa_key(), "v=DKIM1; h=sha1; ")}):
        assert outcome(stamp(PLAIN, TAGS.replace("sha256", "sha1")), **told) == ("permerror", "sha1")


@pytest.mark.parametrize("bits", [1024, 1032, 1536, 2048, 3072, 4096])
def test_rfc_8301_section_3_2_keys_from_1024_to_4096_bits_verify(bits: int) -> None:
    key = rsa_key(bits)
    assert outcome(stamp(PLAIN, key=key), s1=rsa_record(key)) == ("pass", "")
    assert judged(stamp(PLAIN, key=key), s1=rsa_record(key)).key_bits == bits


@pytest.mark.parametrize("bits", [256, 512, 768, 1016])
def test_rfc_8301_section_3_2_shorter_keys_never_do(bits: int) -> None:
    key = rsa_key(bits)
    raw = stamp(PLAIN, key=key if bits >= 512 else rsa_key())
    for mail in (raw, raw + b"changed\r\n"):
        assert outcome(mail, s1=rsa_record(key)) == ("policy", "key_too_short")
    assert judged(raw, s1=rsa_record(key)).key_bits == bits
