"""Every result of a DKIM signature, on mails signed with real keys."""

from __future__ import annotations

import base64
import pickle
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from signed_mail import (
    NOW,
    PLAIN,
    SESSION,
    answers,
    ed25519_record,
    published,
    rsa_key,
    rsa_record,
    seen,
    signed,
)

from checks.evidence.message import MessageEvidence, Signature
from checks.model import Absent, Answer, Known, Seen, Unreachable, Why
from checks.parse.message import outline, verify

KEY = "s1._domainkey.example.jp"


def check(raw: bytes, told: Mapping[str, Known[Answer[bytes]]] | None = None) -> MessageEvidence:
    return verify(raw, published() if told is None else told, SESSION, NOW)


def only(raw: bytes, told: Mapping[str, Known[Answer[bytes]]] | None = None) -> Signature:
    (signature,) = check(raw, told).signatures
    return signature


def outcome(raw: bytes, told: Mapping[str, Known[Answer[bytes]]] | None = None) -> tuple[str, str]:
    signature = only(raw, told)
    return signature.result, signature.reason


def with_tags(raw: bytes, old: bytes, new: bytes) -> bytes:
    assert old in raw
    return raw.replace(old, new, 1)


@pytest.mark.parametrize("header", [b"relaxed", b"simple"])
@pytest.mark.parametrize("body", [b"relaxed", b"simple"])
def test_a_good_signature_passes_in_every_canonical_form(header: bytes, body: bytes) -> None:
    assert outcome(signed(canonicalize=(header, body))) == ("pass", "")


def test_a_passing_signature_is_described() -> None:
    signature = only(signed(identity=b"@mail.example.jp"))
    assert (signature.domain, signature.selector, signature.algorithm) == ("example.jp", "s1", "rsa-sha256")
    assert (signature.key_bits, signature.key_name, signature.identity) == (2048, KEY, "@mail.example.jp")
    assert signature.signed_headers == ("from", "to", "subject")
    assert signature.body_length is None
    assert abs(signature.signed_at - time.time()) < 60


def test_ed25519_passes_and_fails() -> None:
    raw = signed(algorithm=b"ed25519-sha256", selector="ed")
    assert outcome(raw) == ("pass", "")
    assert only(raw).key_bits == 256
    assert outcome(raw.replace(b"Subject: Hello", b"Subject: Hallo")) == ("fail", "signature_invalid")
    assert outcome(raw, answers(ed=b"v=DKIM1; k=ed25519; p=AAAA")) == ("permerror", "key_syntax")


def test_ed25519_signature_with_an_rsa_key_is_not_allowed() -> None:
    raw = signed(algorithm=b"ed25519-sha256", selector="ed")
    assert outcome(raw, answers(ed=rsa_record(rsa_key()))) == ("permerror", "key_restricted")


def test_line_ends_of_a_file_do_not_matter() -> None:
    raw = signed().replace(b"\r\n", b"\n")
    (signature,) = verify(raw, published(), None, NOW).signatures
    assert signature.result == "pass"


def test_changed_body_and_changed_header_are_told_apart() -> None:
    assert outcome(signed() + b"-- footer\r\n") == ("fail", "body_changed")
    assert outcome(with_tags(signed(), b"Subject: Hello", b"Subject: [EXT] Hello")) == ("fail", "signature_invalid")
    assert outcome(signed(), answers(s1=rsa_record(rsa_key(1024)))) == ("fail", "signature_invalid")


def test_a_second_from_breaks_the_signature() -> None:
    assert outcome(b"From: evil@example.net\r\n" + signed()) == ("fail", "signature_invalid")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (Absent("nxdomain"), ("permerror", "key_not_found")),
        (Absent("nodata"), ("permerror", "key_not_found")),
        (Unreachable(Why.TIMEOUT), ("temperror", "key_lookup_failed")),
        (seen(b"v=DKIM1; p="), ("permerror", "key_revoked")),
        (seen(b"v=DKIM1; p=A"), ("permerror", "key_syntax")),
        (seen(b"v=DKIM1; p=AAAA"), ("permerror", "key_syntax")),
        (seen(b"v=DKIM1"), ("permerror", "key_syntax")),
        (seen(b"hello"), ("permerror", "key_syntax")),
        (seen(b"\xff\x00"), ("permerror", "key_syntax")),
        (seen(rsa_record(rsa_key(), "k=rsa; v=DKIM1; ")), ("permerror", "key_syntax")),
        (seen(rsa_record(rsa_key(), "v=DKIM2; ")), ("permerror", "key_syntax")),
        (seen(rsa_record(rsa_key()), ed25519_record()), ("permerror", "key_syntax")),
        (seen(rsa_record(rsa_key(), "v=DKIM1; k=dsa; ")), ("permerror", "key_restricted")),
        (seen(rsa_record(rsa_key(), "v=DKIM1; h=sha1; ")), ("permerror", "key_restricted")),
        (seen(rsa_record(rsa_key(), "v=DKIM1; s=tlsrpt; ")), ("permerror", "key_restricted")),
        (seen(rsa_record(rsa_key(), "")), ("pass", "")),
        (seen(rsa_record(rsa_key(), "v=DKIM1; h=sha1:sha256; s=email:*; t=y:s; g=*; n=note; ")), ("pass", "")),
        (seen(b"v=spf1 -all", rsa_record(rsa_key())), ("pass", "")),
    ],
)
def test_the_key_decides(told: Known[Answer[bytes]], expected: tuple[str, str]) -> None:
    assert outcome(signed(), {KEY: told}) == expected


