"""The rules about how a mail is written: each on a mail that yields it and on one that does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from formed import ARRIVED, written

from bot.demo.domains import SIGNERS
from bot.demo.mails import SAMPLE_MAILS, SampleMail, compose
from bot.demo.signing import SigningKey, make_signing_keys
from checks.catalogue import Check, Finding
from checks.engine import judge
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import MessageEvidence, SessionEvidence, Signature, SignatureResult, SpfResultEvidence
from checks.model import Absent, Lang, Outcome, Seen, Severity, Tier, Unreachable, Why
from checks.parse.message import verify
from checks.rules import (
    list_header,
    list_one_click,
    list_signed,
    list_visible,
    msg_confusable,
    msg_date,
    msg_display_name,
    msg_duplicates,
    msg_fields,
    msg_gmail,
    msg_header_size,
    msg_lines,
    msg_message_id,
    msg_mime,
    msg_reply,
)

ALONE = (
    msg_message_id.CHECK, msg_date.CHECK, msg_duplicates.CHECK, msg_fields.CHECK, msg_header_size.CHECK, msg_lines.CHECK,
    msg_mime.CHECK, msg_display_name.CHECK, msg_reply.CHECK, list_header.CHECK, list_one_click.CHECK, list_visible.CHECK,
)  # fmt: skip
SESSION = SessionEvidence("192.0.2.25", "mx.example.jp", "a@example.jp", "TLSv1.3", "X", smtputf8=False)
ONE_CLICK = "List-Unsubscribe=One-Click"


def read(raw: bytes, session: SessionEvidence | None = SESSION) -> MessageEvidence:
    return verify(raw, {}, session, ARRIVED)


def found(raw: bytes, session: SessionEvidence | None = SESSION) -> list[tuple[str, str | None]]:
    """Rule and wording of all that the mail alone yields."""
    message = read(raw, session)
    return [(f.rule.id, f.variant) for check in ALONE for f in judge(check, message).findings]


def only(check: Check, *evidence: object) -> Finding:
    (finding,) = judge(check, *evidence).findings
    return finding


def outcome(check: Check, *evidence: object) -> tuple[Outcome, Why | None]:
    result = judge(check, *evidence)
    return result.outcome, result.reason


def test_a_sound_mail_yields_nothing() -> None:
    assert found(written()) == []
    news = written("配信停止はこちら".encode("iso-2022-jp"), b"MIME-Version: 1.0", b"Content-Type: text/plain; charset=iso-2022-jp", List_Unsubscribe="<https://example.jp/u>", List_Unsubscribe_Post=ONE_CLICK, Precedence="bulk")  # fmt: skip
    assert found(news) == []


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (written(Message_ID=None), ("MSG102", "none")),
        (written(b"", b"Message-ID: <2@example.jp>"), ("MSG102", "several")),
        (written(Message_ID="1@example.jp"), ("MSG102", None)),
        (written(Date=None), ("MSG103", "none")),
        (written(Date="2026/11/24 10:00:00"), ("MSG103", None)),
        (written(Date="Mon, 24 Nov 2026 10:00:00 +0900"), ("MSG103", "wrong_weekday")),
        (written(Date="Wed, 25 Nov 2026 11:00:00 +0900"), ("MSG103", "ahead")),
        (written(Date="Mon, 23 Nov 2026 09:00:00 +0900"), ("MSG103", "behind")),
        (written(b"", b"Subject: again"), ("MSG104", None)),
        (written(b"", b"no colon"), ("MSG105", None)),
        (written(Subject="例"), ("MSG105", "raw_utf8")),
        (written(b"", b"X: \x93\xfa"), ("MSG105", "raw_octets")),
        (written(From='"=?utf-8?B?5L6L?=" <a@example.jp>'), ("MSG105", "encoded_word")),
        (written(b"", *[b"X-%d: %s" % (n, b"x" * 900) for n in range(600)]), ("MSG106", None)),
        (written(b"", *[b"X: y"] * 5001), ("MSG106", "fields")),
        (written(b"", b"X: " + b" y\r\n" * 10_000 + b" z"), ("MSG106", "value")),
        (written(Message_ID="<" + "x" * 500 + "@example.jp>"), ("MSG106", "message_id")),
        (written(Subject="x y " * 240 + "\r\n " + "x y " * 240), ("MSG106", "subject")),
        (written(b"x" * 999 + b"\r\n"), ("MSG107", None)),
        (written(b"", b"X: " + b"x" * 1000), ("MSG107", "header")),
        (written(b"a\nb\r\n"), ("MSG108", None)),
        (written(b"a\rb\r\n"), ("MSG108", None)),
        (written(b"\xe4\xbe\x8b\r\n"), ("MSG109", "eight_bit")),
        (written(MIME_Version="1.0", Content_Type="text"), ("MSG109", None)),
        (written(From='"ceo@bank.example" <a@example.jp>'), ("MSG202", None)),
        (written(From="=?utf-8?B?8J+OgQ==?= <a@example.jp>"), ("MSG202", "emoji")),
        (written(Subject="Re: news"), ("MSG203", None)),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_each_fault_yields_its_rule_alone(raw: bytes, expected: tuple[str, str | None]) -> None:
    assert found(raw) == [expected]


@pytest.mark.parametrize(
    "raw",
    [
        written(Date="Tue, 24 Nov 2026 10:00:00 +0900 (JST)"),
        written(Date="Wed, 25 Nov 2026 09:59:00 +0900"),
        written(Date="23 Nov 26 01:30:00 GMT"),
        written(Subject="=?utf-8?B?" + "5L6L" * 5 + "?=\r\n =?utf-8?B?" + "5L6L" * 5 + "?="),
        written(b"", b"To: " + b"a@b.example,\r\n " * 5000 + b"a@b.example", To=None),
        written(b"x" * 998 + b"\r\n"),
        written(Subject="Re: news", In_Reply_To="<0@example.net>"),
        written(From='"Taro, Sales" <taro@example.jp>'),
    ],
)
def test_what_is_allowed_yields_nothing(raw: bytes) -> None:
    assert found(raw) == []


def test_the_message_id_to_write_is_of_the_domain_in_from() -> None:
    for raw in (written(Message_ID=None), written(Message_ID="1"), written(b"", b"Message-ID: <2@example.jp>")):
        finding = only(msg_message_id.CHECK, read(raw))
        assert "<unique-text@example.jp>" in finding.fix("en")
        assert "@example.jp>" in finding.fix("ja")


def test_a_date_that_is_there_is_corrected_and_not_added() -> None:
    assert "add no second one" in only(msg_date.CHECK, read(written(Date="2026/11/24"))).fix("en")
    assert "add `Date:" in only(msg_date.CHECK, read(written(Date=None))).fix("en")


def test_errors_lower_the_verdict_and_advice_does_not() -> None:
    tiers = {
        f.rule.id: (f.severity, f.tier)
        for raw in (
            written(b"\xe4\n" + b"x" * 1000, b"none", b"Date: x", Message_ID=None, Subject="例", Date="x"),
            written(b"", b"X: " + b" y\r\n" * 10_000 + b" z", From='"a@b.example" <a@example.jp>', Subject="Re: x"),
        )
        for check in ALONE
        for f in judge(check, read(raw)).findings
    }
    error, warning, advice = (Severity.ERROR, Tier.MAIL), (Severity.WARNING, Tier.MAIL), (Severity.WARNING, Tier.NONE)
    assert tiers == {
        **dict.fromkeys(("MSG102", "MSG103", "MSG104", "MSG105", "MSG106", "MSG109"), error),
        **dict.fromkeys(("MSG107", "MSG108"), warning),
        **dict.fromkeys(("MSG202", "MSG203"), advice),
    }


def test_utf8_in_the_header_is_right_with_smtputf8_and_undecided_without_a_session() -> None:
    """RFC 6531 section 3.1, RFC 6532 section 3."""
    raw = written(Subject="例")
    assert outcome(msg_fields.CHECK, read(raw, replace(SESSION, smtputf8=True))) == (Outcome.PASSED, None)
    for session in (None, replace(SESSION, smtputf8=None)):
        assert outcome(msg_fields.CHECK, read(raw, session)) == (Outcome.UNKNOWN, Why.NOT_PROVIDED)
    assert (
        only(msg_fields.CHECK, read(written(b"", b"X: \xff"), replace(SESSION, smtputf8=True))).variant == "raw_octets"
    )


def test_nothing_private_is_shown() -> None:
    secret = "secret"
    raw = written(
        secret.encode() + b"\xff\r\n",
        f'Cc: "=?utf-8?B?5L6L?= {secret}" <{secret}@example.net>'.encode(),
        b"Subject: secret",
        Subject=f"Re: {secret} 例",
        From=f'"{secret}@bank.example" <a@example.jp>',
        To=f"{secret}@example.net",
    )
    findings = [f for check in ALONE for f in judge(check, read(raw)).findings]
    assert {"MSG104", "MSG105", "MSG109", "MSG202", "MSG203"} <= {f.rule.id for f in findings}
    assert secret not in repr([(f.subject, f.facts) for f in findings])
    assert secret not in repr(read(raw).form)


def test_a_file_is_judged_at_the_time_of_its_topmost_received_field() -> None:
    old = written(b"", b"Received: from a by b; Thu, 1 Jan 2026 10:00:00 +0900", Date="Thu, 1 Jan 2026 09:00:00 +0900")
    assert found(old, None) == []
    assert found(written(Date="Thu, 1 Jan 2026 09:00:00 +0900"), None) == []
    assert found(written(Date="Thu, 1 Jan 2026 09:00:00 +0900")) == [("MSG103", "behind")]


# From gmail.com


def sig(domain: str, result: SignatureResult = "pass", headers: tuple[str, ...] = ("from",), **more: str) -> Signature:
    return Signature(0, result, "", domain, "s1", "rsa-sha256", 2048, "", headers, key_why=more.get("key_why", ""))


def mail(*signatures: Signature, raw: bytes | None = None) -> MessageEvidence:
    numbered = tuple(replace(s, index=n) for n, s in enumerate(signatures))
    return replace(read(raw or written()), signatures=numbered)


GMAIL = written(From="Shop <shop@gmail.com>")
SPF_OTHER = SpfResultEvidence("192.0.2.25", "mfrom", "esp.example", "pass")
SPF_GMAIL = SpfResultEvidence("192.0.2.25", "mfrom", "gmail.com", "pass")


def test_a_gmail_address_belongs_to_gmail() -> None:
    for raw in (GMAIL, written(From="shop@googlemail.com")):
        finding = only(msg_gmail.CHECK, mail(sig("esp.example"), raw=raw), SPF_OTHER)
        assert (finding.rule.id, finding.severity, finding.tier) == ("MSG201", Severity.ERROR, Tier.MAIL)
    for evidence in ((mail(sig("gmail.com"), raw=GMAIL), SPF_OTHER), (mail(raw=GMAIL), SPF_GMAIL), (mail(), SPF_OTHER)):
        assert outcome(msg_gmail.CHECK, *evidence) == (Outcome.PASSED, None)
    assert outcome(msg_gmail.CHECK, mail(raw=written(From=None)), SPF_OTHER) == (Outcome.NOT_APPLICABLE, Why.NO_FROM)


def test_what_may_have_been_gmail_is_not_accused() -> None:
    lost = mail(sig("gmail.com", "temperror", key_why="timeout"), raw=GMAIL)
    assert outcome(msg_gmail.CHECK, lost, SPF_OTHER) == (Outcome.UNKNOWN, Why.TIMEOUT)
    spf_lost = replace(SPF_GMAIL, result="temperror", why=Why.SERVFAIL)
    assert outcome(msg_gmail.CHECK, mail(raw=GMAIL), spf_lost) == (Outcome.UNKNOWN, Why.SERVFAIL)
    no_session = replace(SPF_GMAIL, result=None)
    assert outcome(msg_gmail.CHECK, mail(raw=GMAIL), no_session) == (Outcome.UNKNOWN, Why.NOT_PROVIDED)
    listed = written(b"", b"List-Id: <l.example.net>", From="a@gmail.com")
    broken = mail(sig("gmail.com", "fail"), raw=listed)
    assert outcome(msg_gmail.CHECK, broken, SPF_OTHER) == (Outcome.NOT_APPLICABLE, Why.FORWARDED)
    assert only(msg_gmail.CHECK, mail(raw=listed), SPF_OTHER).rule.id == "MSG201"


# Domains that look like others


def levels(domain: str) -> list[tuple[str | None, tuple[str, ...]]]:
    message = read(written(From=f"a@{domain}"))
    assert message.from_domain, domain
    return [(f.variant, f.facts["scripts"]) for f in judge(msg_confusable.CHECK, message, SESSION).findings]  # type: ignore[misc]


@pytest.mark.parametrize(
    "domain",
    [
        "example.jp",
        "例え.jp",
        "例えテスト.jp",
        "日本語ドメイン名example.jp",
        "カタカナー.jp",
        "ラーメン・屋.jp",
        "пример.рф",
        "пример.com",
        "한국어abc.com",
        "漢字한국.com",
        "bücher123.de",
        "ελλάδα.gr",
        "भारत.com",
        "ไทย.com",
        "עברית.com",
    ],
)
def test_domains_at_the_highly_restrictive_level(domain: str) -> None:
    """UTS #39 section 5.2: one script, or Latin with the writing systems of East Asia."""
    assert levels(domain) == []


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("ex\u0430mple.com", (None, ("Cyrl", "Latn"))),
        ("gοοgle.com", (None, ("Grek", "Latn"))),
        ("例пример.com", (None, ("Cyrl", "Hani"))),
        ("あ한.com", (None, ("Hang", "Hira"))),
        ("abcไทย.com", (None, ("Latn", "Thai"))),
        ("ꮃꭺ.com", ("unusual", ())),
    ],
)
def test_domains_that_mix_scripts(domain: str, expected: tuple[str | None, tuple[str, ...]]) -> None:
    assert levels(domain) == [expected]


