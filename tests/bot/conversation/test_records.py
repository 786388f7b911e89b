"""Whose a record is, what is said of a file, and the notes that go with values to copy."""

from __future__ import annotations

from dataclasses import replace

import pytest
from reports import domain_report, finding, mail_report
from told import AT, begun, play, shown, text

from bot.conversation.content import Code, Content, Note, Paragraph
from bot.conversation.events import Checked, MailAnalysed
from bot.conversation.findings import explanation
from bot.conversation.records import operator_of
from checks import Lang, RecordChange, Report

URL = "https://mta-sts.example.co.jp/.well-known/mta-sts.txt"
LINES = "version: STSv1\nmode: testing\nmx: mx.example.co.jp\nmax_age: 604800"


def explained(change: RecordChange, report: Report | None = None, lang: Lang = "en") -> Content:
    return explanation(replace(finding("SPF001"), records=(change,)), lang, report or domain_report())


def codes(content: Content) -> list[Code]:
    return [part for part in content.parts if isinstance(part, Code)]


@pytest.mark.parametrize(
    ("name", "subject", "operator"),
    [
        ("example.co.jp", "example.co.jp", None),
        ("_dmarc.example.co.jp", "news.example.co.jp", None),
        ("_25._tcp.mx.example.co.jp.", "example.co.jp", None),
        ("MX.Example.co.jp", "example.co.jp", None),
        ("example.co.jp._report._dmarc.reports.example", "example.co.jp", "reports.example"),
        ("_25._tcp.mx.other.co.jp", "example.co.jp", "mx.other.co.jp"),
        ("notexample.co.jp", "example.co.jp", "notexample.co.jp"),
    ],
)
def test_whose_zone_a_record_is_in(name: str, subject: str, operator: str | None) -> None:
    assert operator_of(RecordChange(name, "TXT", None, "x"), domain_report(subject=subject)) == operator


def test_a_boundary_that_could_not_be_told_makes_nobody_a_stranger() -> None:
    report = replace(domain_report(subject="news.example.co.jp"), organizational=None)
    assert operator_of(RecordChange("_dmarc.example.co.jp", "TXT", None, "x"), report) is None


@pytest.mark.parametrize(
    ("old", "lang", "said"),
    [
        (None, "en", "To be published by the operator of `reports.example`, in their zone:"),
        (None, "ja", "`reports.example` の管理者が、自身のゾーンに登録する必要があります。"),
        ("v=1", "en", "To be changed by the operator of `reports.example`, in their zone:"),
        ("v=1", "ja", "`reports.example` の管理者が、自身のゾーンで変更する必要があります。"),
    ],
)
def test_a_record_in_the_zone_of_another_is_for_its_operator(old: str | None, lang: Lang, said: str) -> None:
    parts = explained(RecordChange("example.co.jp._report._dmarc.reports.example", "TXT", old, "v=DMARC1"), None, lang)
    at = next(n for n, part in enumerate(parts.parts) if isinstance(part, Paragraph) and part.text == said)
    assert isinstance(parts.parts[at + 1], Code)
    own = explained(RecordChange("example.co.jp", "TXT", old, "v=DMARC1"), None, lang)
    assert {"en": "operator of", "ja": "管理者が"}[lang] not in text(own)


@pytest.mark.parametrize(
    ("old", "en", "ja"),
    [
        (None, [f"File at {URL}"], [f"{URL} に置くファイル"]),
        ("mode: x", [f"Now: file at {URL}", f"Change it to: file at {URL}"], [f"{URL} の現在のファイル", f"{URL} の変更後のファイル"]),
        (LINES, [f"Keep: file at {URL}"], [f"{URL} にそのまま残すファイル"]),
    ],
    ids=["new", "change", "keep"],
)  # fmt: skip
def test_a_file_is_a_block_of_lines_with_its_address(old: str | None, en: list[str], ja: list[str]) -> None:
    for lang, leads in (("en", en), ("ja", ja)):
        made = codes(explained(RecordChange(URL, "file", old, LINES), None, lang))
        assert [code.lead for code in made] == leads
        assert made[-1].text == LINES
        assert all(code.is_file for code in made)


@pytest.mark.parametrize(
    ("lang", "note"), [("en", "In most DNS panels enter only"), ("ja", "DNSの管理画面では、多くの場合")]
)
def test_the_note_on_quotes_stands_once_and_only_below_values_to_publish(lang: Lang, note: str) -> None:
    domain = domain_report(finding("SPF001"), finding("DMARC001"))
    reports = {"r": domain, "m": mail_report(finding("DKIM302"))}
    made = shown(play([begun(lang), Checked(1, "r"), MailAnalysed("1", "m", AT)], reports)[1])
    for key in ("findings", "mail-1"):
        assert sum(isinstance(part, Note) and note in part.text for part in made[key].parts) == 1
    assert note not in text(explained(RecordChange("example.co.jp", "TXT", "v=1", None), None, lang))
    assert note in text(explained(RecordChange("example.co.jp", "MX", None, "10 mx"), None, lang))
    assert note not in text(explained(RecordChange(URL, "file", None, LINES), None, lang))