def test_a_failed_lookup_says_why() -> None:
    assert only(signed(), {KEY: Unreachable(Why.SERVFAIL)}).key_why == "servfail"
    assert outcome(signed(), {}) == ("temperror", "key_lookup_failed")


def test_an_alias_is_told_from_the_key_it_leads_to() -> None:
    target = "s1.dkim.esp.example.net"
    assert only(signed()).key_alias_of is None
    hosted = Seen(Answer(KEY, "TXT", (rsa_record(rsa_key()),), alias_of=target))
    assert (only(signed(), {KEY: hosted}).result, only(signed(), {KEY: hosted}).key_alias_of) == ("pass", target)
    gone = only(signed(), {KEY: Absent("nxdomain", alias_of=target)})
    assert (gone.reason, gone.key_alias_of) == ("key_not_found", target)


def test_a_key_of_strict_domain_forbids_a_sub_domain_as_identity() -> None:
    told = answers(s1=rsa_record(rsa_key(), "v=DKIM1; t=s; "))
    assert outcome(signed(identity=b"@example.jp"), told) == ("pass", "")
    assert outcome(signed(identity=b"@mail.example.jp"), told) == ("permerror", "key_restricted")


def test_short_keys_never_pass() -> None:
    raw = signed(key=rsa_key(768))
    assert outcome(raw, answers(s1=rsa_record(rsa_key(768)))) == ("policy", "key_too_short")
    assert only(raw, answers(s1=rsa_record(rsa_key(768)))).key_bits == 768
    assert outcome(raw, answers(s1=rsa_record(rsa_key(256)))) == ("policy", "key_too_short")
    assert outcome(raw + b"more\r\n", answers(s1=rsa_record(rsa_key(768)))) == ("policy", "key_too_short")


@pytest.mark.parametrize("bits", [8200, 16384])
def test_keys_over_8192_bits_and_huge_exponents_are_not_computed_with(bits: int) -> None:
    number = (1 << bits) - 1
    for modulus, exponent in ((number, number), (number, 65537), ((1 << 8192) - 1, (1 << 8192) - 1)):
        record = b"v=DKIM1; p=" + base64.b64encode(_der(modulus, exponent))
        started = time.process_time()
        assert outcome(signed(), answers(s1=record)) == ("permerror", "key_syntax")
        assert time.process_time() - started < 1


def _der(modulus: int, exponent: int) -> bytes:
    def element(tag: int, content: bytes) -> bytes:
        return bytes([tag, 0x82]) + len(content).to_bytes(2, "big") + content

    def integer(n: int) -> bytes:
        return element(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))

    return element(0x30, integer(modulus) + integer(exponent))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"v=1; ", b"", "signature_syntax"),
        (b"v=1; ", b"v=2; ", "signature_syntax"),
        (b"v=1; ", b"v=1; v=1; ", "signature_syntax"),
        (b"a=rsa-sha256", b"a=rsa-sha1", "sha1"),
        (b"a=rsa-sha256", b"a=rsa-md5", "signature_syntax"),
        (b"d=example.jp", b"d=", "signature_syntax"),
        (b"d=example.jp", b"d=exa mple.jp", "signature_syntax"),
        (b"d=example.jp", b"d=other.jp", "signature_syntax"),
        (b"s=s1;", b"", "signature_syntax"),
        (b"s=s1;", b"s=" + b"a" * 64 + b";", "signature_syntax"),
        (b"from : to", b"to : cc", "from_not_signed"),
        (b"q=dns/txt", b"q=http", "signature_syntax"),
        (b"c=relaxed/relaxed", b"c=nofws", "signature_syntax"),
        (b"i=@example.jp", b"i=example.jp", "signature_syntax"),
        (b"i=@example.jp", b"i=@badexample.jp", "signature_syntax"),
        (b"i=@example.jp", b"i=@jp", "signature_syntax"),
        (b"v=1;", b"v=1; l=;", "signature_syntax"),
        (b"v=1;", b"v=1; l=-1;", "signature_syntax"),
        (b"v=1;", b"v=1; l=" + b"9" * 5000 + b";", "signature_syntax"),
        (b"v=1;", b"v=1; x=soon;", "signature_syntax"),
        (b"v=1;", b"v=1; z=" + b"a" * 9000 + b";", "signature_syntax"),
        (b"v=1;", b"v=1;" + b"\r\n " * 22 + b"\r\n", "signature_syntax"),
        (b"bh=", b"bh=!", "signature_syntax"),
        (b"bh=", b"bh=AAAA; zz=", "signature_syntax"),
        (b"v=1;", b"v=1; ;", "signature_syntax"),
    ],
)
def test_malformed_signatures(old: bytes, new: bytes, expected: str) -> None:
    assert outcome(with_tags(signed(), old, new)) == ("permerror", expected)


