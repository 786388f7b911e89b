"""The one address of the From field (RFC 5322 section 3.4)."""

from __future__ import annotations

import pytest

from checks.parse.message.addresses import find_author
from checks.parse.message.fields import split_mail


def author(header: bytes) -> tuple[str | None, str | None, str]:
    found = find_author(split_mail(header + b"\r\n\r\n").all(b"from"))
    return found.address, found.domain, found.problem


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("a@example.jp", "a@example.jp"),
        ("<a@Example.JP>", "a@example.jp"),
        ("Example <a@example.jp>", "a@example.jp"),
        ('"Example, Inc." <a@example.jp>', "a@example.jp"),
        ('"a \\" b" <a@example.jp>', "a@example.jp"),
        ('"evil@example.net" <a@example.jp>', "a@example.jp"),
        ("=?utf-8?B?5L6L44GI?= <a@example.jp>", "a@example.jp"),
        ("=?ISO-2022-JP?B?GyRCTmMbKEI=?=\r\n <a@example.jp>", "a@example.jp"),
        ("例え 太郎 <a@example.jp>", "a@example.jp"),
        ("Example Inc. <a@example.jp>", "a@example.jp"),
        ("a@example.jp (Example (nested) \\) comment)", "a@example.jp"),
        ("(first) a (x) @ (y) example . jp", "a@example.jp"),
        ('"john doe"@example.jp', '"john doe"@example.jp'),
        ('"a@b"@example.jp', '"a@b"@example.jp'),
        ("a+b=c@example.jp", "a+b=c@example.jp"),
        ("a..b.@docomo.example.jp", "a..b.@docomo.example.jp"),
        ("a@example.jp <a@example.jp>", "a@example.jp"),
        ("A: a@example.jp;", "a@example.jp"),
        ("<@relay.example.net:a@example.jp>", "a@example.jp"),
        ("山田\u3000太郎 <a@example.jp>", "a@example.jp"),
        ("Example\u00a0Inc. <a@example.jp>", "a@example.jp"),
        ("a@例え.jp", "a@xn--r8jz45g.jp"),
        ("太郎@例え．jp", "太郎@xn--r8jz45g.jp"),
        ("a@xn--r8jz45g.jp", "a@xn--r8jz45g.jp"),
    ],
)
def test_one_address_in_many_forms(value: str, address: str) -> None:
    assert author(f"From: {value}".encode()) == (address, address.rpartition("@")[2], "")


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("To: a@example.jp", "none"),
        ("From: a@example.jp\r\nFROM: b@example.jp", "several_fields"),
        ("From: a@example.jp, b@example.com", "several_addresses"),
        ("From: A <a@example.jp>, B <b@example.com>", "several_addresses"),
        ("From: G: a@example.jp, b@example.com;", "several_addresses"),
        ("From: a@example.net <b@example.jp>", "several_addresses"),
        ("From:", "no_address"),
        ("From: Example", "no_address"),
        ("From: <>", "no_address"),
        ("From: <a@>", "no_address"),
        ("From: @example.jp", "no_address"),
        ("From: a b@example.jp", "no_address"),
        ("From: a@b@example.jp", "no_address"),
        ("From: undisclosed:;", "no_address"),
        ('From: "open <a@example.jp>', "no_address"),
        ("From: (open a@example.jp", "no_address"),
        ("From: <a@example.jp> <b@example.jp>", "no_address"),
        ("From: a@example.jp b@example.jp", "no_address"),
        ("From: a@example..jp", "no_address"),
        ("From: =?utf-8?B?YUBleGFtcGxlLmpw?=", "no_address"),
        ("From: a@localhost", "bad_domain"),
        ("From: a@[192.0.2.1]", "bad_domain"),
        ("From: a@192.0.2.1", "bad_domain"),
        ("From: a@exa_mple.jp", "bad_domain"),
        ("From: a@-example.jp", "bad_domain"),
        ("From: a@" + "a" * 64 + ".jp", "bad_domain"),
    ],
)
def test_anything_else_says_which_way_it_is_wrong(header: str, problem: str) -> None:
    assert author(header.encode()) == (None, None, problem)


@pytest.mark.parametrize("header", ["From: a@example.jp, B <b@Example.jp>", "From: G: a@example.jp, a@example.jp;"])
def test_several_addresses_of_one_domain_have_one_domain(header: str) -> None:
    assert author(header.encode()) == (None, "example.jp", "several_addresses")


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (b"John Doe <jdoe@machine.example>", "jdoe@machine.example"),  # RFC 5322 A.1.1
        (b'"Joe Q. Public" <john.q.public@example.com>', "john.q.public@example.com"),  # A.1.2
        (b"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "pete@silly.test"),  # A.5
        (b"Joe Q. Public <john.q.public@example.com>", "john.q.public@example.com"),  # A.6.1
        (b"John Doe <jdoe@machine(comment).  example>", "jdoe@machine.example"),  # A.6.3
        (b"A Group:Ed Jones <joe@where.test>,John <jdoe@one.test>;", None),  # A.1.3, RFC 6854
        (b"Undisclosed recipients:;", None),
    ],
)
def test_the_examples_of_rfc_5322(value: bytes, address: str | None) -> None:
    """Appendix A."""
    found = find_author(split_mail(b"From: " + value + b"\r\n\r\n").all(b"from"))
    assert found.address == address
