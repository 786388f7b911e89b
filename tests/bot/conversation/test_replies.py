"""The replies of a thread: findings, guidelines, mails and the address say what is so, and only that."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from reports import domain_report, finding, mail_report
from told import AT, begun, play, shown, text

from bot.conversation.content import Action, Code, Content, Line, Moment, Paragraph, References, Table
from bot.conversation.events import Asked, Checked, CheckFailed, Disowned, MailAnalysed
from bot.conversation.findings import explanation
from bot.conversation.guidelines import opened
from bot.conversation.references import labelled
from checks import PROFILES, Lang, RecordChange, Report, Status, Why, combine

MAIL = MailAnalysed("1", "m", AT)
DEAD = ("spf.result", "dkim.key", "dkim.verification", "dmarc.result", "ptr.client")


def told(domain: Report, *mails: Report, lang: Lang = "en") -> dict[str, Content]:
    """What the thread shows after a check and these mails."""
    reports = {"r": domain} | {f"m{n}": mail for n, mail in enumerate(mails)}
    arrived = [MailAnalysed(str(n), f"m{n}", AT) for n in range(len(mails))]
    made: dict[str, Content] = {}
    for upto in range(len(arrived) + 1):
        made |= shown(play([begun(lang), Checked(1, "r"), *arrived[:upto]], reports)[1])
    return made


def unanswered(mail: Report, *ids: str) -> Report:
    """The mail, looked up through a resolver that does not answer."""
    checks = tuple(
        replace(c, outcome=type(c.outcome).UNKNOWN, reason=Why.TIMEOUT) if c.id in ids else c for c in mail.checks
    )
    return replace(mail, checks=checks)


def codes(content: Content) -> Iterator[tuple[str, str]]:
    for part in content.parts:
        if isinstance(part, Code):
            yield part.lead, part.text


def test_one_finding_is_not_called_the_worst_of_them() -> None:
    assert "worst first" not in text(told(domain_report(finding("SPF001")))["findings"])
    assert "worst first" in text(told(domain_report(finding("SPF001"), finding("DMARC001")))["findings"])


@pytest.mark.parametrize(
    ("record", "shown_as"),
    [
        (RecordChange("a.example", "TXT", "v=1", "v=2"), [("Now: TXT at a.example", "v=1"), ("Change it to: TXT at a.example", "v=2")]),
        (RecordChange("a.example", "TXT", None, "v=2"), [("Add: TXT at a.example", "v=2")]),
        (RecordChange("a.example", "TXT", "v=1", None), [("Now: TXT at a.example", "v=1")]),
        (RecordChange("a.example", "TXT", "v=1", ""), [("Delete this record: TXT at a.example", "v=1")]),
        (RecordChange("a.example", "TXT", "v=1", "v=1"), [("Keep: TXT at a.example", "v=1")]),
        (
            RecordChange("a.example", "TXT", "v=1", "v=2", later=True),
            [("Now: TXT at a.example", "v=1"), ("Only as described above: set TXT at a.example to", "v=2")],
        ),
    ],
)  # fmt: skip
def test_a_record_says_what_becomes_of_it(record: RecordChange, shown_as: list[tuple[str, str]]) -> None:
    changed = replace(finding("DMARC201"), records=(record,))
    assert list(codes(explanation(changed, "en"))) == shown_as


@pytest.mark.parametrize(
    ("name", "alias"), [("_dmarc.example.co.jp", None), ("example.co.jp.dmarc.example", "_dmarc.example.co.jp")]
)
def test_a_policy_for_later_is_held_while_a_mail_fails_dmarc(name: str, alias: str | None) -> None:
    later = RecordChange(name, "TXT", "v=DMARC1; p=none", "v=DMARC1; p=quarantine", later=True, alias=alias)
    domain = domain_report(replace(finding("DMARC201"), records=(later,)))
    passes, fails = mail_report(), mail_report(finding("DMARC401"), facts={"aligned_pass": False})
    assert fails.authentication is not None
    fails = replace(fails, authentication=dict(fails.authentication) | {"dmarc": {"result": "fail"}})
    held = "Do not publish it while DMARC401 is open"
    assert held not in text(told(domain, passes)["findings"])
    assert held in text(told(domain, fails)["findings"])
    assert held not in text(told(domain, fails, passes)["findings"])
    reports = {"r": domain, "m": fails}
    _, acts = play([begun(), Checked(1, "r"), MAIL, Disowned("1")], reports)
    assert held not in text(shown(acts)["findings"])


@pytest.mark.parametrize(("rule", "name"), [("STS001", "_mta-sts.example.co.jp"), ("DMARC303", "_dmarc.example.co.jp")])
def test_what_is_no_policy_is_not_held(rule: str, name: str) -> None:
    later = RecordChange(name, "TXT", "v=1; p=reject", "v=2; p=reject", later=True)
    fails = mail_report(finding("DMARC401"), facts={"aligned_pass": False})
    assert fails.authentication is not None
    fails = replace(fails, authentication=dict(fails.authentication) | {"dmarc": {"result": "fail"}})
    shown_now = text(told(domain_report(replace(finding(rule), records=(later,))), fails)["findings"])
    assert "Only as described above" in shown_now
    assert "Do not publish it while DMARC401 is open" not in shown_now


def test_the_counts_of_the_guidelines_add_up_to_their_rows() -> None:
    content = told(domain_report(finding("DMARC001")), mail_report(finding("SPF401")))["guidelines"]
    table = content.parts[-1]
    assert isinstance(table, Table)
    counts = next(part.text for part in content.parts if isinstance(part, Paragraph))
    numbers = [int(word) for word in counts.split() if word.isdigit()]
    asked = [each for each in PROFILES["google"].requirements if each.applies != "recommended"]
    assert sum(numbers) == len(PROFILES["google"].requirements)
    assert numbers[-1] == len(PROFILES["google"].requirements) - len(asked)
    assert len(table.rows) == 12
    states = {table.rows[at][0]: table.rows[at][2] for at in table.strong}
    assert states["A DMARC record with a policy (p=none is enough)"] == "✗ not met (DMARC001)"
    assert len(states) == numbers[1] > 0


def test_each_other_list_is_a_line_with_a_button_that_opens_it() -> None:
    content = told(domain_report(finding("DMARC001")))["guidelines"]
    lines = [part for part in content.parts if isinstance(part, Line)]
    assert [line.button.value for line in lines] == list(PROFILES)
    assert {line.button.action for line in lines} == {Action.GUIDELINES}
    assert lines[0].text.startswith("Google (Gmail), further points (counted above): ")
    said = "Apple (iCloud Mail): 0 met, 1 not met, 5 need a test mail, 3 not measurable from one mail."
    assert lines[3].text == said
    assert content.parts.index(lines[-1]) < len(content.parts) - 1
    assert isinstance(content.parts[-1], Table)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("profile", PROFILES)
def test_a_list_that_is_opened_is_whole(profile: str, lang: Lang) -> None:
    report = combine(domain_report(finding("DMARC201")), mail_report(finding("SPF401")))
    content = opened(report, profile, lang)
    table = content.parts[-1]
    assert isinstance(table, Table)
    assert len(table.rows) <= 12
    assert {len(row) for row in table.rows} == {3}
    expected = PROFILES[profile].requirements[12 if profile == "google" else 0 :]
    said = text(content)
    assert all(each.title.say(lang) in said for each in expected)
    pattern = r"\d+" if lang == "en" else r"(\d+)件"
    numbers = [int(n) for part in content.parts if isinstance(part, Paragraph) for n in re.findall(pattern, part.text)]
    assert sum(numbers) == len(expected)
    assert PROFILES[profile].note.say(lang) in said


def test_what_a_list_asks_in_vain_stands_out_and_what_it_recommends_does_not() -> None:
    report = domain_report(finding("DMARC201"), finding("SPF301"))
    tables = [opened(report, profile, "en").parts[-1] for profile in ("microsoft", "japan")]
    assert all(isinstance(table, Table) for table in tables)
    strong = [[table.rows[at] for at in table.strong] for table in tables if isinstance(table, Table)]
    assert [row[2] for row in strong[0]] == ["✗ not met (SPF301)"]
    assert all(row[1] == "bulk" for row in strong[0])
    japan = tables[1]
    assert isinstance(japan, Table)
    ministry = next(row for row in japan.rows if row[0].startswith("Ministry"))
    assert ministry[1:] == ("recommended", "✗ not met (DMARC201)")
    assert ministry not in strong[1]


def test_what_is_wrong_and_has_no_row_is_said_in_the_thread() -> None:
    said = text(told(domain_report(finding("SPF201")))["guidelines"])
    assert (
        "No suspicious entries in SPF (our reading: it does not allow everyone) (all senders): ✗ not met (SPF201)"
        in said
    )
    clear = text(told(domain_report())["guidelines"])
    assert "No suspicious entries" not in clear


def test_a_result_of_an_earlier_version_has_no_list_and_says_so() -> None:
    report = domain_report()
    old = tuple(replace(each, id=f"old-{each.id}") for each in report.profiles["google"])
    stored = replace(report, profiles={"google": old})
    assert "Press “Check again”" in text(told(stored)["guidelines"])
    assert "Press “Check again”" in text(opened(stored, "apple", "en"))


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_guidelines_of_which_nothing_could_be_told_have_no_table_but_say_what_failed(lang: Lang) -> None:
    unknown = dict.fromkeys(("dmarc.record", "dmarc.syntax", "spf.record"), Why.SERVFAIL)
    content = told(domain_report(unknown=unknown), lang=lang)["guidelines"]
    assert not any(isinstance(part, Table) for part in content.parts)
    counted, tested, why = {
        "en": ("need a test mail", "Could not be tested: “SPF and DKIM both pass”", "DNS lookups failed"),
        "ja": ("テストメール待ち", "確認できなかった要件: 「SPFとDKIMの両方", "DNSの問い合わせに失敗"),
    }[lang]
    said = text(content)
    assert counted in said
    assert why in said
    assert tested in said


def test_a_mail_behind_a_dead_resolver_is_told_nothing_that_is_not_known() -> None:
    facts = {"aligned_pass": None, "reverse": "unknown", "reverse_name": None}
    reply = told(domain_report(), unanswered(mail_report(facts=facts), *DEAD))["mail-0"]
    said = text(reply)
    assert "Reverse name: could not be looked up" in said
    assert "SPF or DKIM could not be looked up" in said
    assert "neither SPF nor DKIM passes" not in said
    assert "Nothing to change" not in said
    assert "No problem was found in what could be looked up." in said
    assert "SPF, DKIM, DMARC and reverse DNS could not be looked up: the DNS did not answer in time." in said


def test_an_overview_never_calls_fine_what_was_not_looked_up() -> None:
    asked = (Asked("a.example", "a.example"), Asked("b.example", "b.example"))
    report = domain_report(subject="a.example", unknown={"dmarc.record": Why.TIMEOUT})
    _, acts = play([begun(domains=asked), Checked(1, "r"), CheckFailed(2)], {"r": report})
    table = shown(acts)["root"].parts[-1]
    assert isinstance(table, Table)
    assert table.rows[0] == ("a.example", "Undetermined", "could not be looked up")


def test_a_mail_names_what_dns_alone_got_wrong() -> None:
    domain = domain_report(finding("SPF001"))
    said = text(told(domain, mail_report(finding("TLS401")))["mail-0"])
    assert "Fine in this mail: DKIM, DMARC, Reverse DNS, Blocklists" in said
    assert "not known yet" not in said
    assert "DNS said" not in said
    said = text(told(domain_report(), mail_report(finding("DMARC401")))["mail-0"])
    assert "DMARC: DNS said in order, the mail shows ✗ not met" in said


def test_a_mail_without_an_author_shows_what_is_wrong_with_it_and_what_to_write() -> None:
    broken = mail_report(finding("MSG101"), facts={"from_address": None, "from_domain": None})
    for lang, heading in (("en", "Mail whose From names no one sender"), ("ja", "Fromから差出人を特定できないメール")):
        reply = told(domain_report(), broken, lang=lang)["mail-0"]
        assert reply.summary == heading
        said = text(reply)
        assert "MSG101" in said
        assert "info@example.co.jp" in said


def test_a_forwarded_mail_says_by_what_it_was_known() -> None:
    said = text(told(domain_report(), mail_report(facts={"forwarded": ("list_id", "resent")}))["mail-0"])
    assert "This mail was forwarded (a mailing list's `List-Id` header, `Resent-` headers)" in said


@pytest.mark.parametrize(("applied", "refused"), [("reject", True), ("quarantine", False), ("none", False)])
def test_the_question_says_what_either_answer_does(applied: str, refused: bool) -> None:
    made = mail_report(finding("DMARC401"), facts={"aligned_pass": False})
    dmarc = {"result": "fail", "policy": applied, "policy_tag": "p", "applied": applied}
    said = text(
        told(domain_report(), replace(made, authentication={**(made.authentication or {}), "dmarc": dmarc}))["mail-0"]
    )
    assert "“Not ours” means that nothing has to change because of it" in said
    assert ("receivers that follow DMARC refuse such mail" in said) is refused
    assert "taken back later" in said


def test_what_is_named_as_a_step_is_shown_in_full_and_only_once() -> None:
    found = [finding(rule) for rule in ("DMARC401", "DKIM401", "HELO102", "PTR001")]
    content = told(domain_report(), mail_report(*found))
    reply = content["mail-0"]
    leads = [part.lead for part in reply.parts if isinstance(part, Paragraph) and "·" in part.lead]
    assert list(dict.fromkeys(leads)) == ["Error · DMARC401", "Warning · HELO102", "Error · PTR001"]
    assert "DKIM401" not in text(reply) + text(content["root"])
    assert "DMARC401, HELO102, PTR001" in text(content["root"])
    many = [finding(rule) for rule in ("SPF401", "DKIM001", "TLS401", "MSG102", "HELO102", "DKIM401")]
    reply = told(domain_report(), mail_report(*many))["mail-0"]
    full = [part for part in reply.parts if isinstance(part, Paragraph) and "·" in part.lead]
    assert len(full) == 5
    assert any(isinstance(part, Line) for part in reply.parts)


def test_no_dmarc_record_does_not_look_like_a_policy_of_none() -> None:
    mail = mail_report()
    assert mail.authentication is not None
    none = replace(
        mail, authentication=dict(mail.authentication) | {"dmarc": {"result": "none", "domain": "example.co.jp"}}
    )
    table = told(domain_report(), none)["mail-0"].parts[-1]
    assert isinstance(table, Table)
    assert ("DMARC", "example.co.jp", "no DMARC record") in table.rows


@pytest.mark.parametrize(
    ("given", "en", "ja"),
    [
        ({"result": "pass", "policy": "quarantine", "policy_tag": "sp"}, "✓ pass, sp=quarantine", "✓ 合格(pass)、sp=quarantine"),
        (
            {"policy": "quarantine", "policy_tag": "sp", "applied": "quarantine"},
            "✗ fail: receivers are asked to quarantine (sp=quarantine of example.jp)",
            "✗ 不合格(fail)。受信側に隔離を要求(example.jp のsp=quarantine)",
        ),
        (
            {"policy": "reject", "policy_tag": "p", "applied": "quarantine"},
            "✗ fail: receivers are asked to quarantine (p=reject of example.jp, one level less under t=y)",
            "✗ 不合格(fail)。受信側に隔離を要求(example.jp のp=reject。t=yのため1段階緩和)",
        ),
        (
            {"policy": "none", "policy_tag": "", "applied": "none"},
            "✗ fail: receivers are asked to do nothing (the record of example.jp has no valid policy and acts as p=none)",
            "✗ 不合格(fail)。受信側への処理の要求なし(example.jp のレコードに有効なポリシーがなく、p=noneとして扱われる)",
        ),
        (
            {"policy": "reject"},  # a report of a version that did not keep the tag
            "✗ fail: receivers are asked to reject (p=reject of example.jp)",
            "✗ 不合格(fail)。受信側に拒否を要求(example.jp のp=reject)",
        ),
        ({"policy": None, "policy_tag": "", "applied": None}, "✗ fail", "✗ 不合格(fail)"),
    ],
)  # fmt: skip
def test_a_mail_says_what_receivers_are_asked_to_do_with_it_and_by_which_tag(
    given: dict[str, str | None], en: str, ja: str
) -> None:
    mail = mail_report()
    assert mail.authentication is not None
    dmarc = {"result": "fail", "domain": "m.example.jp", "record_at": "example.jp"} | given
    mail = replace(mail, authentication=dict(mail.authentication) | {"dmarc": dmarc})
    for lang, said in (("en", en), ("ja", ja)):
        table = told(domain_report(), mail, lang=lang)["mail-0"].parts[-1]
        assert isinstance(table, Table)
        assert ("DMARC", "example.jp", said) in table.rows


def test_the_header_lines_of_a_mail_stand_one_below_the_other() -> None:
    reply = told(domain_report(), mail_report(), lang="ja")["mail-0"]
    lines = next(part.text for part in reply.parts if isinstance(part, Paragraph)).split("\n")
    assert [line.split(":")[0] for line in lines] == ["From", "Return-Path", "接続元", "逆引き", "HELO", "TLS"]


def test_the_address_says_until_when_in_one_line() -> None:
    _, acts = play([begun()])
    moments = [part for part in shown(acts)["address"].parts if isinstance(part, Moment)]
    assert [moment.zone for moment in moments] == [" (your time zone)"]
    assert "24 hours" not in text(shown(acts)["address"])
    assert "the DKIM signature is missing then" in text(shown(acts)["address"])


def test_sources_are_named_by_what_one_knows_them_by() -> None:
    urls = (
        "https://www.rfc-editor.org/rfc/rfc7208#section-4.6.4",
        "https://www.rfc-editor.org/rfc/rfc8914",
        "https://support.google.com/a/answer/81126",
        "https://support.google.com/a/answer/174124",
        "https://support.google.com/a/answer/1",
        "https://support.apple.com/en-us/102322",
        "https://bimigroup.org/implementation-guide/",
        "https://www.example.net/page",
    )
    assert [label for label, _ in labelled(urls, "en")] == [
        "RFC 7208 section 4.6.4",
        "RFC 8914",
        "Google: sender guidelines",
        "Google: protecting a domain with DKIM",
        "Google: admin help 1",
        "Apple: iCloud Mail for postmasters",
        "BIMI Group: implementation guide",
        "www.example.net",
    ]
    assert labelled(urls, "ja")[0] == ("RFC 7208 4.6.4節", urls[0])
    shown_parts = explanation(finding("SPF301"), "en").parts
    assert any(isinstance(part, References) and part.links[0][0].startswith("RFC") for part in shown_parts)


def test_every_state_of_a_requirement_is_counted() -> None:
    domain = domain_report()
    rows = tuple(replace(each, status=Status.NOT_APPLICABLE) for each in domain.profiles["google"])
    content = told(replace(domain, profiles=dict(domain.profiles) | {"google": rows}))["guidelines"]
    asked = sum(each.applies != "recommended" for each in rows)
    assert f"0 met, 0 not met, {asked} not applicable." in text(content)
