"""The reply that compares mails stream by stream: what is one stream, what it shows, and what it never shows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from reports import HOSTILE, domain_report, finding, mail_report
from told import AT, begun, play, shown, text

from bot.conversation.advance import advance
from bot.conversation.content import Content, Note, Paragraph, Table
from bot.conversation.events import Checked, Claimed, Disowned, Event, LanguageChosen, MailAnalysed, RecheckAsked
from bot.conversation.state import Conversation
from bot.conversation.stream import stream_of
from bot.render.slack.limits import problems
from bot.render.slack.message import payloads
from checks import Finding, Lang, Report

Given = Mapping[str, Any]
PASS: Given = {"result": "pass", "aligned": True, "domain": "example.co.jp"}


def sent(
    *findings: Finding,
    dmarc: str | None = "pass",
    spf: Given = PASS,
    dkim: tuple[Given, ...] = (PASS,),
    **facts: Any,
) -> Report:
    """A mail of example.co.jp, from its own server unless the facts say otherwise."""
    proved = any(each.get("result") == "pass" and each.get("aligned") for each in (spf, *dkim))
    mail = mail_report(*findings, facts={"aligned_pass": proved} | facts)
    assert mail.authentication is not None
    of_dmarc = {"result": dmarc, "domain": "example.co.jp", "policy": "reject", "record_at": "example.co.jp"}
    given = {"spf": dict(spf), "dkim": [dict(each) for each in dkim], "dmarc": of_dmarc}
    return replace(mail, authentication=dict(mail.authentication) | given)


PEOPLE = sent()
NEWSLETTER = sent(
    finding("DMARC401"),
    dmarc="fail",
    spf={"result": "pass", "aligned": False, "domain": "bounce.newsletter.example"},
    dkim=({"result": "pass", "aligned": False, "domain": "newsletter.example"},),
    return_path="b-7f31@bounce.newsletter.example",
    client_ip="192.0.2.9",
    reverse_name="mail7.newsletter.example",
    helo="mail7.newsletter.example",
)
INVOICES = sent(
    finding("DKIM401"),
    dkim=(),
    return_path="batch@erp.example.co.jp",
    client_ip="192.0.2.40",
    reverse_name="erp.example.co.jp",
    helo="erp.example.co.jp",
    spf={"result": "pass", "aligned": True, "domain": "erp.example.co.jp"},
)


def changed(mail: Report, **facts: Any) -> Report:
    assert mail.mail is not None
    return replace(mail, mail=replace(mail.mail, **facts))


def events(mails: Mapping[str, Report]) -> list[Event]:
    arrived = [MailAnalysed(name, name, AT + timedelta(seconds=n)) for n, name in enumerate(mails)]
    return [begun(), Checked(1, "r"), *arrived]


def compared(*mails: Report, lang: Lang = "en") -> Content:
    """The reply as it stands after these mails."""
    reports = {str(n): mail for n, mail in enumerate(mails)}
    _, acts = play([*events(reports), LanguageChosen(lang)], reports | {"r": domain_report()})
    return shown(acts)["streams"]


def rows(content: Content) -> tuple[tuple[str, ...], ...]:
    assert isinstance(content.parts[-1], Table)
    return content.parts[-1].rows


def lines(content: Content) -> list[str]:
    return [line for part in content.parts if isinstance(part, Paragraph) for line in part.text.split("\n")]


def test_one_reply_compares_once_there_are_two_streams() -> None:
    reports = {"a": PEOPLE, "b": PEOPLE, "c": NEWSLETTER, "d": INVOICES, "r": domain_report()}
    steps = events({name: reports[name] for name in "abcd"})
    made = [set(shown(play(steps[:upto], reports)[1])) for upto in range(3, 7)]
    assert ["streams" in keys for keys in made] == [False, False, True, True]
    _, acts = play(steps, reports)
    assert len(rows(shown(acts)["streams"])) == 3


def test_it_is_said_after_the_reply_to_the_mail_and_drawn_again_with_everything_else() -> None:
    reports = {"a": PEOPLE, "b": NEWSLETTER, "r": domain_report()}
    steps = events({name: reports[name] for name in "ab"})
    assert list(shown(play(steps, reports)[1]))[:2] == ["mail-b", "streams"]
    for more in ([LanguageChosen("ja")], [RecheckAsked(), Checked(2, "r")]):
        assert "streams" in shown(play([*steps, *more], reports)[1])


def test_a_mail_that_is_only_counted_is_compared_as_well() -> None:
    mails = {str(n): PEOPLE for n in range(6)} | {"late": NEWSLETTER}
    _, acts = play(events(mails), mails | {"r": domain_report()})
    assert "mail-late" not in shown(acts)
    assert [row[0] for row in rows(shown(acts)["streams"])] == [
        "newsletter.example (192.0.2.9)",
        "mx.example.co.jp (192.0.2.1), 6 mails",
    ]


def test_mails_that_come_before_the_check_is_done_are_compared_when_it_is() -> None:
    reports = {"a": PEOPLE, "b": NEWSLETTER, "r": domain_report()}
    mails = [MailAnalysed("a", "a", AT), MailAnalysed("b", "b", AT)]
    assert "streams" not in shown(play([begun(), *mails], reports)[1])
    assert "streams" in shown(play([begun(), *mails, Checked(1, "r")], reports)[1])


@pytest.mark.parametrize(
    ("lang", "table", "said"),
    [
        (
            "en",
            (
                (
                    "newsletter.example (192.0.2.9)",
                    "From example.co.jp: DMARC ✗ fail · Return-Path bounce.newsletter.example: SPF ✓ pass, not aligned · "
                    "d=newsletter.example: DKIM ✓ pass, not aligned",
                    "if yours: DMARC401",
                ),
                (
                    "erp.example.co.jp (192.0.2.40)",
                    "From example.co.jp: DMARC ✓ pass · Return-Path erp.example.co.jp: SPF ✓ pass, aligned · "
                    "no d=: not signed with DKIM",
                    "DKIM401",
                ),
                (
                    "mx.example.co.jp (192.0.2.1), 2 mails",
                    "From example.co.jp: DMARC ✓ pass · Return-Path example.co.jp: SPF ✓ pass, aligned · "
                    "d=example.co.jp: DKIM ✓ pass, aligned",
                    "fine",
                ),
            ),
            [
                "Mail through `newsletter.example` fails DMARC: its Return-Path and d= are of `newsletter.example`, "
                "not of `example.co.jp`.",
                "The others pass.",
                "By SPF alone, which forwarding breaks: `erp.example.co.jp`.",
            ],
        ),
        (
            "ja",
            (
                (
                    "newsletter.example(192.0.2.9)",
                    "From example.co.jp: DMARC ✗ 不合格(fail) · "
                    "Return-Path bounce.newsletter.example: SPF ✓ 合格(pass)、アライメントなし · "
                    "d=newsletter.example: DKIM ✓ 合格(pass)、アライメントなし",
                    "自社のメールなら DMARC401",
                ),
                (
                    "erp.example.co.jp(192.0.2.40)",
                    "From example.co.jp: DMARC ✓ 合格(pass) · "
                    "Return-Path erp.example.co.jp: SPF ✓ 合格(pass)、アライメントあり · d=なし: DKIM署名なし",
                    "DKIM401",
                ),
                (
                    "mx.example.co.jp(192.0.2.1)、2通",
                    "From example.co.jp: DMARC ✓ 合格(pass) · "
                    "Return-Path example.co.jp: SPF ✓ 合格(pass)、アライメントあり · "
                    "d=example.co.jp: DKIM ✓ 合格(pass)、アライメントあり",
                    "問題なし",
                ),
            ),
            [
                "`newsletter.example` 経由のメールはDMARCに不合格です"
                "(Return-Pathとd=が `example.co.jp` ではなく `newsletter.example` のもの)。",
                "ほかの経路は合格です。",
                "SPFだけで合格している経路(転送されると不合格): `erp.example.co.jp`。",
            ],
        ),
    ],
)
def test_streams_stand_worst_first_with_from_return_path_and_d_side_by_side(
    lang: Lang, table: tuple[tuple[str, ...], ...], said: list[str]
) -> None:
    content = compared(PEOPLE, INVOICES, NEWSLETTER, PEOPLE, lang=lang)
    assert rows(content) == table
    assert lines(content) == said
    assert isinstance(content.parts[-1], Table)
    assert content.parts[-1].strong == (0,)


@pytest.mark.parametrize(
    ("facts", "is_same"),
    [
        ({"return_path": "b-99@bounce.newsletter.example"}, True),
        ({"return_path": "b@b2.newsletter.example"}, True),
        ({"client_ip": "192.0.2.10", "reverse_name": "mail8.newsletter.example"}, True),
        ({"reverse": "unknown", "reverse_name": None}, True),
        ({"from_address": "x@example.co.jp"}, True),
        ({"return_path": "b@bounce.example.co.jp"}, False),
        ({"reverse_name": "out.crm.example"}, False),
        ({"reverse": "absent", "reverse_name": None, "helo": "[192.0.2.9]"}, False),
        ({"from_domain": "news.example.co.jp"}, False),
    ],
)
def test_a_stream_is_how_a_mail_was_sent(facts: dict[str, Any], is_same: bool) -> None:
    other = changed(NEWSLETTER, **facts)
    assert (stream_of(other) == stream_of(NEWSLETTER)) is is_same


def test_own_servers_are_told_apart_but_for_their_numbers() -> None:
    one, two, other = (
        sent(reverse_name=f"{host}.example.co.jp", client_ip=ip)
        for host, ip in (("mail1", "192.0.2.1"), ("mail2", "192.0.2.2"), ("web", "192.0.2.3"))
    )
    assert stream_of(one) == stream_of(two) != stream_of(other)


def test_a_known_service_is_called_by_its_name() -> None:
    ses = sent(reverse_name="a8-12.smtp-out.amazonses.com", client_ip="192.0.2.50", return_path="x@amazonses.com")
    content = compared(PEOPLE, ses)
    assert "Amazon SES (192.0.2.50)" in [row[0] for row in rows(content)]


def test_a_signature_that_mends_a_stream_changes_its_row_and_says_that_it_was_otherwise() -> None:
    signed = sent(
        spf=NEWSLETTER.authentication["spf"] if NEWSLETTER.authentication else {},
        **{
            name: getattr(NEWSLETTER.mail, name)
            for name in ("return_path", "client_ip", "reverse_name", "helo")
        },
    )  # fmt: skip
    content = compared(PEOPLE, NEWSLETTER, signed)
    assert len(rows(content)) == 2
    assert lines(content) == ["DMARC passes for every stream.", "By DKIM alone: `newsletter.example`."]
    assert "Earlier ones had another DMARC result: `newsletter.example`" in text(content)
    assert "Earlier ones" not in text(compared(PEOPLE, NEWSLETTER))


@pytest.mark.parametrize(
    ("mail", "because"),
    [
        (
            sent(
                dmarc="fail",
                spf={"result": "softfail", "aligned": True, "domain": "example.co.jp"},
                dkim=(),
                reverse_name="web.example.co.jp",
            ),
            "SPF of `example.co.jp` does not pass, and it has no DKIM signature",
        ),
        (
            sent(
                dmarc="fail",
                spf={"result": "pass", "aligned": False, "domain": "bounce.newsletter.example"},
                dkim=({"result": "fail", "aligned": True, "domain": "example.co.jp"},),
                return_path="b@bounce.newsletter.example",
                reverse_name="web.example.co.jp",
            ),
            "its Return-Path is of `bounce.newsletter.example`, not of `example.co.jp`, and "
            "its signature with d=`example.co.jp` does not pass",
        ),
        (
            sent(  # strict alignment: both are of the organization, and neither is the domain itself
                dmarc="fail",
                spf={"result": "pass", "aligned": False, "domain": "m.example.co.jp"},
                dkim=({"result": "pass", "aligned": False, "domain": "m.example.co.jp"},),
                return_path="b@m.example.co.jp",
                reverse_name="web.example.co.jp",
            ),
            "its Return-Path is of `m.example.co.jp`, not of `example.co.jp`, and its d= is `m.example.co.jp`",
        ),
    ],
)
def test_it_says_why_a_stream_fails(mail: Report, because: str) -> None:
    assert lines(compared(PEOPLE, mail)) == [
        f"Mail through `web.example.co.jp` fails DMARC: {because}.",
        "The other passes.",
    ]


@pytest.mark.parametrize(("lang", "word"), [("en", "could not tell"), ("ja", "確認できず")])
def test_what_is_not_known_is_called_neither_fine_nor_failing(lang: Lang, word: str) -> None:
    dead = sent(
        dmarc="temperror",
        spf={"result": "temperror", "aligned": None, "domain": "example.co.jp"},
        dkim=({"result": None, "aligned": None, "domain": "example.co.jp"},),
        reverse_name="web.example.co.jp",
        aligned_pass=None,
    )
    content = compared(PEOPLE, dead, lang=lang)
    first = rows(content)[0]
    assert first[0].startswith("web.example.co.jp")
    assert first[1].count(word) == 3
    assert first[2] == word
    assert any("web.example.co.jp" in line for line in lines(content))
    unaligned = sent(
        spf={"result": "pass", "aligned": None, "domain": "m.example.co.jp"}, reverse_name="w.example.co.jp"
    )
    assert {"en": "alignment could not be told", "ja": "アライメント確認できず"}[lang] in text(
        compared(PEOPLE, unaligned, lang=lang)
    )


def test_without_a_record_nothing_is_called_a_failure() -> None:
    one, two = sent(dmarc="none"), sent(dmarc="none", reverse_name="web.example.co.jp")
    content = compared(one, two)
    assert all("DMARC no record" in row[1] for row in rows(content))
    assert lines(content) == [
        "No DMARC record applies, so DMARC protects none of it: `mx.example.co.jp`, `web.example.co.jp`."
    ]


@pytest.mark.parametrize(
    "other",
    [
        changed(PEOPLE, null_return_path=True, return_path=""),
        changed(PEOPLE, forwarded=("list_id",), helo="x.example.net"),
        mail_report(subject="other.example"),
    ],
)
def test_what_does_not_tell_of_the_domain_is_not_compared(other: Report) -> None:
    reports = {"a": PEOPLE, "b": other, "c": NEWSLETTER, "r": domain_report()}
    assert "streams" not in shown(play(events({name: reports[name] for name in "ab"}), reports)[1])
    content = compared(PEOPLE, other, NEWSLETTER)
    assert len(rows(content)) == 2
    assert any(isinstance(part, Note) and part.text.startswith("Not compared: 1 (") for part in content.parts)


def test_an_unproven_stream_is_one_only_if_it_is_theirs() -> None:
    reports = {"a": PEOPLE, "b": NEWSLETTER, "r": domain_report()}
    steps = events({name: reports[name] for name in "ab"})
    state, acts = play(steps, reports)
    assert "if yours: DMARC401" in text(shown(acts)["streams"])
    _, acts = advance(state, Claimed("b"), reports)
    assert rows(shown(acts)["streams"])[0][2] == "DMARC401"
    # The workflow notes what was posted: that reply is drawn again without the stream.
    posted = replace(state, parts={"streams": 1})
    _, acts = advance(posted, Disowned("b"), reports)
    assert len(rows(shown(acts)["streams"])) == 1
    assert "newsletter" not in text(shown(acts)["streams"])


def test_a_comparison_of_which_nothing_is_left_says_so() -> None:
    reports = {"a": NEWSLETTER, "r": domain_report(), "gone": domain_report(finding("DNS001"), missing=True)}
    state, _ = play(events({"a": NEWSLETTER}), reports)
    posted = replace(state, parts={"streams": 1, "findings": 1, "guidelines": 1})
    _, acts = advance(posted, Disowned("a"), reports)
    assert "No mail of example.co.jp is left to compare." in text(shown(acts)["streams"])
    _, acts = play_on(posted, [RecheckAsked(), Checked(2, "gone")], reports)
    assert "does not exist" in text(shown(acts)["streams"])


def play_on(state: Conversation, further: list[Event], reports: Mapping[str, Report]) -> tuple[Conversation, list[Any]]:
    acts: list[Any] = []
    for event in further:
        state, acts = advance(state, event, reports)
    return state, acts


def test_two_streams_through_one_service_are_told_apart_in_sentences() -> None:
    crm = changed(NEWSLETTER, return_path="x@crm.example")
    said = lines(compared(PEOPLE, NEWSLETTER, crm))
    assert said[0].startswith("Mail through `newsletter.example` (Return-Path `bounce.newsletter.example`) fails")
    assert said[1].startswith("Mail through `newsletter.example` (Return-Path `crm.example`) fails")


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_it_is_bounded_and_harmless_whatever_the_mails_say(lang: Lang) -> None:
    hostile = [
        sent(
            *(finding(rule) for rule in ("DMARC401", "DKIM401", "SPF401", "TLS401")),
            dmarc="fail",
            spf={"result": "pass", "aligned": False, "domain": HOSTILE},
            dkim=tuple({"result": "pass", "aligned": False, "domain": HOSTILE, "selector": HOSTILE} for _ in range(30)),
            return_path=f"{HOSTILE}@{n}{HOSTILE}.example{n}",
            reverse_name=f"{HOSTILE}.example{n}",
            helo=HOSTILE,
            client_ip=f"2001:db8:ffff:ffff:ffff:ffff:ffff:{n}",
        )
        for n in range(20)
    ]
    content = compared(PEOPLE, *hostile, lang=lang)
    assert len(rows(content)) == 12
    assert {len(row) for row in rows(content)} == {3}
    assert any(isinstance(part, Note) and "9" in part.text for part in content.parts)
    assert len(lines(content)) <= 8
    for payload in payloads(content):
        assert problems({"channel": "C1", **payload}) == []
        assert "<!channel>" not in str(payload)


def test_no_address_of_a_person_is_shown() -> None:
    assert "@" not in text(compared(PEOPLE, INVOICES, NEWSLETTER))


def test_the_worst_rules_are_named_and_advice_is_not() -> None:
    advised = sent(finding("ARC401"), reverse_name="w.example.co.jp")
    assert {row[2] for row in rows(compared(PEOPLE, advised))} == {"fine"}
    many = sent(*(finding(rule) for rule in ("PTR001", "SPF401", "TLS401", "DMARC401")), reverse_name="w.example.co.jp")
    first = rows(compared(PEOPLE, many))[0]
    assert first[2].endswith(", …")
    assert first[2].count(",") == 3
