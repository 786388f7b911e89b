"""Any bytes and any key record: an outcome, never an exception, and never more work than the bounds allow."""

from __future__ import annotations

import base64
import pickle
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from own_signer import TAGS, seal, stamp
from signed_mail import NOW, PLAIN, SESSION, answers, published, rsa_key, rsa_record, seen

from checks.evidence.message import MessageEvidence
from checks.model import Absent, Unreachable, Why
from checks.parse.message import Limits, outline, verify
from checks.parse.message.crypto import BodyHashes, canonical_field
from checks.parse.message.fields import split_mail
from checks.parse.message.key import KeyProblem, parse_key
from checks.parse.message.signature import DEFAULT_LIMITS

GOOD = stamp(PLAIN, TAGS.replace("v=1", "v=1; t=1700000000; i=@example.jp; q=dns/txt"))
CHAIN = seal(seal(GOOD, 1), 2, domain="example.org")
KEY = rsa_record(rsa_key())
RESULTS = {"pass", "fail", "permerror", "temperror", "policy"}
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def checked(raw: bytes) -> MessageEvidence:
    """What the mail gives, with every key there is; the outcome is whole and can cross to another process."""
    names = outline(raw).key_names
    assert len(names) <= DEFAULT_LIMITS.signatures + DEFAULT_LIMITS.arc_instances + 1
    assert all(name.isascii() and len(name) <= 253 for name in names)
    evidence = verify(raw, dict.fromkeys(names, seen(KEY)), SESSION, NOW)
    assert {s.result for s in evidence.signatures} <= RESULTS
    assert all(bool(s.reason) == (s.result != "pass") for s in evidence.signatures)
    assert pickle.loads(pickle.dumps(evidence)) == evidence
    return evidence


@QUICK
@given(st.binary(max_size=400))
@example(b"DKIM-Signature:")
@example(b"\r\n\r\n")
@example(b" DKIM-Signature: v=1")
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    checked(raw)


@QUICK
@given(st.sampled_from([b"DKIM-Signature", b"ARC-Seal", b"ARC-Message-Signature"]), st.binary(max_size=300))
def test_any_value_is_a_signature(name: bytes, value: bytes) -> None:
    checked(name + b": " + value.replace(b"\n", b"\n ") + b"\r\n" + CHAIN)


TAG_NAMES = ("v", "a", "b", "bh", "c", "d", "h", "i", "l", "q", "s", "t", "x", "z", "cv", "n", "")
TAG_VALUES = (
    "1",
    "rsa-sha256",
    "example.jp",
    "from",
    "50",
    "0",
    "9" * 5000,
    "=",
    "AAAA",
    "@",
    "\u00e9",
    "dns/txt",
    "simple",
)


@QUICK
@given(
    st.sampled_from(["DKIM-Signature", "ARC-Seal", "ARC-Message-Signature"]),
    st.lists(st.tuples(st.sampled_from(TAG_NAMES), st.sampled_from(TAG_VALUES) | st.text(max_size=12)), max_size=14),
)
def test_any_tags_are_a_signature(name: str, tags: list[tuple[str, str]]) -> None:
    value = "; ".join(f"{tag}={text}" for tag, text in tags).replace("\n", "\n ").encode("utf-8", "replace")
    checked(name.encode() + b": " + value + b"\r\n" + CHAIN)


@QUICK
@given(st.integers(0, len(CHAIN) - 1), st.integers(0, 40), st.binary(max_size=6))
def test_a_mail_changed_anywhere_gives_an_outcome(at: int, cut: int, put: bytes) -> None:
    checked(CHAIN[:at] + put + CHAIN[at + cut :])


@QUICK
@given(st.lists(st.binary(max_size=120), max_size=4))
@example([b"v=DKIM1; p=" + b"A" * 5000])
@example([b"v=DKIM1; k=ed25519; p=" + base64.b64encode(b"\0" * 32)])
def test_any_records_are_a_key_or_none(records: list[bytes]) -> None:
    with suppress(KeyProblem):
        parse_key(records)
    signature = verify(GOOD, answers(s1=tuple(records)), SESSION, NOW).signatures[0]
    assert signature.result in RESULTS - {"pass"}


