"""Tag lists (RFC 6376 section 3.2)."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.parse.tag_list import Tag, TagListError, parse_tag_list


def test_tags_keep_their_order_case_and_position() -> None:
    assert parse_tag_list("v=DMARC1; P = reject ;rua=mailto:a@example.jp?x=y;") == (
        Tag("v", "DMARC1", 0),
        Tag("P", "reject", 10),
        Tag("rua", "mailto:a@example.jp?x=y", 22),
    )


def test_a_value_may_be_empty_and_folded() -> None:
    assert parse_tag_list("p=") == (Tag("p", "", 0),)
    assert parse_tag_list("h=from:\r\n\tto; b=x\r\n") == (Tag("h", "from:\r\n\tto", 0), Tag("b", "x", 14))


@pytest.mark.parametrize(
    ("text", "position", "kind"),
    [
        ("", 0, "empty"),
        ("v=1; ; p=x", 5, "empty"),
        ("v=1; reject", 5, "no_equals_sign"),
        ("v=1; 1a=b", 5, "bad_name"),
        ("v=1; =b", 5, "bad_name"),
        ("v=1; v=2", 5, "duplicate"),
    ],
)
def test_what_is_no_tag_list_says_where(text: str, position: int, kind: str) -> None:
    with pytest.raises(TagListError) as raised:
        parse_tag_list(text)
    assert (raised.value.position, raised.value.kind) == (position, kind)


@given(st.text(max_size=200))
def test_nothing_else_is_raised(text: str) -> None:
    with contextlib.suppress(TagListError):
        for tag in parse_tag_list(text):
            assert text[tag.position :].startswith(tag.name)
