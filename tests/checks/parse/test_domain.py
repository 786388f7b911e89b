"""What people type for a domain: understood, or refused with a sentence in their language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import BadDomain, parse_domain


@pytest.mark.parametrize(
    ("typed", "ascii_name", "shown", "noted"),
    [
        ("Example.CO.jp.", "example.co.jp", "example.co.jp", False),
        ("info@example.co.jp", "example.co.jp", "example.co.jp", True),
        ("<info@example.co.jp>", "example.co.jp", "example.co.jp", True),
        ("https://www.example.jp:8443/path?x#y", "www.example.jp", "www.example.jp", True),
        ("example.jp/contact", "example.jp", "example.jp", True),
        ("日本語.jp", "xn--wgv71a119e.jp", "日本語.jp", False),
        ("xn--wgv71a119e.jp", "xn--wgv71a119e.jp", "日本語.jp", False),
        ("日本語。jp", "xn--wgv71a119e.jp", "日本語.jp", False),
        ("good.example", "good.example", "good.example", False),
    ],
)
def test_the_domain_is_found_in_what_was_typed(typed, ascii_name, shown, noted):
    domain = parse_domain(typed)
    assert (domain.ascii, domain.shown, domain.note is not None) == (ascii_name, shown, noted)


@pytest.mark.parametrize(
    ("typed", "en", "ja"),
    [
        ("", "Give a domain name", "ドメイン名を指定"),
        ("not a domain", "is not a domain name", "ドメイン名ではありません"),
        ("-x.jp", "is not a domain name", "ドメイン名ではありません"),
        ("a..b.jp", "is not a domain name", "ドメイン名ではありません"),
        ("a." * 125 + "jpjp", "254 octets", "254オクテット"),
        ("a" * 64 + ".jp", "63 octets", "63オクテット"),
        ("co.jp", "public suffix", "パブリックサフィックス"),
        ("192.0.2.1", "IP address", "IPアドレス"),
        ("[2001:db8::1]", "IP address", "IPアドレス"),
        ("localhost", "local network", "組織内"),
        ("printer.local", "local network", "組織内"),
        ("example", "has no dot", "ドットがありません"),
    ],
)
def test_anything_else_is_refused_in_both_languages(typed, en, ja):
    with pytest.raises(BadDomain) as refused:
        parse_domain(typed)
    assert en in refused.value.say("en")
    assert ja in refused.value.say("ja")


@given(st.text(max_size=300))
def test_any_text_is_a_domain_or_a_clear_refusal(text):
    try:
        domain = parse_domain(text)
    except BadDomain as error:
        said = [error.say("en"), error.say("ja")]
    else:
        said = ["domain"]
        assert domain.ascii.isascii()
        assert len(domain.ascii) <= 253
        assert parse_domain(domain.ascii).ascii == domain.ascii
    assert all(said)
    assert not any("\u202e" in sentence for sentence in said)