def test_every_domain_that_is_authenticated_is_looked_at_once() -> None:
    bad = "xn--exmple-4nf.com"
    session = replace(SESSION, mail_from=f"b@{bad}")
    finding = only(msg_confusable.CHECK, mail(sig(bad), sig(bad)), session)
    assert (finding.subject, finding.facts["where"], finding.facts["shown"]) == (bad, "Return-Path", "ex\u0430mple.com")
    assert (finding.severity, finding.tier) == (Severity.WARNING, Tier.NONE)
    assert outcome(msg_confusable.CHECK, mail(sig("xn--a.com")), SESSION) == (Outcome.PASSED, None)


# Unsubscribing


@pytest.mark.parametrize("sign", [b"List-Id: <l.example.jp>", b"Feedback-ID: 1:2:3:esp", b"Precedence: list"])
def test_bulk_mail_without_list_unsubscribe(sign: bytes) -> None:
    raw = written(b"Unsubscribe here\r\n", sign)
    assert found(raw) == [("LIST001", None)]
    finding = only(list_header.CHECK, read(raw))
    assert (finding.severity, finding.tier) == (Severity.WARNING, Tier.NONE)
    assert outcome(list_one_click.CHECK, read(raw)) == (Outcome.NOT_APPLICABLE, Why.NO_UNSUBSCRIBE)


