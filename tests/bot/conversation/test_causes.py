"""The root names what is wrong and what to do about it, and nothing in it contradicts the rest of the thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from reports import domain_report, finding, mail_report
from told import AT, begun, buttons, play, shown, text

from bot.conversation.content import Action, Content, Link, Note, Paragraph, Table
from bot.conversation.events import Checked, MailAnalysed
from checks import Finding, Lang, RecordChange, Report, Tier, Why

OWN = RecordChange("example.co.jp", "TXT", "v=1", "v=2")
ADDED = RecordChange("_dmarc.example.co.jp", "TXT", None, "v=DMARC1; p=none")
UNDECIDED = replace(OWN, new=None)
LATER = replace(ADDED, later=True)
FILE = RecordChange(
    "https://mta-sts.example.co.jp/.well-known/mta-sts.txt", "file", None, "version: STSv1\nmode: testing"
)
STRANGERS = RecordChange("example.co.jp._report._dmarc.reports.example", "TXT", None, "v=DMARC1")


def root(domain: Report, *mails: Report, lang: Lang = "en") -> Content:
    return everything(domain, *mails, lang=lang)["root"]


def everything(domain: Report, *mails: Report, lang: Lang = "en") -> dict[str, Content]:
    reports = {"r": domain} | {f"m{n}": mail for n, mail in enumerate(mails)}
    arrived = [MailAnalysed(str(n), f"m{n}", AT) for n in range(len(mails))]
    return shown(play([begun(lang), Checked(1, "r"), *arrived], reports)[1])


def paragraphs(content: Content) -> list[Paragraph]:
    return [part for part in content.parts if isinstance(part, Paragraph)]


def causes(content: Content) -> list[str]:
    """The lines directly below the verdict."""
    below = paragraphs(content)[1]
    return [] if below.lead else below.text.split("\n")


def steps(content: Content) -> str:
    return paragraphs(content)[-1].text


def others(content: Content) -> tuple[tuple[str, ...], bool]:
    table = content.parts[-1]
    assert isinstance(table, Table)
    return table.rows[-1], len(table.rows) - 1 in table.strong


def rows(content: Content) -> tuple[tuple[str, ...], ...]:
    table = content.parts[-1]
    assert isinstance(table, Table)
    return table.rows


def changing(*changes: RecordChange, rule: str = "SPF301") -> Finding:
    return replace(finding(rule), records=changes)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_worst_three_findings_stand_in_plain_words_below_the_verdict(lang: Lang) -> None:
    found = [finding("SPF202"), finding("DANE104"), finding("BL201"), finding("STS401"), finding("STS001")]
    made = root(domain_report(*found), lang=lang)
    by_id = {each.rule.id: each.title(lang) for each in found}
    said = causes(made)
    assert said[0] == f"✗ BL201: {by_id['BL201']}"
    assert set(said[1:]) == {f"✗ STS401: {by_id['STS401']}", f"✗ DANE104: {by_id['DANE104']}"}


def test_advice_alone_is_no_cause() -> None:
    assert causes(root(domain_report(finding("STS001")))) == []


def test_a_warning_is_marked_as_one() -> None:
    (said,) = causes(root(domain_report(finding("SPF202"))))
    assert said.startswith("! SPF202: ")


def test_a_fault_of_the_deciding_mail_is_a_cause_and_one_of_an_unproven_mail_is_not() -> None:
    assert causes(root(domain_report(), mail_report(finding("DKIM302"))))[0].startswith("✗ DKIM302: ")
    unproven = mail_report(finding("DKIM302"), facts={"aligned_pass": False})
    assert causes(root(domain_report(), unproven)) == []


def test_a_long_title_of_a_stranger_is_cut_and_its_code_closed() -> None:
    for said in causes(root(domain_report(finding("DANE104", text="x" * 500), finding("SPF304", text="y" * 500)))):
        assert len(said) < 250
        assert said.count("`") % 2 == 0


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_what_belongs_to_no_item_has_a_row_of_its_own(lang: Lang) -> None:
    label = {"en": "Others (MX, MTA-STS, DANE …)", "ja": "その他(MX、MTA-STS、DANEなど)"}[lang]
    dane = finding("DANE104")
    row, strong = others(root(domain_report(dane, finding("STS001"), finding("SPF301")), lang=lang))
    assert row == (label, {"en": "✗ not met", "ja": "✗ 不適合"}[lang], dane.title(lang).replace("`", ""))
    assert strong
    row, strong = others(root(domain_report(finding("SPF301"), finding("STS001")), lang=lang))
    assert row == (label, {"en": "✓ met", "ja": "✓ 適合"}[lang], {"en": "1 notice", "ja": "参考1件"}[lang])
    assert not strong
    row, strong = others(root(domain_report(unknown={"mx.record": Why.TIMEOUT}), lang=lang))
    assert (
        row[1:]
        == {
            "en": ("? could not be tested", "the DNS did not answer in time"),
            "ja": ("? 確認できず", "DNSの応答が時間内にありませんでした"),
        }[lang]
    )
    assert not strong


def test_a_warning_that_lowers_no_verdict_is_no_fault_in_the_row_of_the_rest() -> None:
    row, strong = others(root(domain_report(finding("BIMI101"))))
    assert (row[1], strong) == ("! warning", False)


@pytest.mark.parametrize(
    ("rule", "item", "en", "ja"),
    [
        ("SPF306", "SPF", "warning: SPF306; the result needs a mail", "警告: SPF306(合否はテストメールで判定)"),
        ("DMARC303", "DMARC", "warning: DMARC303; the result needs a mail", "警告: DMARC303(合否はテストメールで判定)"),
        ("DKIM103", "DKIM", "warning: DKIM103; the result needs a mail", "警告: DKIM103(合否はテストメールで判定)"),
    ],
)
def test_a_warning_that_lowers_no_verdict_stands_in_the_row_of_its_topic(
    rule: str, item: str, en: str, ja: str
) -> None:
    for lang, said in (("en", en), ("ja", ja)):
        made = root(domain_report(finding(rule)), lang="ja" if lang == "ja" else "en")
        assert next(row for row in rows(made) if row[0] == item)[2] == said
        assert others(made)[0][1] == {"en": "✓ met", "ja": "✓ 適合"}[lang]


def test_where_the_item_is_met_it_reads_warning_in_its_row_as_in_that_of_the_rest() -> None:
    dmarc = finding("DMARC303")
    made = root(domain_report(dmarc), mail_report())
    row = next(row for row in rows(made) if row[0] == "DMARC")
    assert row[1:] == ("! warning", dmarc.title("en").replace("`", "")[:90])
    assert others(made)[0][1] == "✓ met"


def test_an_error_that_decides_no_item_stays_a_fault_of_the_rest() -> None:
    made = root(domain_report(finding("DMARC302")))
    row, strong = others(made)
    assert (row[1], strong) == ("✗ not met", True)
    assert "DMARC302" not in next(row for row in rows(made) if row[0] == "DMARC")[2]


def test_a_warning_that_lowers_the_verdict_is_not_met_wherever_it_stands() -> None:
    made = root(domain_report(finding("SPF202"), finding("DANE102")))
    assert next(row for row in rows(made) if row[0] == "SPF")[1] == "✗ not met"
    assert others(made)[0][1] == "✗ not met"


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "Nothing in DNS lowers the verdict (1 warning, see below); a test mail decides."),
        ("ja", "DNSに判定を下げる問題はありません(警告1件、下記)。"),
    ],
)
def test_safe_with_a_warning_does_not_say_that_nothing_was_found(lang: Lang, said: str) -> None:
    warning = replace(finding("SPF306"), tier=Tier.NONE)
    made = text(root(domain_report(warning), lang=lang))
    assert said in made
    assert {"en": "No problem was found", "ja": "DNSに問題は見つかりませんでした"}[lang] not in made


@pytest.mark.parametrize(
    ("changes", "en", "ja"),
    [
        ([OWN], ("Change DNS", "TTL of the old records"), ("DNSのレコードを修正", "変更前のレコードのTTL")),
        ([OWN, ADDED], ("Change DNS", "TTL of the old records"), ("DNSのレコードを修正", "変更前のレコードのTTL")),
        (
            [OWN, ADDED],
            ("Change DNS", "Added records can take up to an hour"),
            ("DNSのレコードを修正", "追加したレコードは"),
        ),
        ([ADDED], ("Change DNS", "up to an hour"), ("DNSのレコードを修正", "1時間ほど")),
        ([FILE], ("Do what", "Then press"), ("対応してください", "対応したら「再検査」")),
        ([FILE, LATER], ("Do what", "TTL of the old answer"), ("対応してください", "以前の応答のTTL")),
        ([STRANGERS], ("Do what", "TTL of the old answer"), ("対応してください", "以前の応答のTTL")),
        ([STRANGERS, OWN], ("Do what", "TTL of the old records"), ("対応してください", "変更前のレコードのTTL")),
        ([STRANGERS, UNDECIDED], ("Do what", "TTL of the old answer"), ("対応してください", "以前の応答のTTL")),
        ([UNDECIDED], ("Change DNS", "TTL of the old records"), ("DNSのレコードを修正", "変更前のレコードのTTL")),
        (
            [UNDECIDED, LATER],
            ("Change DNS", "TTL of the old records"),
            ("DNSのレコードを修正", "変更前のレコードのTTL"),
        ),
        ([], ("Do what", "TTL of the old answer"), ("対応してください", "以前の応答のTTL")),
        ([replace(OWN, new="v=1"), ADDED], ("Change DNS", "up to an hour"), ("DNSのレコードを修正", "1時間ほど")),
    ],
    ids=[
        "replace",
        "both",
        "both-added",
        "add",
        "file",
        "file-first",
        "other",
        "other-and-own",
        "other-or-own",
        "undecided",
        "undecided-then-later",
        "none",
        "keep-and-add",
    ],
)
def test_the_steps_fit_to_what_has_to_change(
    changes: Iterable[RecordChange], en: tuple[str, ...], ja: tuple[str, ...]
) -> None:
    domain = domain_report(changing(*changes))
    for lang, expected in (("en", en), ("ja", ja)):
        said = steps(root(domain, lang=lang))
        assert all(each in said for each in expected), said
        again = steps(root(domain, mail_report(), lang=lang))
        assert expected[1] in again
        assert {"en": "send another test mail", "ja": "もう一度テストメールを"}[lang] in again


def answered(domain: Report, **ttl_s: int) -> Report:
    """With the answers at the names, as a report keeps them."""
    answers = [
        {"state": "seen", "value": {"name": name.replace("_at_", "."), "rdtype": "TXT", "values": [], "ttl_s": ttl}}
        for name, ttl in ttl_s.items()
    ]
    return replace(domain, evidence={"SpfEvidence": {"answer": answers[0], "steps": [{"answer": a} for a in answers]}})


@pytest.mark.parametrize(
    ("ttl_s", "en", "ja"),
    [
        (300, "(5 minutes)", "TTL(5分)"),
        (3599, "(1 hour)", "TTL(1時間)"),
        (1798, "(30 minutes)", "TTL(30分)"),
        (86_400, "(24 hours)", "TTL(24時間)"),
        (2_847, "", ""),
        (2_399, "", ""),
        (0, "", ""),
    ],
)
def test_the_wait_is_named_where_the_ttl_is_known(ttl_s: int, en: str, ja: str) -> None:
    domain = answered(domain_report(changing(OWN)), example_at_co_at_jp=ttl_s)
    assert f"the old records has passed{f' {en}' if en else ', often an hour'}, then press" in steps(root(domain))
    assert f"変更前のレコードの{ja or 'TTL(1時間ほどのことが多い)'}が過ぎてから" in steps(root(domain, lang="ja"))


def test_of_several_records_the_longest_ttl_counts_and_none_where_one_is_not_known() -> None:
    two = domain_report(changing(OWN, replace(OWN, name="_dmarc.example.co.jp")))
    known = answered(two, example_at_co_at_jp=3600, _dmarc_at_example_at_co_at_jp=7200)
    assert "(2 hours)" in steps(root(known))
    assert "has passed, often an hour, then press" in steps(root(answered(two, example_at_co_at_jp=3600)))


def test_a_record_of_the_parent_domain_is_still_an_own_one() -> None:
    parents = RecordChange("_dmarc.example.co.jp", "TXT", "v=1", "v=2")
    domain = domain_report(replace(finding("SPF301"), records=(parents,)), subject="news.example.co.jp")
    assert "Change DNS" in steps(root(domain))


def test_what_a_finding_says_is_not_said_again_as_a_second_fault() -> None:
    dane = domain_report(finding("DANE104"), unknown={"dane.records": Why.SERVFAIL})
    assert "could not be looked up" not in text(root(dane))
    assert "could not be looked up" not in text(everything(dane)["findings"])
    late = domain_report(finding("DANE104"), unknown={"dane.records": Why.TIMEOUT})
    assert "DANE could not be looked up" in text(root(late))
    unsaid = domain_report(unknown={"dane.records": Why.SERVFAIL})
    assert "DANE could not be looked up" in text(root(unsaid))


def test_behind_a_broken_chain_the_address_is_for_after_the_repair() -> None:
    unknown = dict.fromkeys(("spf.record", "dnssec.algorithm", "bl.mx"), Why.SERVFAIL)
    made = everything(domain_report(finding("SEC201"), unknown=unknown))
    (untold,) = (p.text for p in made["root"].parts if isinstance(p, Note) and "SEC201" in p.text)
    assert untold == (
        "SPF and blocklists by the IP addresses of the MX could not be looked up. That is the consequence of SEC201."
    )
    assert Action.SEND_TEST not in buttons(made["root"])
    assert Action.CHECK_AGAIN in buttons(made["root"])
    (link,) = (part for part in made["address"].parts if isinstance(part, Link))
    assert link.lead == "Send to, after the repair"
    assert "Send a test mail" not in text(made["address"]), "no button has that name now"
    assert "After that, a button for a new address stands here." in text(made["address"])


def test_which_blocklists_could_not_be_asked_is_named() -> None:
    said = text(root(domain_report(unknown={"bl.mx": Why.TIMEOUT})))
    assert "Blocklists by the IP addresses of the MX could not be looked up" in said
    said = text(root(domain_report(unknown={"bl.mx": Why.TIMEOUT, "bl.domain": Why.TIMEOUT})))
    assert "Blocklists could not be looked up" in said


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_address_says_how_to_get_a_new_one(lang: Lang) -> None:
    said = text(everything(domain_report(), lang=lang)["address"])
    assert {"en": "“Send a test mail” gives a new address", "ja": "「テストメールを送る」で新しいアドレス"}[
        lang
    ] in said
