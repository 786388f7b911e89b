"""What the conversation says fits into Slack, however much a stranger wrote."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from reports import HOSTILE, domain_report, every_finding, finding, mail_report

from bot.conversation.acts import Show
from bot.conversation.advance import advance
from bot.conversation.content import Code, Content, Divider, Line, Moment, Paragraph, Table
from bot.conversation.events import (
    AddressExpired,
    Asked,
    Begun,
    Checked,
    CheckFailed,
    LanguageChosen,
    MailAnalysed,
    Offer,
    Progressed,
    RecheckAsked,
)
from bot.conversation.findings import explanation
from bot.conversation.state import Conversation
from bot.render.slack.limits import problems
from bot.render.slack.message import payloads
from checks import CATALOGUE, Lang, Report, Text

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OFFER = Offer("abc", "t-abc@mail.example.net", 24, AT, 20, 2 * 1024**2)


def contents_of(domain: Report, mail: Report, lang: Lang) -> Iterator[Content]:
    """Everything that a thread says over its life."""
    asked = Asked(domain.subject, domain.shown, Text(en="a note", ja="注記"))
    other = domain_report(subject=domain.subject, shown=domain.shown)
    reports = {"1": domain, "2": other, "m": mail}
    events = [
        Begun((asked,), lang, OFFER),
        Progressed(1, 3, 20),
        Checked(1, "1"),
        *(MailAnalysed(f"m{n}", "m", AT) for n in range(8)),
        MailAnalysed("lost", None, AT),
        RecheckAsked(),
        Checked(2, "2"),
        RecheckAsked(),
        CheckFailed(3),
        AddressExpired("abc"),
        LanguageChosen("ja" if lang == "en" else "en"),
    ]
    state = Conversation()
    for event in events:
        state, acts = advance(Conversation.from_json(state.as_json()), event, reports)
        yield from (act.content for act in acts if isinstance(act, Show))


REPORTS = {
    "clear": (domain_report(), mail_report()),
    "everything": (domain_report(*every_finding("x")), mail_report(*every_finding("x"))),
    "hostile": (
        domain_report(*every_finding(HOSTILE), shown="日本語" * 20),
        mail_report(
            *every_finding(HOSTILE),
            signatures=40,
            text=HOSTILE,
            facts=dict.fromkeys(
                ("from_address", "return_path", "client_ip", "helo", "reverse_name", "tls_version", "tls_cipher"),
                HOSTILE,
            ),
        ),
    ),
    "entities": (domain_report(*every_finding("&" * 3_000)), mail_report(*every_finding("<" * 3_000))),
    "many": (
        domain_report(*(finding("SPF304", f"s{n}.example") for n in range(200))),
        mail_report(*(finding("DKIM302", f"s{n}", HOSTILE) for n in range(100))),
    ),
    "missing": (domain_report(finding("DNS001"), missing=True), mail_report(subject="other.example")),
    "bounce": (domain_report(), mail_report(facts={"null_return_path": True, "return_path": ""})),
    "unproven": (
        domain_report(),
        mail_report(facts={"aligned_pass": False, "reverse_name": None, "reverse": "absent", "tls_version": None}),
    ),
    "waiting": (domain_report(finding("SEC201")), mail_report(finding("DMARC401"), facts={"aligned_pass": None})),
    "forwarded": (domain_report(), mail_report(facts={"forwarded": ("list_id",)})),
    "no-from": (domain_report(), mail_report(facts={"from_address": None, "from_domain": None})),
}


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_message_of_a_thread_is_within_slacks_limits(name: str, lang: Lang) -> None:
    for content in contents_of(*REPORTS[name], lang):
        for payload in payloads(content):
            assert problems(payload) == []
            if "fallback_blocks" in payload:
                plain = payload | {"blocks": payload["fallback_blocks"]}
                assert problems(plain) == []
                assert all(block["type"] != "table" for block in plain["blocks"])


def test_an_overview_of_ten_domains_is_within_slacks_limits() -> None:
    asked = tuple(Asked(f"{'a' * 60}.{n}.example", "é" * 200) for n in range(10))
    state, acts = advance(Conversation(), Begun(asked, "en", OFFER), {})
    for run in range(1, 11):
        state, acts = advance(state, Checked(run, "r"), {"r": domain_report(*every_finding(HOSTILE))})
    (shown,) = (act.content for act in acts if isinstance(act, Show))
    assert [problems(payload) for payload in payloads(shown)] == [[]]


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_rule_can_be_explained_within_slacks_limits(lang: Lang) -> None:
    for rule_id in CATALOGUE.rules:
        for payload in payloads(explanation(finding(rule_id, text=HOSTILE), lang)):
            assert problems(payload) == []


def test_nothing_that_a_stranger_wrote_acts() -> None:
    for content in contents_of(*REPORTS["hostile"], "en"):
        made = payloads(content)
        for text in (*mrkdwn_texts(made), *(payload["text"] for payload in made)):
            assert "<!channel" not in text
            assert "<https://evil" not in text
            assert "\u202e" not in text
            assert "\u0007" not in text


def mrkdwn_texts(value: object) -> Iterator[str]:
    match value:
        case {"type": "mrkdwn", "text": str() as text}:
            yield text
        case dict():
            for inner in value.values():
                yield from mrkdwn_texts(inner)
        case list():
            for inner in value:
                yield from mrkdwn_texts(inner)


def test_a_long_content_is_split_between_its_groups_and_loses_nothing() -> None:
    groups = [(Divider(), Paragraph(f"start {n} " + "x" * 2_000), Paragraph(f"end {n}")) for n in range(12)]
    table = Table(("a", "b"), (("last", "row"),))
    made = payloads(Content("en", "long", (*(part for group in groups for part in group), table)))
    assert len(made) > 1
    texts = ["\n".join(mrkdwn_texts(payload["blocks"])) for payload in made]
    for n in range(12):
        (holder,) = (text for text in texts if f"start {n} " in text)
        assert f"end {n}" in holder
    assert [block["type"] for payload in made for block in payload["blocks"]][-1] == "table"
    assert all(payload["blocks"][0]["type"] != "divider" for payload in made[1:])


def test_both_forms_of_a_message_with_a_table_make_the_same_number_of_messages() -> None:
    rows = tuple((f"item {n}", "s" * 250, "f" * 250) for n in range(12))
    content = Content("en", "wide", (*(Paragraph("x" * 2_500) for _ in range(4)), Table(("a", "b", "c"), rows)))
    made = payloads(content)
    plain = [payload.get("fallback_blocks", payload["blocks"]) for payload in made]
    shown = "\n".join(mrkdwn_texts(plain))
    assert all(f"item {n}" in shown for n in range(12))
    assert all(problems({"text": "x", "blocks": blocks}) == [] for blocks in plain)


def test_buttons_of_one_action_in_a_row_have_different_names() -> None:
    _, acts = advance(Conversation(), Begun((Asked("a.example", "a"), Asked("b.example", "b")), "en", None), {})
    (payload,) = payloads(next(act.content for act in acts if isinstance(act, Show)))
    names = [e["action_id"] for block in payload["blocks"] if block["type"] == "actions" for e in block["elements"]]
    assert names[:2] == ["check_domain", "check_domain.2"]


def test_rows_that_stand_out_are_bold_and_the_others_plain() -> None:
    (made,) = payloads(Content("en", "x", (Table(("a",), (("fine",), ("wrong",)), (1,)),)))
    kinds = [row[0]["type"] for row in made["blocks"][0]["rows"]]
    assert kinds == ["rich_text", "raw_text", "rich_text"]
    assert problems(made) == []


def test_a_moment_names_the_zone_only_where_the_reader_sees_it_in_their_own() -> None:
    at = AT.timestamp()
    (made,) = payloads(Content("en", "x", (Moment("Until", at, " (your | time> zone)", ", at most"),)))
    (said,) = mrkdwn_texts(made["blocks"])
    token = f"<!date^{int(at)}^{{date_short_pretty}} {{time}} (your  time zone)|2026-11-24 09:00 UTC>"
    assert said == f"Until {token}, at most"


def test_a_line_carries_its_button() -> None:
    parts = [p for content in contents_of(*REPORTS["everything"], "ja") for p in content.parts]
    assert any(isinstance(part, Line) and part.button.label == "説明" for part in parts)


def test_the_lines_of_a_file_stay_lines_and_those_of_a_record_do_not() -> None:
    said = "version: STSv1\r\nmx: ```<!channel>\u202e"
    (file,) = payloads(Content("en", "x", (Code("File", said, is_file=True),)))
    (text,) = mrkdwn_texts(file["blocks"])
    assert text == "*File*\n```version: STSv1\nmx: ˋˋˋ&lt;!channel&gt;\\u{202e}```"
    (record,) = payloads(Content("en", "x", (Code("TXT", said),)))
    assert "STSv1\\u{d}\\u{a}mx" in next(mrkdwn_texts(record["blocks"]))
    assert problems(file) == problems(record) == []