def test_mail_to_one_person_and_answers_of_programs_are_not_asked() -> None:
    vacation = written(b"", b"Precedence: bulk", b"Auto-Submitted: auto-replied")
    for message in (read(written()), read(vacation), read(written(Precedence="bulk"), replace(SESSION, mail_from=""))):
        for check in (list_header.CHECK, list_one_click.CHECK, list_visible.CHECK):
            assert outcome(check, message) == (Outcome.NOT_APPLICABLE, Why.NOT_BULK)


HTTPS = "<https://example.jp/u>"


@pytest.mark.parametrize(
    ("value", "post", "expected"),
    [
        (HTTPS, ONE_CLICK, None),
        (f"{HTTPS}, <mailto:u@example.jp>", ONE_CLICK, None),
        ("<mailto:u@example.jp>", None, ("LIST002", None)),
        ("<mailto:u@example.jp>", ONE_CLICK, ("LIST101", "no_https")),
        ("<http://example.jp/u>", ONE_CLICK, ("LIST101", "no_https")),
        (f"{HTTPS}, {HTTPS}", ONE_CLICK, ("LIST101", "several_https")),
        (f"{HTTPS}, <http://example.jp/u>", ONE_CLICK, ("LIST101", "http_beside")),
        (HTTPS, None, ("LIST101", "no_post")),
        (HTTPS, "One-Click", ("LIST101", None)),
        ("https://example.jp/u", ONE_CLICK, ("LIST101", "unreadable")),
        (f"{HTTPS}\r\nList-Unsubscribe: {HTTPS}", ONE_CLICK, ("LIST101", "several_fields")),
    ],
)
def test_one_click(value: str, post: str | None, expected: tuple[str, str | None] | None) -> None:
    """RFC 8058 section 3.1."""
    raw = written(b"unsubscribe", List_Unsubscribe=value, List_Unsubscribe_Post=post)
    assert found(raw) == ([expected] if expected else [])


