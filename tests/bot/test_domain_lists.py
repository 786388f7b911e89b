"""Lists of domains as editors and spreadsheets write them: what is read, what is said of the rest."""

from __future__ import annotations

import pytest

from bot.cli.names import ListError, Unreadable, read_names
from checks import Domain


def names_in(tmp_path, raw: bytes, *arguments: str, lang="en"):
    path = tmp_path / "domains.txt"
    path.write_bytes(raw)
    names = read_names(arguments, [str(path)], lang)
    return [entry.ascii if isinstance(entry, Domain) else entry for entry in names.entries], names.remarks


@pytest.mark.parametrize(
    "raw",
    [
        b"one.example\ntwo.example\n",
        b"one.example\r\ntwo.example\r\n",
        b"one.example\rtwo.example",
        b"\xef\xbb\xbfone.example\r\n\r\n  two.example  \r\n",
        b"# all of ours\none.example # the first\n\t# nothing\ntwo.example\t#x\n",
        "one.example\r\ntwo.example\r\n".encode("utf-16"),
        b"\xfe\xff" + "one.example\ntwo.example".encode("utf-16-be"),
        "one.example # 本社\ntwo.example".encode("cp932"),
    ],
    ids=["LF", "CRLF", "CR", "BOM and blanks", "comments", "UTF-16", "UTF-16 big-endian", "Shift_JIS"],
)
def test_a_list_is_read_in_any_usual_form(tmp_path, raw):
    assert names_in(tmp_path, raw) == (["one.example", "two.example"], [])


def test_a_name_in_japanese_is_one_domain_in_either_form(tmp_path):
    domains, remarks = names_in(tmp_path, "日本語.example\nxn--wgv71a119e.example\n".encode(), lang="ja")
    assert domains == ["xn--wgv71a119e.example"]
    assert remarks[0].endswith(":2: `日本語.example` は重複しています(1行目)。検査は1回だけ行います。")


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_each_bad_line_is_named_with_its_number_and_keeps_its_place(tmp_path, lang):
    domains, remarks = names_in(tmp_path, b"one.example\n\n=cmd|x\nco.jp\n192.0.2.1\ntwo.example", lang=lang)
    assert (domains[0], domains[-1]) == ("one.example", "two.example")
    assert [entry.text for entry in domains if isinstance(entry, Unreadable)] == ["=cmd|x", "co.jp", "192.0.2.1"]
    assert [remark.split("domains.txt")[1].split(":")[1] for remark in remarks] == ["3", "4", "5"]


def test_what_was_taken_from_an_address_is_said(tmp_path):
    domains, remarks = names_in(tmp_path, b"info@one.example\nhttps://two.example/#top\n")
    assert domains == ["one.example", "two.example"]
    assert len(remarks) == 2


def test_arguments_come_before_lists_and_count_as_duplicates(tmp_path):
    domains, remarks = names_in(tmp_path, b"two.example\nONE.example.\n", "one.example")
    assert domains == ["one.example", "two.example"]
    assert remarks[0].endswith(":2: `one.example` was given before (argument 1); it is checked once.")


@pytest.mark.parametrize("raw", [b"", b"\n# nothing\n"])
def test_an_empty_list_has_no_domain(tmp_path, raw):
    assert names_in(tmp_path, raw) == ([], [])


def test_what_is_no_text_is_refused_as_a_whole(tmp_path):
    with pytest.raises(ListError, match=r"domains\.txt: is no text"):
        names_in(tmp_path, b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe\x81\x00")
    with pytest.raises(ListError, match="cannot be read"):
        read_names((), [str(tmp_path / "missing.txt")], "en")
    with pytest.raises(ListError, match="読み込めません"):
        read_names((), [str(tmp_path)], "ja")


def test_a_hostile_line_is_shown_harmlessly(tmp_path):
    _, remarks = names_in(tmp_path, "\x1b[31m\u202eevil\n".encode())
    assert "\x1b" not in remarks[0]
    assert "\u202e" not in remarks[0]
