"""The report in a terminal: what stands where, in both languages, at any width, with and without colours."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from printed import joined, shown
from reports import HOSTILE, domain_report, every_finding, finding, mail_report
from rich.cells import cell_len
from rich.console import Console

from bot.render.terminal.report import print_report
from checks import CATALOGUE, PROFILES, Lang, Outcome, RecordChange, Report, Status, Why

LANGS: tuple[Lang, ...] = ("en", "ja")


@pytest.mark.parametrize("lang", LANGS)
def test_the_parts_follow_each_other_from_the_verdict_to_what_could_not_be_told(lang):
    report = domain_report(finding("DMARC001", domain="example.co.jp"), unknown={"mx.record": Why.TIMEOUT})
    text = shown(report, lang)
    headings = {
        "en": [
            "Mail system needs work",
            "Findings",
            "What to do next",
            "What was checked",
            "MSchecker",
            "Sender guidelines",
            "What could not",
        ],
        "ja": [
            "メールシステム要改善",
            "指摘  ",
            "次に行うこと",
            "\n検査項目",
            "MSchecker",
            "送信者ガイドライン",
            "判定できなかった項目",
        ],
    }[lang]
    places = [text.index(heading) for heading in headings]
    assert places == sorted(places)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("width", [24, 40, 80, 120, 250])
def test_no_line_is_wider_than_the_terminal_but_what_is_to_be_copied(lang, width):
    report = domain_report(*every_finding("x"), unknown={"mx.record": Why.TIMEOUT, "bl.domain": Why.BLOCKED})
    for line in shown(report, lang, width, verbose=True).splitlines():
        whole = "https://" in line or "v=old" in line or "v=new" in line or re.match(r"  \S+  TXT  \S+$", line)
        assert whole or cell_len(line) <= min(width, 100), line


@pytest.mark.parametrize("lang", LANGS)
def test_every_rule_is_shown_with_why_and_how(lang):
    found = every_finding("x")
    text = joined(shown(domain_report(*found), lang, verbose=True) + shown(mail_report(*found), lang, verbose=True))
    for each in found:
        assert each.rule.id in text
        for said in (each.title(lang), each.why(lang), each.fix(lang)):
            assert joined(said.replace("`", "")) in text


def test_the_worst_comes_first():
    text = shown(domain_report(finding("MX001"), finding("DMARC001"), finding("BL201")))
    assert text.index("Critical BL201") < text.index("Error DMARC001") < text.index("Notice MX001")


def test_a_record_is_one_line_whatever_the_width():
    long = "v=spf1 " + " ".join(f"ip4:192.0.2.{n}" for n in range(40)) + " -all"
    rule = CATALOGUE.rules["SPF001"]
    change = RecordChange("example.co.jp", "TXT", long, long.replace("-all", "~all"))
    report = domain_report(rule.found("example.co.jp", records=[change], **dict.fromkeys(rule.facts, "x")))
    lines = shown(report, width=40).splitlines()
    assert f"    - {long}" in lines
    assert f"    + {long.replace('-all', '~all')}" in lines


@pytest.mark.parametrize(
    ("old", "new", "later", "signs"),
    [
        ("v=a", "v=b", False, ["Change  TXT  example.co.jp", "- v=a", "+ v=b"]),
        (None, "v=b", False, ["Add  TXT  example.co.jp", "+ v=b"]),
        ("v=a", "", False, ["Delete  TXT  example.co.jp", "- v=a"]),
        ("v=a", "v=a", False, ["Keep  TXT  example.co.jp", "v=a"]),
        ("v=a", None, False, ["Now  TXT  example.co.jp", "v=a"]),
        (None, "v=b", True, ["Only as described above: set TXT at example.co.jp to", "v=b"]),
    ],
    ids=["replace", "add", "delete", "keep", "undecided", "later"],
)
def test_what_to_do_with_a_record_is_said_in_words_and_signs(old, new, later, signs):
    rule = CATALOGUE.rules["SPF001"]
    change = RecordChange("example.co.jp", "TXT", old, new, later)
    report = domain_report(rule.found("example.co.jp", records=[change], **dict.fromkeys(rule.facts, "x")))
    lines = [line.strip() for line in shown(report).splitlines()]
    at = lines.index(signs[0])
    assert lines[at : at + len(signs)] == signs
    assert not lines[at + len(signs)].startswith(("+", "-"))


@pytest.mark.parametrize("lang", LANGS)
def test_questions_are_marked_and_what_only_a_mail_tells_is_counted(lang):
    report = domain_report(
        finding("SPF301"), finding("DMARC301"), unknown={"mx.record": Why.TIMEOUT, "bl.domain": Why.BLOCKED}
    )
    text = shown(report, lang, 100)
    titles = {check.id: check.title.say(lang) for check in CATALOGUE.checks}
    assert f"✓ {titles['spf.record']}" in text
    assert f"✗ {titles['spf.lookups']} SPF301" in text
    assert f"? {titles['mx.record']}" in text
    assert {"en": "– 1 not tested", "ja": "– 1項目は未検査"}[lang] in text
    assert titles["dkim.signature"] not in text
    assert f"… {titles['dkim.signature']}" in shown(report, lang, 100, verbose=True)
    of_mail = sum(check.of_mail for check in CATALOGUE.checks)
    assert {"en": f"{of_mail} questions need a mail", "ja": f"{of_mail}項目の判定には"}[lang] in text


@pytest.mark.parametrize("lang", LANGS)
def test_a_failed_lookup_is_never_all_clear(lang):
    clear = {"en": "Nothing has to change", "ja": "修正が必要な点はありません"}[lang]
    assert clear in shown(domain_report(), lang)
    text = shown(domain_report(unknown={"spf.record": Why.TIMEOUT}), lang)
    assert clear not in text
    assert {"en": "SPF could not be looked up", "ja": "SPFは確認できなかったため"}[lang] in joined_lines(text)


def joined_lines(text: str) -> str:
    return text.replace("\n ", "")


def test_a_name_that_does_not_exist_is_all_there_is_to_say():
    report = domain_report(finding("DNS001", domain="no.example"), subject="no.example", missing=True)
    text = shown(report)
    assert "DNS001" in text
    assert "What was checked" not in text


@pytest.mark.parametrize("lang", LANGS)
def test_a_mail_has_its_authentication_as_a_table(lang):
    text = shown(mail_report(finding("SPF401")), lang)
    assert {"en": "aligned with From", "ja": "アライメント"}[lang] in text
    assert re.search(r"DKIM \(s1\)\s+pass\s+example\.co\.jp", text)
    assert {"en": "questions need a mail", "ja": "項目の判定には"}[lang] not in text


@pytest.mark.parametrize("lang", LANGS)
def test_what_a_mail_file_says_of_its_session_is_marked_as_hearsay(lang):
    told = {"client_ip": "192.0.2.25", "helo": "\x1bmx", "protocol": "ESMTPS", "tls_version": None, "tls_cipher": None}
    mail = mail_report(finding("SPF401"))
    word = {"en": "Hearsay", "ja": "伝聞"}[lang]
    assert word not in shown(mail, lang)
    text = shown(replace(mail, authentication=dict(mail.authentication) | {"hearsay": told}), lang)
    assert word in text
    assert "192.0.2.25" in text
    assert "ESMTPS" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("lang", LANGS)
def test_strangers_text_is_shown_harmlessly(lang):
    report = domain_report(*every_finding(HOSTILE))
    for text in (shown(report, lang, verbose=True), shown(mail_report(*every_finding(HOSTILE), text=HOSTILE), lang)):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\x07" not in text


def test_colours_only_where_they_are_wanted(monkeypatch):
    report = domain_report(finding("DMARC001"))
    assert "\x1b" not in shown(report)
    assert "\x1b[1;31m" in shown(report, force_terminal=True, color_system="standard")
    assert "\x1b" not in shown(report, force_terminal=True, color_system=None)
    assert not re.search(
        r"\x1b\[[0-9;]*3[0-7]", shown(report, force_terminal=True, color_system="standard", no_color=True)
    )


def test_a_terminal_without_unicode_gets_plain_signs():
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="iso-8859-1", errors="replace")
    print_report(Console(file=file, width=80), domain_report(finding("SPF301")), "en")
    file.flush()
    text = raw.getvalue().decode("iso-8859-1")
    assert "x SPF lookups SPF301" in text
    assert "+ SPF record" in text
    assert "?" not in text.split("Findings")[0]


def test_a_stored_report_and_an_unknown_list_are_shown_as_far_as_they_are_known():
    stored = domain_report(finding("DMARC001")).as_stored()
    stored["profiles"]["later"] = [
        {
            "requirement": "some-thing",
            "applies": "all",
            "status": "not_met",
            "reason": None,
            "rules": [],
            "so_far": None,
        }
    ]
    stored["checks"].append({"id": "gone.check", "outcome": Outcome.PASSED.value, "reason": None, "findings": []})
    text = shown(Report.from_stored(stored, CATALOGUE))
    assert "Later" in text
    assert "✗ some-thing" in text


@pytest.mark.parametrize("lang", LANGS)
def test_each_list_has_its_name_and_counts_and_what_is_only_recommended_waits_for_more_to_be_asked(lang):
    report = domain_report(finding("DMARC201"), finding("DMARC001"))
    text, more = shown(report, lang, 100), shown(report, lang, 100, verbose=True)
    for profile in PROFILES.values():
        assert profile.name.say(lang) in text
        for requirement in profile.requirements:
            assert joined(requirement.title.say(lang)) in joined(more)
            status = next(s for rows in report.profiles.values() for s in rows if s.id == requirement.id)
            said = status.status is Status.NOT_MET and requirement.applies != "recommended"
            if said:
                assert joined(requirement.title.say(lang)) in joined(text)
    advice = {"en": "Ministry of Internal Affairs", "ja": "総務省"}[lang]
    assert advice not in text
    assert f"! {advice}" in more
    assert {"en": "3morearerecommendations", "ja": "推奨事項3件"}[lang] in joined(text)