def test_post_alone_and_severities() -> None:
    raw = written(b"unsubscribe", List_Unsubscribe_Post=ONE_CLICK)
    assert found(raw) == [("LIST001", None), ("LIST101", "post_alone")]
    assert only(list_one_click.CHECK, read(raw)).severity is Severity.ERROR
    assert only(list_one_click.CHECK, read(raw)).tier is Tier.NONE


NEWS = written(b"unsubscribe", List_Unsubscribe=HTTPS, List_Unsubscribe_Post=ONE_CLICK)
BOTH = ("from", "list-unsubscribe", "list-unsubscribe-post")


def aligned(*of: bool | None) -> DmarcResultEvidence:
    return DmarcResultEvidence("example.jp", Seen("example.jp"), Absent(), None, "pass", None, False, of, False)


def test_one_signature_must_cover_both_headers() -> None:
    """RFC 8058 sections 3.1 and 4: a valid signature; alignment is not asked."""
    check = list_signed.CHECK
    assert outcome(check, mail(sig("example.jp", headers=BOTH), raw=NEWS), aligned(True)) == (Outcome.PASSED, None)
    assert outcome(check, mail(sig("esp.example", headers=BOTH), raw=NEWS), aligned(False)) == (Outcome.PASSED, None)
    own = only(check, mail(sig("example.jp", headers=BOTH[:2]), raw=NEWS), aligned(True))
    assert (own.rule.id, own.severity, own.tier, own.variant) == ("LIST201", Severity.ERROR, Tier.NONE, None)
    assert own.facts["missing"] == ("List-Unsubscribe-Post",)
    halves = mail(sig("example.jp", headers=BOTH[:2]), sig("example.jp", headers=BOTH[2:]), raw=NEWS)
    assert only(check, halves, aligned(True, True)).rule.id == "LIST201"
    theirs = only(check, mail(sig("esp.example"), raw=NEWS), aligned(False))
    assert (theirs.variant, theirs.facts["signers"]) == ("third_party", ("d=esp.example",))
    assert "your domain" in theirs.fix("en")
    failed = mail(sig("example.jp"), sig("example.jp", "fail", BOTH), raw=NEWS)
    assert only(check, failed, aligned(True, True)).rule.id == "LIST201"