def test_other_query_methods_beside_dns_are_allowed() -> None:
    assert outcome(with_tags(signed(), b"q=dns/txt", b"q=dns/txt:other")) == ("fail", "signature_invalid")


def test_the_time_of_validity_has_five_minutes_of_slack() -> None:
    raw = signed()
    signed_at = int(re.search(rb"t=(\d+)", raw).group(1))

    def reason(seconds: int, tags: bytes = b"") -> str:
        mail = with_tags(raw, b"v=1;", b"v=1;" + tags)
        (signature,) = verify(mail, published(), SESSION, datetime.fromtimestamp(signed_at + seconds, UTC)).signatures
        return signature.reason

    expiry = b" x=%d;" % (signed_at + 1000)
    assert reason(1000 + 290, expiry) == "signature_invalid"
    assert reason(1000 + 310, expiry) == "expired"
    assert reason(-290) == ""
    assert reason(-400) == "expired"
    assert reason(0, b" x=1;") == "signature_syntax"


def test_a_file_is_judged_at_the_date_it_was_received() -> None:
    far = NOW + timedelta(days=400)
    raw = with_tags(signed(), b"v=1;", b"v=1; x=%d;" % (NOW.timestamp() + 60))
    assert verify(raw, published(), None, far).signatures[0].reason == "signature_invalid"
    received = f"Received: from a by b; {far:%a, %d %b %Y %H:%M:%S +0000}\r\n".encode()
    assert verify(received + raw, published(), None, far).signatures[0].reason == "expired"
    assert verify(received.replace(b"+0000", b"-0000") + raw, published(), None, far).signatures[0].reason == "expired"
    assert verify(b"Received: by b\r\n" + raw, published(), None, far).signatures[0].reason == "signature_invalid"
    assert verify(raw, published(), SESSION, far).signatures[0].reason == "expired"


def test_a_body_length_is_kept_and_appended_content_still_passes() -> None:
    raw = signed(length=True)
    signature = only(raw + b"appended\r\n")
    assert (signature.result, signature.body_length) == ("pass", int(re.search(rb"l=(\d+)", raw).group(1)))
    assert outcome(raw.replace(b"The last line", b"")) == ("permerror", "body_changed")


def test_several_signatures_are_judged_each_and_only_ten() -> None:
    raw = PLAIN
    for _ in range(3):
        raw = signed(raw, domain="esp.example.net")
    raw = signed(raw)
    results = [(s.index, s.domain, s.result) for s in check(raw).signatures]
    assert results[0] == (0, "example.jp", "pass")
    assert {r[2] for r in results} == {"pass"}
    header = raw[: raw.index(b"DKIM-Signature", 10)]
    many = check(header * 14 + PLAIN).signatures
    assert [s.result for s in many] == ["pass"] * 10 + ["policy"] * 4
    assert many[-1].reason == "too_many"
    assert len(check(header * 500 + PLAIN).signatures) == 20


def test_outline_names_each_key_once_in_a_labels() -> None:
    raw = signed(signed(signed(), domain="esp.example.net"))
    assert outline(raw).key_names == (KEY, "s1._domainkey.esp.example.net")
    idn = re.sub(rb"d=example.jp;\s+i=@example.jp", "d=例え.jp".encode(), signed())
    assert outline(idn).key_names == ("s1._domainkey.xn--r8jz45g.jp",)


def test_everything_can_cross_a_process_boundary() -> None:
    raw = signed()
    assert pickle.loads(pickle.dumps(outline(raw))) == outline(raw)
    assert pickle.loads(pickle.dumps(check(raw))) == check(raw)


@pytest.mark.parametrize(
    "raw",
    [
        signed(PLAIN + b" " * 200_000 + b"\r\n"),
        signed(PLAIN + b" \t" * 100_000 + b"x\r\n"),
        with_tags(signed(), b"b=", b"b=" + b"\r\n " * 2500),
        with_tags(signed(), b"b=", b"b" + b" " * 7000 + b"="),
        with_tags(signed(), b"from : to", b"from" + b":a" * 190) + b"",
        b"A:\r\n" * 200_000 + signed(),
        signed(b"a:\r\n" * 9_000 + PLAIN, headers=[b"from"] + [b"a"] * 150),
    ],
    ids=["blanks", "tabs", "folds", "long blank", "many names", "many fields", "many chosen"],
)
def test_mails_made_to_stall_the_verifier_do_not(raw: bytes) -> None:
    started = time.process_time()
    outline(raw)
    check(raw)
    assert time.process_time() - started < 2


def test_a_blank_body_of_any_length_hashes_as_the_standard_says() -> None:
    raw = signed(PLAIN + b" \t" * 1000 + b"x  \r\n \r\n")
    squeezed = raw.replace(b" \t" * 1000, b" ")
    assert outcome(raw) == outcome(squeezed) == ("pass", "")


def test_without_a_session_the_client_is_not_assumed() -> None:
    unknown = replace(SESSION, client_ip=None)
    assert verify(signed(), published(), unknown, NOW).signatures[0].result == "pass"