@QUICK
@given(st.binary(max_size=300), st.sampled_from(["rsa", "ed25519"]))
@example(base64.b64decode(KEY.partition(b"p=")[2])[:-1], "rsa")
def test_any_octets_are_a_key_or_none(octets: bytes, kind: str) -> None:
    record = f"v=DKIM1; k={kind}; p=".encode() + base64.b64encode(octets)
    assert verify(GOOD, answers(s1=record), SESSION, NOW).signatures[0].result in RESULTS - {"pass"}


@QUICK
@given(st.integers(0, len(KEY) - 1), st.binary(min_size=1, max_size=3))
def test_a_key_changed_anywhere_is_judged(at: int, put: bytes) -> None:
    verify(GOOD, answers(s1=KEY[:at] + put + KEY[at + len(put) :]), SESSION, NOW)


@QUICK
@given(st.integers(-(10**13), 10**13))
def test_any_time_is_judged(seconds: int) -> None:
    for tag in ("t", "x"):
        raw = stamp(PLAIN, TAGS.replace("v=1", f"v=1; {tag}={seconds}"))
        reason = verify(raw, published(), SESSION, NOW).signatures[0].reason
        assert reason in ("", "expired", "signature_syntax")


BLANK_LINES = st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b"\r", b"\x0b", b"b c"]), max_size=30).map(b"".join)


@QUICK
@given(BLANK_LINES)
def test_the_canonical_forms_are_their_own(body: bytes) -> None:
    """Canonical octets stay as they are, and the relaxed form of the simple form is the relaxed form."""
    hashes = BodyHashes(split_mail(b"\r\n" + body).body)
    for how in ("simple", "relaxed"):
        again = BodyHashes(hashes.canonical(how))
        assert again.canonical("relaxed") == hashes.canonical("relaxed")
    assert BodyHashes(hashes.canonical("simple")).canonical("simple") == hashes.canonical("simple")


@QUICK
@given(BLANK_LINES)
def test_a_field_in_relaxed_form_has_no_blanks_at_its_ends(value: bytes) -> None:
    for one in split_mail(b"Subject: " + value.replace(b"\r\n", b"\r\n ") + b"\r\n\r\n").fields:
        name, _, rest = canonical_field(one, "relaxed").partition(b":")
        assert name == b"subject"
        assert rest.removesuffix(b"\r\n").strip(b" \t") == rest.removesuffix(b"\r\n")
        assert b"  " not in rest


# Bounds before work: what is over them is told by its outcome.


def test_signatures_beyond_ten_are_named_and_not_verified() -> None:
    (field, *_) = GOOD.partition(b"From:")
    many = checked(field * 500 + PLAIN).signatures
    assert [s.result for s in many] == ["pass"] * 10 + ["policy"] * 10
    assert {s.reason for s in many[10:]} == {"too_many"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("h=from", "h=from" + ":a" * 200),
        ("h=from", "h=from" + ":x" * 3000),
        ("v=1", "v=1; n=" + "a" * 8192),
        ("v=1", "v=1;" + "\r\n " * 25),
        ("b={b}", "b=" + "\r\n " * 25 + "{b}"),
        ("b={b}", "b=" + "A" * 8192),
        ("v=1", "v=1; i=@" + "\u00e9" * 3000 + ".example.jp"),
        ("d=example.jp", "d=" + "\u00e9" * 3000 + ".jp"),
    ],
    ids=["200 names", "3000 names", "long", "folds", "folds of b", "long b", "long i", "long d"],
)
def test_a_signature_over_its_bounds_is_malformed(old: str, new: str) -> None:
    signature = checked(stamp(PLAIN, TAGS.replace(old, new, 1))).signatures[0]
    assert (signature.result, signature.reason) == ("permerror", "signature_syntax")


