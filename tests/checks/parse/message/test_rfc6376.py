"""RFC 6376 (DKIM): tag lists, canonical forms and tags, on mails that a signer of our own made."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from own_signer import TAGS, canonical_body, stamp
from signed_mail import NOW, PLAIN, SESSION, published, seen

from checks.evidence.message import Signature
from checks.model import Answer, Known
from checks.parse.message import outline, verify
from checks.parse.message.crypto import BodyHashes, canonical_field
from checks.parse.message.fields import Field

KEY = "s1._domainkey.example.jp"
Told = Mapping[str, Known[Answer[bytes]]]


def judged(raw: bytes, told: Told | None = None) -> Signature:
    """Of the topmost signature."""
    return verify(raw, published() if told is None else told, SESSION, NOW).signatures[0]


def outcome(raw: bytes, told: Told | None = None) -> tuple[str, str]:
    signature = judged(raw, told)
    return signature.result, signature.reason


PASS = ("pass", "")
SYNTAX = ("permerror", "signature_syntax")


def tagged(old: str = "", new: str = "") -> str:
    assert old in TAGS
    return TAGS.replace(old, new, 1) if old else f"{new}; {TAGS}"


# Appendix A.2, as it stands in the RFC.

EXAMPLE = b"""DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;
      c=simple/simple; q=dns/txt; i=joe@football.example.com;
      h=Received : From : To : Subject : Date : Message-ID;
      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB
      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut
      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV
      4bmp/YzhwvcubU4=;
Received: from client1.football.example.com  [192.0.2.1]
      by submitserver.example.com with SUBMISSION;
      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game. Are you hungry yet?

