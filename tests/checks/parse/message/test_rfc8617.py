"""RFC 8617 (ARC): the steps of section 5.2, and what a field may look like. On sets of a sealer of our own."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from own_signer import fields_of, seal, stamp
from signed_mail import NOW, PLAIN, SESSION, ed25519_key, ed25519_record, published, rsa_key, rsa_record, seen

from checks.evidence.message import ArcEvidence
from checks.model import Absent, Answer, Known, Unreachable, Why
from checks.parse.message import Limits, outline, verify

FIRST, SECOND = "lists.example.net", "example.org"
KEY = {domain: f"arc._domainkey.{domain}" for domain in (FIRST, SECOND)}
ONE = seal(stamp(PLAIN), 1)
TWO = seal(ONE, 2, domain=SECOND)
THREE = seal(TWO, 3)
MESSAGE_TAGS = "a=rsa-sha256; c=relaxed/relaxed; d={d}; s=arc; h=from:to:subject; bh={{bh}}; b={{b}}"
SEAL_TAGS = "a=rsa-sha256; cv={cv}; d={d}; s=arc; b={{b}}"


def arc(raw: bytes, told: Mapping[str, Known[Answer[bytes]]] | None = None) -> ArcEvidence:
    return verify(raw, dict(published()) | dict(told or {}), SESSION, NOW).arc


def status(raw: bytes, told: Mapping[str, Known[Answer[bytes]]] | None = None) -> tuple[str, str]:
    evidence = arc(raw, told)
    return evidence.result, evidence.reason


PASS = ("pass", "")


# Step 1: collect the sets.


def test_step_1_without_sets_the_status_is_none() -> None:
    assert arc(PLAIN) == ArcEvidence("none", 0)


def test_step_1_fifty_sets_are_allowed_and_no_more() -> None:
    raw = PLAIN
    for instance in range(1, 51):
        raw = seal(raw, instance)
    assert arc(raw) == ArcEvidence("pass", 50, FIRST)
    assert status(seal(raw, 51)) == ("fail", "structure")


# Step 2: the newest set says that the chain has failed.


def test_step_2_a_chain_that_the_newest_seal_calls_failed_has_failed() -> None:
    assert arc(seal(ONE, 2, chain="fail")) == ArcEvidence("fail", 2, FIRST, "cv_fail")
    assert status(seal(PLAIN, 1, chain="fail")) == ("fail", "cv_fail")
    # Even where the rest is no chain any more, and whatever the keys say.
    broken = seal(ONE.replace(b"ARC-Authentication-Results", b"X-Gone"), 2, chain="fail")
    assert status(broken, dict.fromkeys(KEY.values(), Unreachable(Why.TIMEOUT))) == ("fail", "cv_fail")


# Step 3: the structure.


@pytest.mark.parametrize("name", [b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results"])
@pytest.mark.parametrize("instance", [1, 2, 3])
def test_step_3a_each_set_has_exactly_one_of_each_field(name: bytes, instance: int) -> None:
    (field,) = [f for f in fields_of(THREE) if f.startswith(name + b": i=%d;" % instance)]
    assert status(THREE.replace(field, b"")) == ("fail", "structure")
    assert status(field + THREE) == ("fail", "structure")
    assert status(THREE.replace(field, field + field)) == ("fail", "structure")


def test_step_3b_the_instances_have_no_gap() -> None:
    assert status(seal(ONE, 3)) == ("fail", "structure")
    assert status(seal(PLAIN, 2)) == ("fail", "structure")
    second = b"".join(f for f in fields_of(THREE) if f.startswith(b"ARC") and b" i=2;" in f)
    assert all(f in THREE for f in fields_of(second))
    without = THREE
    for field in fields_of(second):
        without = without.replace(field, b"")
    assert status(without) == ("fail", "structure")


@pytest.mark.parametrize(
    "raw",
    [
        seal(PLAIN, 1, chain="pass"),
        seal(ONE, 2, chain="none"),
        seal(seal(ONE, 2, chain="fail"), 3),
        seal(seal(PLAIN, 1, chain="fail"), 2),
        seal(PLAIN, 1, chain="other"),
        seal(PLAIN, 1, seal_tags=SEAL_TAGS.replace("cv={cv}; ", "")),
        seal(PLAIN, 1, seal_tags=SEAL_TAGS.replace("cv={cv}", "cv=")),
        seal(PLAIN, 1, chain="None"),
    ],
    ids=["1 pass", "2 none", "2 fail", "1 fail", "other", "missing", "empty", "case"],
)
def test_step_3c_what_the_seals_say_must_fit(raw: bytes) -> None:
    assert status(raw) == ("fail", "structure")


# Step 4: the newest message signature.


def test_step_4_changes_after_the_last_seal_break_the_chain() -> None:
    for old, new in ((b"Subject: Hello", b"Subject: [x] Hello"), (b"last line", b"lost line")):
        assert status(TWO.replace(old, new)) == ("fail", "message_signature")


def test_step_4_changes_before_the_last_seal_do_not() -> None:
    changed = ONE.replace(b"Subject: Hello", b"Subject: [list] Hello").replace(
        b"last line", b"last line\r\n-- \r\nlist"
    )
    assert status(changed) == ("fail", "message_signature")
    assert status(seal(changed, 2, domain=SECOND)) == PASS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a=rsa-sha256", "a=rsa-sha1"),
        ("a=rsa-sha256; ", ""),
        ("bh={{bh}}", "bh="),
        ("bh={{bh}}", "bh=AAAA"),
        ("h=from:to:subject", "h="),
        ("h=from:to:subject", "h=to:subject"),
        ("h=from:to:subject", "h=from:arc-seal"),
        ("c=relaxed/relaxed", "c=other"),
        ("c=relaxed/relaxed", "c="),
        ("d={d}", "d="),
        ("s=arc", "s="),
        ("s=arc", "t=; s=arc"),
        ("s=arc", "s=arc; s=arc"),
        ("s=arc", "l=100000; s=arc"),
        ("b={{b}}", "b="),
        ("b={{b}}", "b=AAAA"),
    ],
)
def test_step_4_a_message_signature_that_is_none(old: str, new: str) -> None:
    raw = seal(PLAIN, 1, message_tags=MESSAGE_TAGS.replace(old, new))
    assert status(raw) == ("fail", "message_signature")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c=relaxed/relaxed", "c=simple/simple"),
        ("c=relaxed/relaxed", "c=relaxed/simple"),
        ("c=relaxed/relaxed; ", ""),
        ("s=arc", "s=arc; t=1000"),
        ("s=arc", "s=arc; v=1"),
        ("s=arc", "s=arc; v=other"),
        ("s=arc", "s=arc; unknown=x"),
        ("s=arc", "s=arc; l=10"),
        ("h=from", "h=dkim-signature:from"),
        ("; ", " ;\r\n\t"),
        ("b={{b}}", "b={{b}};"),
    ],
)
def test_section_4_1_2_message_signatures_that_are_allowed(old: str, new: str) -> None:
    """As a DKIM-Signature, but that v= means nothing and i= is the instance."""
    assert status(seal(PLAIN, 1, message_tags=MESSAGE_TAGS.replace(old, new))) == PASS


# Step 6: the seals.


def test_step_6_every_seal_is_validated() -> None:
    (results,) = [f for f in fields_of(THREE) if f.startswith(b"ARC-Authentication-Results: i=1;")]
    assert status(THREE.replace(results, results.replace(b"spf=pass", b"spf=fail"))) == ("fail", "seal")
    for domain in (FIRST, SECOND):
        assert status(THREE if domain == SECOND else TWO, {KEY[domain]: Absent()})[0] == "fail"
    assert status(seal(ONE, 2, domain=SECOND), {KEY[FIRST]: seen(rsa_record(rsa_key(1024)))}) == ("fail", "seal")


def test_step_6_the_order_of_the_fields_in_the_header_does_not_matter() -> None:
    header, _, rest = THREE.partition(b"DKIM-Signature")
    assert status(b"".join(sorted(fields_of(header + b"\r\n"))) + b"DKIM-Signature" + rest) == PASS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a=rsa-sha256", "a=rsa-sha1"),
        ("a=rsa-sha256; ", ""),
        ("d={d}", "d="),
        ("s=arc; ", ""),
        ("s=arc", "s=arc; h=from"),
        ("s=arc", "s=arc; t="),
        ("s=arc", "s=arc; t=x"),
        ("b={{b}}", "b="),
        ("b={{b}}", "b=AAAA"),
        ("b={{b}}", "b=!"),
    ],
)
def test_step_6_a_seal_that_is_none(old: str, new: str) -> None:
    assert status(seal(PLAIN, 1, seal_tags=SEAL_TAGS.replace(old, new))) == ("fail", "seal")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("s=arc", "s=arc; t=1000"),
        ("s=arc", "s=arc; c=simple/simple"),
        ("s=arc", "s=arc; unknown="),
        ("s=arc", "s=arc; l=x; x=y; bh=z"),
        ("; ", "\r\n ; "),
        ("b={{b}}", "b={{b}} ;"),
    ],
)
def test_section_4_1_3_seals_that_are_allowed(old: str, new: str) -> None:
    """Only a, b, cv, d, i, s and t mean anything, h= is forbidden, and the form is always relaxed."""
    assert status(seal(PLAIN, 1, seal_tags=SEAL_TAGS.replace(old, new))) == PASS


# Section 5.2.1: all failures are permanent; we say which are of the lookup.


@pytest.mark.parametrize("why", [Why.SERVFAIL, Why.TIMEOUT])
def test_section_5_2_1_a_failed_lookup_fails_the_chain_and_is_named(why: Why) -> None:
    assert arc(ONE, {KEY[FIRST]: Unreachable(why)}) == ArcEvidence("fail", 1, FIRST, "key_lookup_failed", why.value)
    assert arc(TWO, {KEY[FIRST]: Unreachable(why)}).reason == "key_lookup_failed"
    assert arc(TWO, {KEY[SECOND]: Unreachable(why)}).reason == "key_lookup_failed"


def test_what_is_broken_for_certain_goes_before_what_could_not_be_looked_up() -> None:
    lost = {KEY[SECOND]: Unreachable(Why.TIMEOUT), KEY[FIRST]: Absent()}
    assert status(TWO, lost) == ("fail", "seal")
    lost = dict.fromkeys(KEY.values(), Unreachable(Why.TIMEOUT))
    assert status(TWO.replace(b"last line", b"lost line"), lost) == ("fail", "message_signature")


@pytest.mark.parametrize(
    "record",
    [b"v=DKIM1; p=", b"v=DKIM1", rsa_record(rsa_key(), "v=DKIM1; h=sha1; "), rsa_record(rsa_key(), "v=DKIM1; s=x; ")],
)
def test_keys_that_do_not_fit_fail_the_chain(record: bytes) -> None:
    assert status(ONE, {KEY[FIRST]: seen(record)}) == ("fail", "message_signature")
    assert status(TWO, {KEY[FIRST]: seen(record)}) == ("fail", "seal")


def test_rfc_8301_short_keys_never_seal() -> None:
    key = rsa_key(768)
    assert status(seal(PLAIN, 1, key=key), {KEY[FIRST]: seen(rsa_record(key))}) == ("fail", "message_signature")


def test_rfc_8463_seals_of_ed25519() -> None:
    tags = {"message_tags": MESSAGE_TAGS.replace("rsa", "ed25519"), "seal_tags": SEAL_TAGS.replace("rsa", "ed25519")}
    raw = seal(PLAIN, 1, key=ed25519_key(), **tags)
    assert status(raw, {KEY[FIRST]: seen(ed25519_record())}) == PASS


# Section 4.2.1 and 4.1.1: the instance.


@pytest.mark.parametrize("tag", ["i=1; ", "i=1;", "i = 1 ; ", "\r\n\ti=1;\r\n\t", "i=\r\n 1; ", "i=01; "])
def test_section_4_2_1_an_instance_in_any_folding(tag: str) -> None:
    assert status(seal(PLAIN, 1, tag=tag)) == PASS
    assert status(seal(seal(PLAIN, 1, tag=tag), 2, domain=SECOND)) == PASS


def test_section_4_2_1_the_instance_of_a_signature_may_stand_anywhere() -> None:
    tags = {"message_tags": MESSAGE_TAGS + "; i={i}", "seal_tags": SEAL_TAGS.replace("cv=", "i={i}; cv=")}
    assert status(seal(PLAIN, 1, tag="", **tags)) == PASS


@pytest.mark.parametrize("instance", ["", "0", "00", "51", "100", "001", "-1", "+1", "1.0", "one", "1 1", "１"])
def test_section_4_2_1_an_instance_that_is_none(instance: str) -> None:
    assert status(seal(PLAIN, 1, tag=f"i={instance}; ")) == ("fail", "structure")
    results = f"ARC-Authentication-Results: i={instance}; {{d}}; spf=pass\r\n"
    assert status(seal(PLAIN, 1, results=results)) == ("fail", "structure")


@pytest.mark.parametrize("tag", ["", "I=1; "])
def test_section_4_2_1_a_signature_without_an_instance(tag: str) -> None:
    assert status(seal(PLAIN, 1, tag=tag)) == ("fail", "structure")


@pytest.mark.parametrize(
    "begin",
    [
        "i=1; {d}",
        "i=1;{d}",
        "i = 1 ; {d}",
        "\r\n\ti=1;\r\n\t{d}",
        "(a comment; i=2;) i=1; {d}",
        "i(x(y))=(z)1(\\)) ; {d}",
    ],
)
def test_section_4_1_1_comments_may_stand_around_the_instance_of_results(begin: str) -> None:
    assert status(seal(PLAIN, 1, results=f"ARC-Authentication-Results: {begin}; spf=pass\r\n")) == PASS


@pytest.mark.parametrize("begin", ["{d}; i=1", "i=1 {d}", "I=1; {d}", "(i=1; {d}", "i 1; {d}", "", "i", "i=", "i=1"])
def test_section_4_1_1_results_that_do_not_begin_with_their_instance(begin: str) -> None:
    assert status(seal(PLAIN, 1, results=f"ARC-Authentication-Results: {begin}\r\n")) == ("fail", "structure")


# Bounds before work.


def test_what_cannot_hold_asks_for_no_key() -> None:
    dkim = "s1._domainkey.example.jp"
    assert outline(TWO).key_names == (dkim, KEY[SECOND], KEY[FIRST])
    for raw in (seal(ONE, 2, chain="fail"), seal(ONE, 3), seal(ONE, 2, message_tags=MESSAGE_TAGS.replace("from:", ""))):
        assert outline(raw).key_names == (dkim,)


def test_too_many_octets_of_arc_are_no_chain() -> None:
    assert verify(TWO, published(), SESSION, NOW, Limits(arc_octets=1000)).arc.reason == "structure"
    huge = b"ARC-Authentication-Results: i=1;" + b" (x)" * 200_000 + b"\r\n"
    assert status(ONE.replace(b"ARC-Authentication-Results: i=1;", huge[:-2] + b";", 1)) == ("fail", "structure")


def test_the_tags_of_dkim_beside_a_chain_are_untouched() -> None:
    assert [s.result for s in verify(THREE, published(), SESSION, NOW).signatures] == ["pass"]
