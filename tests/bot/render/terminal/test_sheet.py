"""Rows for spreadsheets: all of one shape, RFC 4180, and no cell that runs."""

from __future__ import annotations

import csv
import io

import pytest
from reports import domain_report, finding

from bot.render.terminal.sheet import header, row_of_failure, row_of_report, written
from checks import CATALOGUE, Lang, Why

LANGS: tuple[Lang, ...] = ("en", "ja")


def row(report, lang: Lang = "en") -> dict[str, str]:
    return dict(zip(header(lang), row_of_report(report, lang), strict=True))


@pytest.mark.parametrize("lang", LANGS)
def test_all_rows_have_the_columns_of_the_header(lang):
    columns = header(lang)
    assert len(set(columns)) == len(columns)
    assert len(row_of_report(domain_report(), lang)) == len(columns)
    assert len(row_of_failure("x", "no domain")) == len(columns)


def test_a_row_tells_the_verdict_each_topic_and_the_rules():
    report = domain_report(
        finding("SPF301"), finding("DMARC301"), unknown={"mx.record": Why.TIMEOUT, "bl.domain": Why.BLOCKED}
    )
    told = row(report)
    assert told["domain"] == "example.co.jp"
    assert told["verdict"] == "Mail system needs work (provisional)"
    assert (told["SPF"], told["DMARC"], told["MX"]) == ("failed", "failed", "could not be told")
    assert (told["DNS"], told["TLS"]) == ("passed", "needs a mail")
    assert told["Reverse DNS"] == "passed in DNS"
    assert told["rules"] == "SPF301 DMARC301"
    assert (told["critical"], told["errors"], told["warnings"]) == ("0", "1", "1")


def test_japanese_rows_are_japanese():
    told = row(domain_report(finding("SPF301")), "ja")
    assert (told["判定"], told["SPF"], told["DNS"]) == ("メールシステム要改善(暫定)", "不合格", "合格")


def test_every_topic_of_the_catalogue_has_a_column():
    assert len(header("en")) == 9 + len({check.topic for check in CATALOGUE.checks})


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x"]
)
def test_no_cell_becomes_a_formula(cell):
    (read,) = next(csv.reader(io.StringIO(written([cell]), newline="")))
    assert read.startswith("'")


def test_quotes_commas_and_line_ends_survive_as_rfc_4180_has_them():
    assert written(['a"b', "c,d", "e"]) == '"a""b","c,d",e\r\n'
    assert written(["a\nb"]) == "a\\u{a}b\r\n"