def test_without_a_passing_signature_others_say_why() -> None:
    check = list_signed.CHECK
    assert outcome(check, mail(raw=NEWS), aligned()) == (Outcome.NOT_APPLICABLE, Why.NO_SIGNATURE)
    assert outcome(check, mail(sig("example.jp", "fail"), raw=NEWS), aligned(True)) == (
        Outcome.NOT_APPLICABLE,
        Why.NO_PASS,
    )
    lost = mail(sig("esp.example"), sig("example.jp", "temperror", BOTH, key_why="timeout"), raw=NEWS)
    assert outcome(check, lost, aligned(False, True)) == (Outcome.UNKNOWN, Why.TIMEOUT)
    unsigned = written(b"unsubscribe", List_Unsubscribe="<mailto:u@example.jp>")
    assert outcome(check, mail(sig("example.jp"), raw=unsigned), aligned(True)) == (
        Outcome.NOT_APPLICABLE,
        Why.NO_UNSUBSCRIBE,
    )
    unknown = replace(aligned(None), organizational=Unreachable(Why.SERVFAIL))
    assert only(check, mail(sig("example.jp"), raw=NEWS), unknown).variant is None


def test_the_text_shows_how_to_unsubscribe() -> None:
    silent = read(written(b"Hello\r\n", List_Unsubscribe=HTTPS, List_Unsubscribe_Post=ONE_CLICK))
    finding = only(list_visible.CHECK, silent)
    assert (finding.rule.id, finding.severity, finding.tier) == ("LIST202", Severity.NOTICE, Tier.NONE)
    assert outcome(list_visible.CHECK, read(NEWS)) == (Outcome.PASSED, None)
    sealed = written(b"x", MIME_Version="1.0", Content_Type="application/pkcs7-mime", Precedence="bulk")
    assert outcome(list_visible.CHECK, read(sealed)) == (Outcome.UNKNOWN, Why.NOT_COVERED)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("sample", SAMPLE_MAILS, ids=lambda sample: sample.id)
def test_the_sample_mails_are_well_formed(sample: SampleMail, lang: Lang, keys: Mapping[str, SigningKey]) -> None:
    raw = compose(sample, keys, recipient="t@mail.test", lang=lang, now=ARRIVED)
    session = replace(SESSION, mail_from=sample.return_path)
    assert found(raw, session) == []
    covered = mail(*(replace(s, result="pass") for s in read(raw).signatures), raw=raw)
    of_dmarc = aligned(*[False] * len(covered.signatures))
    assert not judge(list_signed.CHECK, covered, of_dmarc).findings


@pytest.fixture(scope="module")
def keys() -> Mapping[str, SigningKey]:
    return make_signing_keys(SIGNERS)