def test_two_hundred_names_are_within_the_bounds() -> None:
    raw = stamp(PLAIN, TAGS.replace("h=from:to", "h=from" + ":a" * 198))
    assert [s.result for s in checked(raw).signatures] == ["pass"]
    assert len(checked(raw).signatures[0].signed_headers) == 200


@pytest.mark.parametrize("bits", [8192, 8200, 16384])
def test_numbers_over_the_bounds_are_never_computed_with(bits: int) -> None:
    """The octets of the signature fit the modulus, so that only the bound keeps it from the exponentiation."""
    number = (1 << bits) - 1

    def integer(n: int) -> bytes:
        octets = n.to_bytes(n.bit_length() // 8 + 1, "big")
        return b"\x02\x82" + len(octets).to_bytes(2, "big") + octets

    raw = stamp(PLAIN, TAGS.replace("{b}", base64.b64encode(b"\1" * (bits // 8)).decode()))
    for modulus, exponent in ((number, number), (number, 1 << 32 | 1), (number, 1), (number, 2), (number, 0)):
        content = integer(modulus) + integer(exponent)
        record = b"v=DKIM1; p=" + base64.b64encode(b"\x30\x82" + len(content).to_bytes(2, "big") + content)
        with pytest.raises(KeyProblem):
            parse_key([record])
        assert verify(raw, answers(s1=record), SESSION, NOW).signatures[0].reason == "key_syntax"


@pytest.mark.parametrize("blank", [b" ", b"\t", b" \t", b"\r\n", b" \r\n", b"\r", b"\r\r\n"])
def test_a_body_of_blanks_has_its_outcome(blank: bytes) -> None:
    body = PLAIN + blank * 300_000
    assert [s.result for s in checked(stamp(body)).signatures] == ["pass"]
    assert checked(GOOD + blank * 300_000 + b"x\r\n").signatures[0].reason == "body_changed"


def test_a_header_of_blanks_has_its_outcome() -> None:
    raw = b"X: " + b" \t" * 200_000 + b"\r\n" + b"Y:" + b"\r\n " * 200_000 + b"\r\n" + PLAIN
    signed = stamp(raw, TAGS.replace("h=from", "h=x:from:y"))
    assert [s.result for s in checked(signed).signatures] == ["pass"]


def test_three_hundred_sets_of_arc_ask_for_no_key() -> None:
    header = CHAIN.partition(b"DKIM-Signature")[0]
    raw = header * 150 + GOOD
    assert outline(raw).key_names == ("s1._domainkey.example.jp",)
    assert checked(raw).arc.reason == "structure"
    assert verify(CHAIN, published(), SESSION, NOW, Limits(arc_instances=1)).arc.reason == "structure"


def test_comments_without_end_have_an_outcome() -> None:
    for text in (b"(" * 200_000, b"(\\" * 100_000, b"()" * 100_000, b" " * 200_000, b"i=" + b"1" * 200_000):
        assert checked(b"ARC-Authentication-Results: " + text + b"\r\n" + GOOD).arc.reason == "structure"


def test_every_lookup_may_fail_and_every_name_be_missing() -> None:
    names = outline(CHAIN).key_names
    for told, result in (
        (Unreachable(Why.TIMEOUT), "temperror"),
        (Unreachable(Why.BAD_NAME), "temperror"),
        (Absent(), "permerror"),
    ):
        evidence = verify(CHAIN, dict.fromkeys(names, told), None, NOW)
        assert {s.result for s in evidence.signatures} == {result}
        assert evidence.arc.result == "fail"
    assert verify(CHAIN, {}, None, NOW).arc.reason == "key_lookup_failed"


def test_the_clock_is_the_callers() -> None:
    raw = stamp(PLAIN, TAGS.replace("v=1", "v=1; t=1000000000; x=1000086400"))

    def reason(seconds: int) -> str:
        now = datetime.fromtimestamp(seconds, UTC)
        return verify(raw, published(), SESSION, now).signatures[0].reason

    assert [reason(n) for n in (999999699, 999999700, 1000086700, 1000086701)] == ["expired", "", "", "expired"]
