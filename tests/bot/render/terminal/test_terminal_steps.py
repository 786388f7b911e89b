"""What a terminal says to do next, the records and files with it, and the signs that go with all of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from printed import joined, shown
from reports import domain_report, finding, mail_report

from checks import Lang, RecordChange, Tier, Why

LANGS: tuple[Lang, ...] = ("en", "ja")
URL = "https://mta-sts.example.co.jp/.well-known/mta-sts.txt"


def steps(report, lang="en", **options):
    """The lines of the part with the next steps, without what only sets them."""
    heading, after = {"en": ("What to do next", "What was checked"), "ja": ("次に行うこと", "検査項目 ─")}[lang]
    text = shown(report, lang, 100, **options)
    return joined(text[text.index(heading) : text.index(after)])


def changed(*changes, rule="SPF301"):
    return replace(finding(rule), records=changes)


def lines(report, lang="en"):
    return [line.strip() for line in shown(report, lang, 100).splitlines()]


@pytest.mark.parametrize("lang", LANGS)
def test_findings_in_dns_come_before_another_check_and_that_before_a_mail(lang):
    said = steps(domain_report(finding("SPF001"), finding("SEC001"), finding("STS001")), lang)
    again = {
        "en": "run mailcheck check example.co.jp again",
        "ja": "変更前のレコードのTTL(1時間ほどのことが多い)が過ぎてから mailcheck check example.co.jp を再実行",
    }[lang]
    order = ["1.", "SPF001", "2.", joined(again), "3.", joined("mailcheck message")]
    places = [said.index(each) for each in order]
    assert places == sorted(places)
    assert "STS001" not in said
    assert {"en": "ChangeDNS", "ja": "DNSのレコードを修正"}[lang] in said


@pytest.mark.parametrize("lang", LANGS)
def test_a_file_is_no_change_of_dns_and_has_no_ttl(lang):
    said = steps(domain_report(changed(RecordChange(URL, "file", "a", "b"), rule="STS401")), lang)
    assert {"en": "DowhatisdescribedunderSTS401", "ja": "STS401の説明に従って対応"}[lang] in said
    assert "TTL" not in said


@pytest.mark.parametrize("lang", LANGS)
def test_a_change_in_dns_that_is_not_known_here_takes_its_time(lang):
    said = steps(domain_report(changed(rule="DKIM004")), lang)
    assert {"en": "theTTLoftheoldanswer", "ja": "以前の応答のTTL"}[lang] in said


@pytest.mark.parametrize("lang", LANGS)
def test_the_wait_is_named_where_the_ttl_is_known(lang):
    answer = {"state": "seen", "value": {"name": "example.co.jp", "rdtype": "TXT", "values": [], "ttl_s": 3600}}
    report = domain_report(changed(RecordChange("example.co.jp", "TXT", "v=1", "v=2")))
    said = steps(replace(report, evidence={"SpfEvidence": {"answer": answer}}), lang)
    assert {"en": "haspassed(1hour),thenrun", "ja": "変更前のレコードのTTL(1時間)が過ぎてから"}[lang] in said


@pytest.mark.parametrize("lang", LANGS)
def test_a_new_record_takes_until_its_absence_is_forgotten(lang):
    said = steps(domain_report(changed(RecordChange("example.co.jp", "TXT", None, "v=1"))), lang)
    assert {"en": "uptoanhour", "ja": "1時間ほど"}[lang] in said


@pytest.mark.parametrize("lang", LANGS)
def test_behind_a_broken_chain_neither_the_head_nor_the_steps_ask_for_a_mail_now(lang):
    report = domain_report(finding("SEC201"), unknown={"spf.record": Why.SERVFAIL})
    said = steps(report, lang)
    assert {"en": "checkamailafterthat", "ja": "メールの検査はその後に"}[lang] in said
    text = joined(shown(report, lang, 100))
    assert {"en": "atestmailcompletesit", "ja": "テストメールを受信すると"}[lang] not in text
    assert {"en": "UntilDNSSECisrepaired", "ja": "DNSSECを修復するまで"}[lang] in text


@pytest.mark.parametrize(
    ("report", "en", "ja"),
    [
        (domain_report(), "Check a mail that the domain sent", "ドメインから送信したメールを"),
        (domain_report(), "Gmail: Show original, then Download Original", "「メッセージのソースを表示」からダウンロード"),
        (domain_report(finding("SPF301")), "Gmail: Show original, then Download Original", "「メッセージのソースを表示」からダウンロード"),
        (replace(domain_report(), provisional=False, non_sending=True), "Nothing has to change", "必要な作業はありません"),
        (domain_report(unknown={"spf.record": Why.TIMEOUT}), "in about 10 minutes", "10分ほど待って"),
        (mail_report(), "Nothing has to change", "必要な作業はありません"),
        (mail_report(finding("DKIM302")), "Change the sending system as described under DKIM302", "DKIM302の説明に従って、送信システムを修正"),
        (mail_report(finding("DKIM302"), finding("SPF301")), "under SPF301", "SPF301の説明に従って"),
        (domain_report(finding("STS001")), "Optional: STS001", "任意: STS001"),
    ],
    ids=["clear", "how", "how-after", "sends-nothing", "unknown", "clear-mail", "system", "mail-and-dns", "advice"],
)  # fmt: skip
def test_the_steps_fit_to_the_report(report, en, ja):
    assert joined(en) in steps(report, "en")
    assert joined(ja) in steps(report, "ja")


def test_one_step_needs_no_number():
    assert "1." not in steps(domain_report())


@pytest.mark.parametrize("lang", LANGS)
def test_passed_with_a_notice_has_a_sign_of_its_own_and_the_legend_has_every_sign(lang):
    text = shown(domain_report(finding("STS001"), finding("SPF301"), unknown={"mx.record": Why.TIMEOUT}), lang, 100)
    assert {"en": "i MTA-STS record STS001", "ja": "i MTA-STSレコード STS001"}[lang] in text
    notice, untested = {"en": ("i passed, with a notice", "– not tested"), "ja": ("i 合格(参考情報あり)", "– 未検査")}[
        lang
    ]
    assert notice in text
    assert untested in text
    assert notice not in shown(domain_report(), lang, 100)


def test_a_file_is_shown_line_by_line_as_in_a_diff():
    old = "version: STSv1\r\nmode: enforce\r\nmx: mx.example.co.jp"
    new = "version: STSv1\nmode: testing\nmx: mx.example.co.jp\nmax_age: 604800"
    said = lines(domain_report(changed(RecordChange(URL, "file", old, new))))
    at = said.index(f"Change it to: file at {URL} (+ added, - removed; leave out the signs)")
    assert said[at + 1 : at + 6] == [
        "version: STSv1",
        "- mode: enforce",
        "+ mode: testing",
        "mx: mx.example.co.jp",
        "+ max_age: 604800",
    ]
    said = lines(domain_report(changed(RecordChange(URL, "file", None, new))), "ja")
    at = said.index(f"{URL} に置くファイル")
    assert said[at + 1 : at + 5] == new.split("\n")


def test_a_file_of_a_stranger_is_neither_endless_nor_does_it_act():
    old = "\n".join(["\x1b[31m" + "x" * 300] * 500)
    text = shown(domain_report(changed(RecordChange(URL, "file", old, "mode: none"))))
    assert "\x1b" not in text
    assert text.count("x" * 300) <= 40


def test_the_lines_of_a_file_are_whole_whatever_the_width():
    line = "mx: " + "a" * 200 + ".example"
    assert (
        f"      {line}" in shown(domain_report(changed(RecordChange(URL, "file", None, line))), width=40).splitlines()
    )


def test_what_is_there_now_is_shown_beside_what_comes_later():
    said = lines(domain_report(changed(RecordChange("example.co.jp", "TXT", "v=1", "v=2", later=True))))
    at = said.index("Now  TXT  example.co.jp")
    assert said[at + 1 : at + 4] == [
        "v=1",
        "Only as described above: set TXT at example.co.jp to",
        "v=2",
    ]


@pytest.mark.parametrize("lang", LANGS)
def test_a_record_in_the_zone_of_another_is_for_its_operator(lang):
    name = "example.co.jp._report._dmarc.reports.example"
    text = shown(domain_report(changed(RecordChange(name, "TXT", None, "v=DMARC1"))), lang, 100)
    said = {
        "en": "To be published by the operator of reports.example",
        "ja": "reports.example の管理者が、自身のゾーンに登録",
    }
    assert said[lang] in text


@pytest.mark.parametrize("lang", LANGS)
def test_the_note_on_quotes_stands_once(lang):
    note = {"en": "In most DNS panels enter only", "ja": "DNSの管理画面では、多くの場合"}[lang]
    text = shown(domain_report(finding("SPF001"), finding("SPF301")), lang, 100)
    assert text.count(note) == 1
    assert "`" not in text, "marks of code are for a chat"
    assert note not in shown(domain_report(), lang, 100)


def test_a_warning_without_weight_is_still_a_step():
    assert "SPF306" in steps(domain_report(replace(finding("SPF306"), tier=Tier.NONE)))


@pytest.mark.parametrize("lang", LANGS)
def test_mschecker_is_explained_where_it_is_named(lang):
    assert {"en": "free diagnosis of designet.co.jp", "ja": "designet.co.jpの無料診断"}[lang] in shown(
        domain_report(), lang
    )


def test_what_a_finding_says_already_leaves_no_gap_in_what_could_not_be_told():
    text = shown(domain_report(finding("DANE104"), unknown={"dane.records": Why.SERVFAIL}), width=100)
    below = text.partition("What could not be told")[2].splitlines()
    assert all(below[1:3])


def test_an_item_that_is_met_with_a_warning_has_the_sign_of_one():
    said = shown(mail_report(finding("DMARC303")), width=100).partition("items of MSchecker")[2]
    assert "\n ! DMARC  " in said
    assert "\n ✓ DMARC  " not in said


@pytest.mark.parametrize("lang", LANGS)
def test_what_fails_in_a_forwarded_mail_may_be_the_forwarders_doing(lang):
    forwarded = mail_report(finding("DKIM303"), facts={"forwarded": ("list_id",)})
    said = joined(shown(forwarded, lang, 100))
    assert {"en": "Thismailwasforwarded(amailinglist'sList-Idheader).", "ja": "転送されたメールです"}[lang] in said
    assert {"en": "BeforeyouchangeanythingforDKIM303", "ja": "DKIM303は転送元のシステムが原因"}[lang] in steps(
        forwarded, lang
    )
    direct = joined(shown(mail_report(finding("DKIM303")), lang, 100))
    assert {"en": "Thismailwasforwarded", "ja": "転送されたメール"}[lang] not in direct


def test_a_fault_in_dns_that_a_forwarded_mail_showed_is_mended_all_the_same():
    said = steps(mail_report(finding("SPF001"), finding("DKIM303"), facts={"forwarded": ("srs",)}))
    assert "ChangeDNSasdescribedunderSPF001" in said
    assert "BeforeyouchangeanythingforDKIM303" in said
    assert "Thensendanothermail" in said