Joe.
"""
EXAMPLE_KEY = (
    b"v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4j"
    b"YfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QI"
    b"DAQAB"
)


def test_the_example_of_appendix_a_verifies() -> None:
    told = {"brisbane._domainkey.example.com": seen(EXAMPLE_KEY)}
    for raw in (EXAMPLE, EXAMPLE.replace(b"\n", b"\r\n")):
        signature = judged(raw, told)
        assert (signature.result, signature.domain, signature.key_bits) == ("pass", "example.com", 1024)
        assert signature.identity == "joe@football.example.com"
    assert outcome(EXAMPLE.replace(b"the game", b"a game"), told) == ("fail", "body_changed")
    assert outcome(EXAMPLE.replace(b"dinner", b"lunch"), told) == ("fail", "signature_invalid")


# Section 3.2: tag lists.


@pytest.mark.parametrize(
    "tags",
    [
        TAGS + ";",
        TAGS + " ; ",
        TAGS.replace("; ", ";"),
        TAGS.replace("; ", " ;\r\n\t"),
        TAGS.replace("=", " =\r\n "),
        TAGS.replace("h=from:to:subject", "h=from :\r\n to : subject"),
        tagged("bh={bh}", "bh={bh} "),
        tagged(new="unknown=anything (at) all == here"),
        tagged(new="empty="),
        tagged(new="V=2"),
        tagged("; b={b}", "; b={b}; z=From:=20a=40example.jp|To:b"),
    ],
    ids=["end", "blank end", "tight", "folded", "blanks", "h", "bh", "unknown", "unknown empty", "case", "z"],
)
def test_section_3_2_what_a_tag_list_allows(tags: str) -> None:
    assert outcome(stamp(PLAIN, tags)) == PASS


@pytest.mark.parametrize("end", ["", ";", " ; ", "; "])
@pytest.mark.parametrize("form", ["simple/simple", "relaxed/simple"])
def test_section_3_7_b_is_emptied_with_all_blanks_around_it(form: str, end: str) -> None:
    tags = tagged("c=relaxed/relaxed", f"c={form}")
    for b in ("b={b}", "b=\r\n {b}\r\n ", "b = {b} "):
        assert outcome(stamp(PLAIN, tags.replace("b={b}", b) + end)) == PASS, b


def test_section_3_7_nothing_else_that_looks_like_b_is_emptied() -> None:
    for tags in (tagged(new="n=a b=AAAA"), tagged("; b={b}", "; b={b}; n=see b=AAAA"), "b={b}; " + TAGS[:-7]):
        for form in ("simple/simple", "relaxed/relaxed"):
            assert outcome(stamp(PLAIN, tags.replace("c=relaxed/relaxed", f"c={form}"))) == PASS


def test_section_3_7_folds_of_b_may_be_changed_on_the_way_in_any_form() -> None:
    for form in ("simple/simple", "relaxed/relaxed"):
        raw = stamp(PLAIN, tagged("c=relaxed/relaxed", f"c={form}") + ";")
        at = raw.index(b" b=") + 3
        assert outcome(raw[:at] + b"\r\n\t" + raw[at : at + 60] + b"\r\n " + raw[at + 60 :]) == PASS


@pytest.mark.parametrize(
    "tags",
    [
        tagged("; a=", ";; a="),
        tagged(new="just words"),
        tagged(new="1a=x"),
        tagged(new="a-b=x"),
        tagged(new="s=s1"),
        "; " + TAGS,
    ],
)
def test_section_3_2_what_is_no_tag_list(tags: str) -> None:
    assert outcome(stamp(PLAIN, tags)) == SYNTAX


# Section 3.4: canonical forms.

SAMPLE_FIELDS = (Field(b"A", b"a", b" X\r\n"), Field(b"B ", b"b", b" Y\t\r\n\tZ  \r\n"))
SAMPLE_BODY = b" C \r\nD \t E\r\n\r\n\r\n"


def test_section_3_4_5_the_examples() -> None:
    assert [canonical_field(f, "relaxed") for f in SAMPLE_FIELDS] == [b"a:X\r\n", b"b:Y Z\r\n"]
    assert [canonical_field(f, "simple") for f in SAMPLE_FIELDS] == [b"A: X\r\n", b"B : Y\t\r\n\tZ  \r\n"]
    assert BodyHashes(SAMPLE_BODY).canonical("relaxed") == b" C\r\nD E\r\n"
    assert BodyHashes(SAMPLE_BODY).canonical("simple") == b" C \r\nD \t E\r\n"


@pytest.mark.parametrize("form", ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed", "relaxed"])
@pytest.mark.parametrize(
    "body", [SAMPLE_BODY, b"", b"\r\n", b" \t\r\n\r\n", b"no end", b"blanks \t", b"\r\nx\r\n \r\n"]
)
def test_section_3_4_every_form_of_every_body(form: str, body: bytes) -> None:
    raw = b"From: a@example.jp\r\nA: X\r\nB : Y\t\r\n\tZ  \r\n\r\n" + body
    assert outcome(stamp(raw, TAGS.replace("relaxed/relaxed", form).replace("to:subject", "a:b"))) == PASS


@pytest.mark.parametrize(
    ("body", "simple", "relaxed"),
    [
        (b"", b"\r\n", b""),
        (b"\r\n\r\n\r\n", b"\r\n", b""),
        (b" \r\n\t\r\n", b" \r\n\t\r\n", b""),
        (b"a", b"a\r\n", b"a\r\n"),
        (b"a \t", b"a \t\r\n", b"a\r\n"),
        (b"\r\na\r\n", b"\r\na\r\n", b"\r\na\r\n"),
        (b"a\r\r\n\r\n", b"a\r\r\n", b"a\r\r\n"),
        (b"a\r\n\r\r\n", b"a\r\n\r\r\n", b"a\r\n\r\r\n"),
        (b"a\x0b \x0c\r\n", b"a\x0b \x0c\r\n", b"a\x0b \x0c\r\n"),
        (b"a\xc2\xa0\r\n", b"a\xc2\xa0\r\n", b"a\xc2\xa0\r\n"),
    ],
)
def test_sections_3_4_3_and_3_4_4_the_ends_of_bodies(body: bytes, simple: bytes, relaxed: bytes) -> None:
    assert BodyHashes(body).canonical("simple") == simple == canonical_body(body, "simple")
    assert BodyHashes(body).canonical("relaxed") == relaxed == canonical_body(body, "relaxed")


def test_sections_3_4_3_and_3_4_4_the_hashes_of_an_empty_body() -> None:
    header = PLAIN.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    simple = tagged("c=relaxed/relaxed", "c=relaxed/simple")
    assert b"bh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=" in stamp(header, simple)
    assert b"bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" in stamp(header)
    assert outcome(stamp(header, simple)) == outcome(stamp(header)) == PASS


def test_section_3_4_2_blanks_and_case_of_names_may_change_in_the_relaxed_form_only() -> None:
    relaxed, simple = stamp(PLAIN), stamp(PLAIN, tagged("c=relaxed/relaxed", "c=simple/simple"))
    for old, new in ((b"Subject: Hello", b"SUBJECT :\r\n\tHello \t"), (b"To: you", b"to:you")):
        assert outcome(relaxed.replace(old, new)) == PASS
        assert outcome(simple.replace(old, new)) == ("fail", "signature_invalid")
    assert outcome(relaxed.replace(b"Subject: Hello", b"Subject: Hel lo")) == ("fail", "signature_invalid")
    assert outcome(relaxed.replace(b"Subject: Hello", b"Subject: Hello\x0b")) == ("fail", "signature_invalid")
    assert outcome(relaxed.replace(b"line  with", b"line with").replace(b"\r\n\r\nThe", b"  \r\n\r\nThe")) == PASS
    assert outcome(simple.replace(b"line  with", b"line with")) == ("fail", "body_changed")


# Section 3.5: the tags of a signature.


@pytest.mark.parametrize("name", ["v", "a", "b", "bh", "d", "h", "s"])
def test_sections_3_5_and_6_1_1_required_tags(name: str) -> None:
    parts = TAGS.split("; ")
    without = "; ".join(part for part in parts if not part.startswith(f"{name}="))
    empty = "; ".join(f"{name}=" if part.startswith(f"{name}=") else part for part in parts)
    for tags in (without, empty):
        assert outcome(stamp(PLAIN, tags)) == SYNTAX


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("v=1", "v=1.0"),
        ("v=1", "v=01"),
        ("v=1", "v=2"),
        ("a=rsa-sha256", "a=rsa-sha512"),
        ("a=rsa-sha256", "a=rsa"),
        ("c=relaxed/relaxed", "c="),
        ("c=relaxed/relaxed", "c=relaxed/"),
        ("c=relaxed/relaxed", "c=relaxed/relaxed/relaxed"),
        ("c=relaxed/relaxed", "c=relaxed/other"),
        ("d=example.jp", "d=jp"),
        ("d=example.jp", "d=example..jp"),
        ("d=example.jp", "d=.example.jp"),
        ("d=example.jp", "d=example.jp."),
        ("d=example.jp", "d=exam\r\n ple.jp"),
        ("d=example.jp", "d=@example.jp"),
        ("d=example.jp", "d=" + ".".join(["a" * 60] * 4)),
        ("s=s1", "s=s1."),
        ("s=s1", "s=s 1"),
        ("s=s1", "s=" + "a" * 64),
        ("h=from:to:subject", "h=from::subject"),
        ("h=from:to:subject", "h=from:to:subject:"),
        ("h=from:to:subject", "h=from:sub ject"),
        ("h=from:to:subject", "h=from:süb"),
        ("", "i="),
        ("", "i=example.jp"),
        ("", "i=a@"),
        ("", "i=@=ZZexample.jp"),
        ("", "i=@example.jp="),
        ("", "l="),
        ("", "l=-1"),
        ("", "l=1.5"),
        ("", "l=0x10"),
        ("", "l=" + "0" * 77),
        ("", "q="),
        ("", "q=dns"),
        ("", "q=http/url"),
        ("", "t="),
        ("", "t=-1"),
        ("", "t=1 000"),
        ("", "x=never"),
        ("", "t=1000; x=1000"),
        ("", "t=1000; x=999"),
    ],
)
def test_section_3_5_values_that_are_none(old: str, new: str) -> None:
    assert outcome(stamp(PLAIN, tagged(old, new))) == SYNTAX


@pytest.mark.parametrize(
    "new",
    [
        "i=@example.jp",
        "i=someone@example.jp",
        "i=@mail.example.jp",
        "i=@EXAMPLE.jp",
        "i=a=3Db=40c@example.jp",
        "i=@example=2ejp",
        "i=@exam\r\n ple.jp",
        "q=dns/txt",
        "q=http/url:dns/txt",
        "q= dns/txt : other/x",
        "l=0; q=dns/txt",
        "t=1000000000",
        "t=1000; x=999999999999",
        "x=" + "9" * 40,
        "z=",
    ],
)
def test_section_3_5_values_that_are_allowed(new: str) -> None:
    assert outcome(stamp(PLAIN, tagged(new=new))) == PASS


def test_section_3_5_the_default_of_c_is_simple() -> None:
    assert outcome(stamp(PLAIN, tagged("c=relaxed/relaxed; ", ""))) == PASS
    one = stamp(PLAIN, tagged("c=relaxed/relaxed", "c=simple"))
    assert outcome(one) == PASS
    assert outcome(one.replace(b"line  with", b"line with")) == ("fail", "body_changed")


def test_section_3_5_names_are_compared_without_case() -> None:
    raw = stamp(PLAIN, tagged("d=example.jp; s=s1", "d=EXAMPLE.jp; s=S1"))
    assert outline(raw).key_names == (KEY,)
    assert outcome(raw) == PASS
    assert outcome(stamp(PLAIN, tagged("h=from", "h=FROM"))) == PASS


def test_section_3_5_a_body_length_ends_what_is_hashed() -> None:
    raw = stamp(PLAIN, tagged(new="l=20"))
    assert outcome(raw) == PASS
    changed = raw.replace(b"The last line", b"Other words")
    assert outcome(changed) == PASS
    assert judged(changed).unsigned_octets == len(canonical_body(changed.partition(b"\r\n\r\n")[2], "relaxed")) - 20
    assert outcome(raw.replace(b"The first", b"The worst")) == ("fail", "body_changed")


def test_section_3_5_a_body_length_must_not_exceed_the_body() -> None:
    size = len(canonical_body(PLAIN.partition(b"\r\n\r\n")[2], "relaxed"))
    assert judged(stamp(PLAIN, tagged(new=f"l={size}"))).unsigned_octets == 0
    assert outcome(stamp(PLAIN, tagged(new=f"l={size}"))) == PASS
    for more in (size + 1, 10**75):
        assert outcome(stamp(PLAIN, tagged(new=f"l={more}"))) == ("permerror", "body_changed")


def test_section_3_5_blank_lines_appended_are_not_content() -> None:
    size = len(canonical_body(PLAIN.partition(b"\r\n\r\n")[2], "relaxed"))
    assert judged(stamp(PLAIN, tagged(new=f"l={size}")) + b"\r\n \r\n").unsigned_octets == 0
