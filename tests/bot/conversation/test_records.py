"""Whose a record is, what is said of a file, and the notes that go with values to copy."""

from __future__ import annotations

from dataclasses import replace

import pytest
from reports import domain_report, finding, mail_report
from told import AT, begun, play, shown, text

from bot.conversation.content import Code, Content, Note, Paragraph
from bot.conversation.events import Checked, MailAnalysed
from bot.conversation.findings import explanation
from bot.conversation.records import operator_of, ttl_of
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


HOSTED, ASKED = "example.co.jp.dmarc.vendor.net", "_dmarc.example.co.jp"


@pytest.mark.parametrize(
    ("change", "lang", "said"),
    [
        (
            RecordChange(HOSTED, "TXT", "v=1", "v=2", alias=ASKED),
            "en",
            f"`{ASKED}` is an alias (CNAME) of `{HOSTED}`: the record stands there. "
            f"To be changed by the operator of `{HOSTED}`, in their zone:",
        ),
        (
            RecordChange(HOSTED, "TXT", "v=1", "v=2", alias=ASKED),
            "ja",
            f"`{ASKED}` は `{HOSTED}` の別名(CNAME)で、レコードは `{HOSTED}` にあります。"
            f"`{HOSTED}` の管理者が、自身のゾーンで変更する必要があります。",
        ),
        (
            RecordChange("d.example.co.jp", "TXT", "v=1", None, alias=ASKED),
            "en",
            f"`{ASKED}` is an alias (CNAME) of `d.example.co.jp`: the record stands there.",
        ),
        (
            RecordChange(ASKED, "TXT", None, "v=2", alias_of=HOSTED),
            "en",
            f"`{ASKED}` is an alias (CNAME) of `{HOSTED}`, where there is no such record. Beside a CNAME nothing can be "
            f"added: delete it first (one of a wildcard can stay), or have the record published at `{HOSTED}` instead:",
        ),
    ],
)
def test_what_a_cname_has_to_do_with_it_is_said_above_the_record(change: RecordChange, lang: Lang, said: str) -> None:
    parts = explained(change, None, lang).parts
    assert [part.text for part in parts if isinstance(part, Paragraph) and "CNAME" in part.text] == [said]


def test_the_ttl_of_a_record_behind_an_alias_is_that_of_the_asked_name() -> None:
    answer = {"rdtype": "TXT", "name": ASKED, "ttl_s": 3600}
    report = replace(domain_report(), evidence={"DmarcEvidence": answer})
    change = RecordChange("d.example.co.jp", "TXT", "v=1", "v=2", alias=ASKED)
    assert ttl_of([replace(finding("DMARC201"), records=(change,))], report) == 3600


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
