"""How lines break: names stay whole, Japanese breaks where it may, nothing is wider than the terminal."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text as Line

from bot.render.terminal.wrapping import Hanging, Heading, wrapped


def lines(text: str, width: int) -> list[str]:
    return [line.plain for line in wrapped(Line(text), width)]


def printed(part: object, width: int) -> list[str]:
    file = io.StringIO()
    Console(file=file, width=width).print(part)
    return file.getvalue().splitlines()


def test_english_breaks_between_words_and_names_stay_whole():
    assert lines("the record of _dmarc.example.co.jp is gone", 22) == [
        "the record of",
        "_dmarc.example.co.jp",
        "is gone",
    ]


def test_japanese_fills_the_line_beside_a_name():
    assert lines("example.jp のレコードを登録してください", 20) == ["example.jp のレコー", "ドを登録してください"]


@pytest.mark.parametrize("text", ["これは終わり。", "かっこ(中)で", "リゾルバー", "です、ます"])
@pytest.mark.parametrize("width", range(4, 14))
def test_no_line_begins_with_what_must_not_stand_first(text, width):
    for line in lines(text, width)[1:]:
        assert line[0] not in "。、)ー"
    for line in lines(text, width)[:-1]:
        assert line[-1] not in "("


def test_a_name_wider_than_the_line_is_cut_and_nothing_is_lost():
    name = "a" * 25 + ".example"
    assert "".join(lines(name, 10)) == name


def test_styles_stay_with_their_words():
    text = Line("one ")
    text.append("two", style="bold")
    second = wrapped(text, 4)[1]
    assert second.plain == "two"
    assert [span.style for span in second.spans] == ["bold"]


@given(st.text("ab .-。、(ー「日本語カナ\u0301", max_size=80), st.integers(2, 30))
def test_no_line_is_too_wide_and_only_blanks_at_its_end_are_lost(text, width):
    broken = lines(text, width)
    assert "".join("".join(broken).split()) == "".join(text.split())
    # A full stop that may not stand first stays with the character before it, even where there is room for one only.
    assert all(cell_len(line) <= max(width, 2) for line in broken)


@pytest.mark.parametrize("width", [20, 34, 50, 80, 120])
def test_a_label_and_its_text_fit_any_terminal(width):
    shown = printed(Hanging(Line("直し方"), Line("`v=spf1 -all` を登録してください。" * 5), indent=2, column=8), width)
    assert all(cell_len(line) <= width for line in shown)
    assert "直し方" in shown[0]
    assert ("を登録" in shown[0]) == (width >= 38)


def test_a_heading_ends_at_the_edge():
    assert cell_len(printed(Heading("指摘", "エラー2件"), 40)[0]) == 40
    assert cell_len(printed(Heading("Findings"), 200)[0]) == 100
