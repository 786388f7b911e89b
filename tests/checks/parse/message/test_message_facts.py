"""What is read from the bytes beside the signatures; and that nothing makes the two functions raise."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signed_mail import NOW, PLAIN, SESSION, published, sealed, seen, signed

from checks.evidence.message import MessageEvidence
from checks.parse.message import outline, verify
from checks.parse.message.fields import split_mail


def facts(raw: bytes, mail_from: str = "a@example.jp") -> MessageEvidence:
    return verify(raw, {}, replace(SESSION, mail_from=mail_from), NOW)


def test_fields_are_cut_at_the_first_empty_line_with_either_line_end() -> None:
    for end in (b"\r\n", b"\n"):
        mail = split_mail(end.join((b"A: 1", b" 2", b"no colon", b" lost", b"B : 3", b"", b"C: 4", b"")))
        assert [(f.key, f.value) for f in mail.fields] == [(b"a", b" 1\r\n 2\r\n"), (b"b", b" 3\r\n")]
        assert mail.body == b"C: 4\r\n"
        assert mail.not_fields == 2
    assert split_mail(b"\r\nbody").fields == ()
    assert split_mail(b"\nbody").body == b"body"
    assert split_mail(b"A: 1").fields[0].value == b" 1\r\n"
    assert split_mail(b" stray\r\nA: 1\r\n\r\n").fields[0].key == b"a"


def test_lines_are_measured_without_their_ends() -> None:
    assert facts(b"A: 1\r\n\r\n" + b"x" * 1200 + b"\r\ny\r\n").longest_line == 1200
    assert facts(b"").longest_line == 0


@pytest.mark.parametrize(
    ("raw", "expected"), [(b"A: 1\r\n\r\nb\r\n", False), (b"A: 1\r\n\r\nb\nc\r\n", True), (b"A: 1\r\n\r\nb\rc", True)]
)
def test_bare_line_ends_are_seen(raw: bytes, expected: bool) -> None:
    assert facts(raw).has_bare_line_ends is expected


def test_a_file_with_the_line_ends_of_its_system_is_not_blamed() -> None:
    assert not verify(b"A: 1\n\nb\n", {}, None, NOW).has_bare_line_ends
    assert verify(b"A: 1\n\nb\r\n", {}, None, NOW).has_bare_line_ends


def test_header_facts() -> None:
    raw = (
        b"Return-Path: <bounce@esp.example.net>\r\nFrom: a@example.jp\r\nList-Unsubscribe: <https://example.jp/u>\r\n"
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nX: \xff\r\nFrom: b@example.jp\r\n\r\n"
    )
    evidence = facts(raw)
    assert evidence.size == len(raw)
    assert evidence.from_fields == ("a@example.jp", "b@example.jp")
    assert evidence.list_unsubscribe == ("<https://example.jp/u>",)
    assert evidence.list_unsubscribe_post == ("List-Unsubscribe=One-Click",)
    assert evidence.return_path_header == "bounce@esp.example.net"
    assert evidence.header_names.count("from") == 2


@pytest.mark.parametrize(
    ("header", "mail_from", "signs"),
    [
        (b"", "info@example.jp", ()),
        (b"", "", ()),
        (b"", "bounce+user=example.net@esp.example.net", ()),
        (b"", "SRS0=HHH=TT=example.jp=a@fwd.example.net", ("srs",)),
        (b"", "srs1+HHH=fwd@example.org", ("srs",)),
        (b"", "bounces+SRS=xyz=AB@tenant.example.net", ("srs",)),
        (b"", "user+caf_=dest=example.org@gmail.com", ("srs",)),
        (b"List-Id: <l.example.net>\r\n", "a@example.jp", ("list_id",)),
        (b"Resent-From: b@example.net\r\n", "a@example.jp", ("resent",)),
    ],
)
def test_signs_of_forwarding(header: bytes, mail_from: str, signs: tuple[str, ...]) -> None:
    assert facts(header + b"From: info@example.jp\r\n\r\n", mail_from).forwarded == signs


def test_a_newsletter_whose_author_signed_its_list_id_was_not_forwarded() -> None:
    def forwarded(raw: bytes) -> tuple[str, ...]:
        return verify(raw, published(), SESSION, NOW).forwarded

    newsletter, covering = b"List-Id: <news.example.jp>\r\n" + PLAIN, [b"from", b"subject", b"list-id"]
    assert forwarded(signed(newsletter, headers=covering)) == ()
    elsewhere = newsletter.replace(b"news.example.jp", b"list.example.net")
    assert forwarded(signed(newsletter)) == (), "the list is the author's own"
    assert forwarded(signed(elsewhere)) == ("list_id",), "anybody may have added it"
    assert forwarded(signed(elsewhere, headers=covering)) == ()
    assert forwarded(newsletter) == ("list_id",), "nothing passes"
    for value in (b"", b"<>", b"<jp>", b"news", b"<news.example.jp"):
        wanted = () if value == b"<news.example.jp" else ("list_id",)
        assert forwarded(signed(newsletter.replace(b"<news.example.jp>", value))) == wanted
    assert forwarded(b"List-Id: <l.example.net>\r\n" + signed(newsletter, headers=covering)) == ("list_id",)
    assert forwarded(signed(newsletter, headers=covering).replace(b"Hello", b"[l] Hello")) == ("list_id",)
    assert forwarded(signed(newsletter, headers=covering, domain="esp.example.net")) == ("list_id",)


def test_texts_are_bounded() -> None:
    evidence = facts(b"From: " + b"x" * 50_000 + b"\r\n" + b"List-Unsubscribe: <u>\r\n" * 5000 + b"\r\n")
    assert len(evidence.from_fields[0]) == 1000
    assert len(evidence.list_unsubscribe) == 20
    assert len(evidence.header_names) == 500


@given(st.binary(max_size=2000))
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    outline(raw)
    verify(raw, {}, SESSION, NOW)


_WORDS = st.sampled_from(
    [
        *(b"DKIM-Signature: ARC-Seal: From: ARC-Message-Signature: ARC-Authentication-Results:".split()),
        *(b"v=1; a=rsa-sha256; b= bh= d=example.jp; s=s1; h=from; i=1; i=@x; l=1; t=99; x= cv=none;".split()),
        *(b"\r\n", b"\n", b"\r", b" ", b"\t", b"AAAA", b"=", b";", b"\xff", b"@", b'"', b"<", b"(", b":", b"=?"),
        "例え.jp".encode(),
        b"9" * 400,
    ]
)


@given(st.lists(_WORDS, max_size=60).map(b"".join))
@settings(max_examples=300, deadline=None)
def test_no_mixture_of_real_words_makes_it_raise(raw: bytes) -> None:
    for name in outline(raw).key_names:
        assert name == name.lower()
    verify(raw, dict.fromkeys(outline(raw).key_names, seen(raw)), SESSION, NOW)


_BASE = sealed(signed())


@given(st.lists(st.tuples(st.integers(0, len(_BASE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_no_mutation_of_a_signed_mail_makes_it_raise(changes: list[tuple[int, int]]) -> None:
    raw = bytearray(_BASE)
    for position, octet in changes:
        raw[position] = octet
    outline(bytes(raw))
    verify(bytes(raw), published(), SESSION, NOW)


@given(st.binary(max_size=600))
@settings(max_examples=200, deadline=None)
def test_no_key_record_makes_it_raise(record: bytes) -> None:
    for value in (record, b"v=DKIM1; p=" + record, b"k=ed25519; p=" + record):
        verify(_BASE, dict.fromkeys(published(), seen(value)), SESSION, NOW)
