"""RFC 6376 (DKIM): key records, the choice of fields, and verification. Each test names its section."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

import pytest
from own_signer import TAGS, stamp
from signed_mail import NOW, PLAIN, SESSION, answers, published, rsa_key, rsa_record, seen

from checks.evidence.message import Signature
from checks.model import Absent, Answer, Known, Unreachable, Why
from checks.parse.message import outline, verify

KEY = "s1._domainkey.example.jp"
Told = Mapping[str, Known[Answer[bytes]]]


def judged(raw: bytes, told: Told | None = None) -> Signature:
    """Of the topmost signature."""
    return verify(raw, published() if told is None else told, SESSION, NOW).signatures[0]


def outcome(raw: bytes, told: Told | None = None) -> tuple[str, str]:
    signature = judged(raw, told)
    return signature.result, signature.reason


def keyed(before: str) -> Told:
    return answers(s1=rsa_record(rsa_key(), before))


PASS = ("pass", "")
SYNTAX = ("permerror", "signature_syntax")


def tagged(old: str = "", new: str = "") -> str:
    assert old in TAGS
    return TAGS.replace(old, new, 1) if old else f"{new}; {TAGS}"


# Section 3.6.1: key records.


@pytest.mark.parametrize(
    "before",
    [
        "",
        "v=DKIM1;",
        "v=DKIM1; k=rsa; ",
        " v = DKIM1 ; k = rsa ; ",
        "k=rsa; ",
        "v=DKIM1; h=sha256; ",
        "v=DKIM1; h=sha1 : sha256; ",
        "v=DKIM1; h=other:sha256; ",
        "v=DKIM1; s=*; ",
        "v=DKIM1; s=email; ",
        "v=DKIM1; s=other : email; ",
        "v=DKIM1; s=other:*; ",
        "v=DKIM1; t=y; ",
        "v=DKIM1; t=s; ",
        "v=DKIM1; t=y:s:unknown; ",
        "v=DKIM1; n=notes with =3D and more; ",
        "v=DKIM1; n=; ",
        "v=DKIM1; g=someone; ",
        "v=DKIM1; unknown=x; ",
    ],
)
def test_section_3_6_1_keys_that_fit(before: str) -> None:
    assert outcome(stamp(PLAIN), keyed(before)) == PASS


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("k=rsa; v=DKIM1; ", "key_syntax"),
        ("v=dkim1; ", "key_syntax"),
        ("v=DKIM2; ", "key_syntax"),
        ("v=; ", "key_syntax"),
        ("v=DKIM1; v=DKIM1; ", "key_syntax"),
        ("v=DKIM1; k=rsa; k=rsa; ", "key_syntax"),
        ("v=DKIM1; p=; ", "key_syntax"),
        ("v=DKIM1; words; ", "key_syntax"),
        ("v=DKIM1;; ", "key_syntax"),
        ("v=DKIM1; h=sha1; ", "key_restricted"),
        ("v=DKIM1; h=; ", "key_restricted"),
        ("v=DKIM1; h=sha2; ", "key_restricted"),
        ("v=DKIM1; s=tlsrpt; ", "key_restricted"),
        ("v=DKIM1; s=mail; ", "key_restricted"),
        ("v=DKIM1; k=dsa; ", "key_restricted"),
    ],
)
def test_section_3_6_1_keys_that_do_not_fit(before: str, reason: str) -> None:
    assert outcome(stamp(PLAIN), keyed(before)) == ("permerror", reason)


def test_section_3_6_1_blanks_within_the_key_are_taken_out() -> None:
    record = rsa_record(rsa_key())
    at = record.index(b"p=") + 2
    for blank in (b" ", b"\t", b"\r\n "):
        assert (
            outcome(stamp(PLAIN), answers(s1=record[:at] + blank + record[at : at + 64] + blank + record[at + 64 :]))
            == PASS
        )
    assert outcome(stamp(PLAIN), answers(s1=record + b";")) == PASS
    assert outcome(stamp(PLAIN), answers(s1=record[: at + 64] + b"\x0b" + record[at + 64 :])) == (
        "permerror",
        "key_syntax",
    )


@pytest.mark.parametrize("cut", [1, 3, 4, 60, 100, 137, 200, 255, 380])
def test_section_3_6_1_a_key_cut_off_is_no_key(cut: int) -> None:
    record = rsa_record(rsa_key(), "v=DKIM1; k=rsa; ")
    at = record.index(b"p=") + 2
    assert outcome(stamp(PLAIN), answers(s1=record[: at + cut])) == ("permerror", "key_syntax")


def test_section_3_6_1_an_rsa_key_may_stand_without_its_algorithm() -> None:
    """A DER RSAPublicKey, as the text says, beside the SubjectPublicKeyInfo that everybody publishes."""
    numbers = rsa_key().public_key().public_numbers()
    integers = b"".join(
        b"\x02" + (b"\x82" + len(n).to_bytes(2, "big") if len(n) > 127 else bytes([len(n)])) + n
        for n in (i.to_bytes(i.bit_length() // 8 + 1, "big") for i in (numbers.n, numbers.e))
    )
    der = b"\x30\x82" + len(integers).to_bytes(2, "big") + integers
    assert outcome(stamp(PLAIN), answers(s1=b"v=DKIM1; p=" + base64.b64encode(der))) == PASS


def test_section_3_6_1_the_flag_s_wants_the_very_domain_in_i() -> None:
    for identity in ("i=@example.jp", "i=x@EXAMPLE.JP", "i=@example=2Ejp", "i=" + "x" * 400 + "@example.jp"):
        assert outcome(stamp(PLAIN, tagged(new=identity)), keyed("v=DKIM1; t=s; ")) == PASS
    for identity in ("i=@mail.example.jp", "i=x@mail.example.jp", "i=" + "x" * 400 + "@mail.example.jp"):
        assert outcome(stamp(PLAIN, tagged(new=identity)), keyed("v=DKIM1; t=s; ")) == ("permerror", "key_restricted")
        assert outcome(stamp(PLAIN, tagged(new=identity)), keyed("v=DKIM1; t=y; ")) == PASS


def test_section_3_6_1_test_mode_changes_no_result() -> None:
    assert outcome(stamp(PLAIN) + b"more\r\n", keyed("v=DKIM1; t=y; ")) == ("fail", "body_changed")


@pytest.mark.parametrize(
    "others",
    [(b"v=spf1 -all",), (b"some words",), (b"", b"\xff"), (b"v=DKIM1",), (b"google-site-verification=abc",)],
)
def test_section_3_6_2_2_a_record_that_is_no_key_beside_the_key(others: tuple[bytes, ...]) -> None:
    key = rsa_record(rsa_key())
    assert outcome(stamp(PLAIN), answers(s1=(*others, key))) == PASS
    assert outcome(stamp(PLAIN), answers(s1=(key, *others))) == PASS


@pytest.mark.parametrize("other", [b"v=DKIM1; p=", b"p = AAAA", b"v=DKIM1; k=rsa ; p = AAAA"])
def test_section_3_6_2_2_several_keys_are_undefined(other: bytes) -> None:
    """Section 6.1.2 lets a verifier choose one: then the outcome hangs on the order of the answer."""
    key = rsa_record(rsa_key())
    for records in ((key, other), (other, key)):
        assert outcome(stamp(PLAIN), answers(s1=records)) == ("permerror", "key_syntax")


# Sections 3.7, 5.4 and 8.15: which header fields are signed.


def test_section_5_4_2_fields_of_one_name_are_taken_from_the_bottom() -> None:
    raw = b"X-A: 1\r\nX-A: 2\r\nX-A: 3\r\n" + PLAIN
    one = stamp(raw, tagged("h=from", "h=from:x-a"))
    assert outcome(one) == PASS
    assert outcome(one.replace(b"X-A: 1", b"X-A: 9")) == PASS
    assert outcome(one.replace(b"X-A: 3", b"X-A: 9")) == ("fail", "signature_invalid")
    two = stamp(raw, tagged("h=from", "h=x-a:from:x-a"))
    assert outcome(two) == PASS
    assert outcome(two.replace(b"X-A: 2\r\nX-A: 3", b"X-A: 3\r\nX-A: 2")) == ("fail", "signature_invalid")


def test_section_5_4_2_a_field_that_is_not_there_is_the_null_string() -> None:
    raw = stamp(PLAIN, tagged("h=from", "h=from:x-none:from:subject"))
    assert outcome(raw) == PASS
    assert outcome(raw.replace(b"To: you", b"X-None: now\r\nTo: you")) == ("fail", "signature_invalid")
    assert outcome(b"Subject: another\r\n" + raw) == ("fail", "signature_invalid")


def test_section_3_5_the_signature_itself_is_never_one_of_its_fields() -> None:
    """A signer that signs one more DKIM-Signature than there is signs the null string, not its own field."""
    assert outcome(stamp(PLAIN, tagged("h=from", "h=dkim-signature:from"))) == PASS
    below = stamp(PLAIN)
    both = stamp(below, tagged("h=from", "h=dkim-signature:dkim-signature:from"))
    assert outcome(both) == PASS
    assert outcome(both.replace(b"h=from:to:subject", b"h=from:to: subject", 1)) == ("fail", "signature_invalid")
    assert verify(both, published(), SESSION, NOW).signatures[1].result == "pass"


def test_section_8_15_a_from_field_outside_the_signature_breaks_it() -> None:
    second = b"From: evil@example.net\r\n"
    once, twice = stamp(PLAIN), stamp(PLAIN, tagged("h=from", "h=from:from"))
    assert outcome(twice) == PASS
    assert outcome(second + once) == outcome(second + twice) == ("fail", "signature_invalid")
    # A mail that was signed with two is as it was signed: MSG101 says what is wrong with it.
    assert outcome(stamp(second + PLAIN, tagged("h=from", "h=from:from"))) == PASS


def test_section_3_7_the_field_is_hashed_as_it_is_but_for_b() -> None:
    raw = stamp(PLAIN)
    assert outcome(raw.replace(b"; s=s1", b"; s=S1", 1)) == ("fail", "signature_invalid")
    assert outcome(re.sub(rb"; c=", b"; n=; c=", raw, count=1)) == ("fail", "signature_invalid")


# Section 6.1: several signatures.


def test_section_6_1_every_signature_is_judged_by_itself() -> None:
    raw = stamp(stamp(stamp(PLAIN, tagged("v=1", "v=2")), tagged("d=example.jp", "d=esp.example.net")), TAGS)
    assert [s.result for s in verify(raw, published(), SESSION, NOW).signatures] == ["pass", "pass", "permerror"]
    assert outline(raw).key_names == (KEY, "s1._domainkey.esp.example.net")


# Section 6.1.1: validate the field.


def test_section_6_1_1_from_must_be_signed() -> None:
    assert outcome(stamp(PLAIN, tagged("h=from:", "h="))) == ("permerror", "from_not_signed")
    assert outcome(stamp(PLAIN, tagged("h=from:", "h=resent-from:"))) == ("permerror", "from_not_signed")


@pytest.mark.parametrize("identity", ["@jp", "@xexample.jp", "@example.jp.evil.net", "@other.jp", "a@b@other.jp"])
def test_section_6_1_1_the_domain_of_i_lies_within_that_of_d(identity: str) -> None:
    assert outcome(stamp(PLAIN, tagged(new=f"i={identity}"))) == SYNTAX


def test_section_6_1_1_an_expired_signature_does_not_pass() -> None:
    now = int(NOW.timestamp())
    for tags, expected in (
        (f"x={now - 299}", ""),
        (f"x={now - 301}", "expired"),
        (f"t={now + 299}", ""),
        (f"t={now + 301}", "expired"),
        (f"t={now - 10}; x={now + 10}", ""),
        ("t=" + "9" * 30, "expired"),
    ):
        assert judged(stamp(PLAIN, tagged(new=tags))).reason == expected, tags


# Section 6.1.2: get the public key.


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (Unreachable(Why.SERVFAIL), ("temperror", "key_lookup_failed")),
        (Unreachable(Why.TIMEOUT), ("temperror", "key_lookup_failed")),
        (Unreachable(Why.REFUSED), ("temperror", "key_lookup_failed")),
        (Absent("nxdomain"), ("permerror", "key_not_found")),
        (Absent("nodata"), ("permerror", "key_not_found")),
        (seen(b"v=DKIM1; p="), ("permerror", "key_revoked")),
        (seen(b"v=DKIM1; k=rsa; p= ;"), ("permerror", "key_revoked")),
        (seen(b"v=DKIM1; k=rsa"), ("permerror", "key_syntax")),
        (seen(b""), ("permerror", "key_syntax")),
        (seen(b"v=DKIM1; p=!!!!"), ("permerror", "key_syntax")),
        (seen(b"v=DKIM1; p=QUJD"), ("permerror", "key_syntax")),
    ],
)
def test_section_6_1_2_what_the_lookup_tells(told: Known[Answer[bytes]], expected: tuple[str, str]) -> None:
    assert outcome(stamp(PLAIN), {KEY: told}) == expected


# Section 6.1.3: compute the verification.


def test_section_6_1_3_the_body_is_told_before_the_signature() -> None:
    raw = stamp(PLAIN)
    assert outcome(raw.replace(b"Hello", b"Hullo") + b"x\r\n") == ("fail", "body_changed")
    assert outcome(raw.replace(b"Hello", b"Hullo")) == ("fail", "signature_invalid")
    assert outcome(stamp(PLAIN, key=rsa_key(1024))) == ("fail", "signature_invalid")


def test_section_6_1_3_a_signature_of_another_length_or_beyond_the_modulus_is_none() -> None:
    raw = stamp(PLAIN)
    (octets,) = re.findall(rb" b=([^\r]*)", raw)
    good = base64.b64decode(octets)
    for forged in (b"\0" + good, good[1:], good[:-1], b"\0" * 256, b"\xff" * 256):
        assert outcome(raw.replace(octets, base64.b64encode(forged))) == ("fail", "signature_invalid")
