"""What is read of the header: dates, identifiers, encoded-words, sizes. Vectors from the RFCs, by section."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from formed import form_of, written

from checks.parse.message.dates import parse_date
from checks.parse.message.encoded_words import decode_words, has_misplaced_word
from checks.parse.message.fields import Field
from checks.parse.message.message_id import is_message_id


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("Fri, 21 Nov 1997 09:55:06 -0600", datetime(1997, 11, 21, 15, 55, 6, tzinfo=UTC)),  # RFC 5322 A.1.1
        ("Mon, 24 Nov 1997 14:22:01 -0800", datetime(1997, 11, 24, 22, 22, 1, tzinfo=UTC)),  # A.3
        ("21 Nov 97 09:55:06 GMT", datetime(1997, 11, 21, 9, 55, 6, tzinfo=UTC)),  # A.6.2
        ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", datetime(1997, 11, 21, 15, 55, 6, tzinfo=UTC)),  # A.6.3
        ("Thu,  13    Feb  1969 23:32   -0330 (Newfoundland Time)", datetime(1969, 2, 14, 3, 2, tzinfo=UTC)),  # A.5
        ("Tue, 1 Jul 2003 10:52:37 +0200", datetime(2003, 7, 1, 8, 52, 37, tzinfo=UTC)),  # A.1.2
        ("Tue, 24 Nov 2026 10:00:00 +0900 (JST)", datetime(2026, 11, 24, 1, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 10:00:00 +0900 (a (nested) \\) one)", datetime(2026, 11, 24, 1, tzinfo=UTC)),  # 3.2.2
        ("Thu, 31 Dec 2026 23:59:60 +0000", datetime(2027, 1, 1, tzinfo=UTC)),  # section 3.3: a leap second
        (
            "24 nov 2026 10:00 -0000",
            datetime(2026, 11, 24, 10, tzinfo=UTC),
        ),  # section 3.3: weekday and seconds optional
        ("Tue, 24 Nov 2026 10:00:00 EST", datetime(2026, 11, 24, 15, tzinfo=UTC)),  # section 4.3
        ("Tue, 24 Nov 2026 10:00:00 Z", datetime(2026, 11, 24, 10, tzinfo=UTC)),  # section 4.3, military
        ("1 Jan 49 00:00 +0000", datetime(2049, 1, 1, tzinfo=UTC)),  # section 4.3
        ("1 Jan 100 00:00 +0000", datetime(2000, 1, 1, tzinfo=UTC)),  # section 4.3: three digits
    ],
)
def test_dates_of_rfc_5322(value: str, at: datetime) -> None:
    assert parse_date(value) == (at, "")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "2026-11-24T10:00:00+09:00",
        "2026/11/24 10:00:00",
        "Tue, 24 Nov 2026 10:00:00",  # section 3.3: the zone is required
        "Tue, 24 Nov 2026 10:00:00 JST",  # section 4.3: no obsolete zone
        "Tue, 24 Nov 2026 10:00:00 J",  # section 4.3: the one letter that is none
        "Tue, 24 Nov 2026 24:00:00 +0900",
        "Tue, 24 Nov 2026 10:60:00 +0900",
        "Tue, 24 Nov 2026 10:00:61 +0900",
        "Tue, 24 Nov 2026 10:00:00 +0960",  # section 3.3: the last two digits under 60
        "Tue, 31 Nov 2026 10:00:00 +0900",
        "Tue, 24 Nov 1899 10:00:00 +0900",  # section 3.3: 1900 or later
        "火, 24 11月 2026 10:00:00 +0900",
        "Tue, 24 Nov 2026 10:00:00 +0900 (JST",
        "Tue, 24 Nov ２０２６ 10:00:00 +0900",
        "Xyz, 24 Nov 2026 10:00:00 +0900",
    ],
)
def test_no_dates_of_rfc_5322(value: str) -> None:
    assert parse_date(value).problem == "malformed"


def test_a_wrong_weekday_is_a_fault_of_its_own() -> None:
    """RFC 5322 section 3.3: the day of the week must be the day implied by the date."""
    assert parse_date("Mon, 24 Nov 2026 10:00:00 +0900") == (datetime(2026, 11, 24, 1, tzinfo=UTC), "wrong_weekday")


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("<1234@local.machine.example>", True),  # RFC 5322 A.1.1
        ("<5678.21-Nov-1997@example.com>", True),  # A.1.2
        ("<testabcd.1234@silly.test>", True),  # A.5
        ("<78910@example.net>", True),  # A.4
        ("(before) <1@example.jp> (after)", True),  # section 3.6.4: CFWS around it
        ("<1@[192.0.2.1]>", True),  # no-fold-literal
        ('<"a b"@example.jp>', True),  # section 4.5.4: obs-id-left
        ("<CAJ=x+y/z_{1}@mail.gmail.com>", True),
        ("<例@例え.jp>", True),  # RFC 6532 section 3.2
        ("<1234@localhost>", True),
        ("", False),
        ("1234@example.jp", False),
        ("<1234>", False),
        ("<1234 5@example.jp>", False),
        ("<1234@example.jp", False),
        ("<a@b@example.jp>", False),
        ("<a..b@example.jp>", False),
        ("<.a@example.jp>", False),
        ("<a@example.jp.>", False),
        ("<a@>", False),
        ("<@example.jp>", False),
        ("<a@example.jp> <b@example.jp>", False),
        ("<a:b@example.jp>", False),
        ("<[x]@example.jp>", False),
        ("<a@" + "x" * 20_000 + ">", False),
    ],
)
def test_message_ids_of_rfc_5322(value: str, is_one: bool) -> None:
    assert is_message_id(value) is is_one


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"=?ISO-8859-1?Q?a?=", "a"),  # RFC 2047 section 8
        (b"=?ISO-8859-1?Q?a?= b", "a b"),
        (b"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        (b"=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"),
        (b"=?ISO-8859-1?Q?a_b?=", "a b"),
        (b"=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
        (b"=?ISO-8859-1?Q?Patrik_F=E4ltstr=F6m?=", "Patrik Fältström"),
        (b"=?US-ASCII*en?Q?Keith_Moore?=", "Keith Moore"),  # RFC 2231 section 5
        (b"=?iso-2022-jp?B?GyRCTmMbKEI=?=", "例"),
        (b"=?utf-8?B?5L4=?= =?utf-8?B?iw==?=", "例"),  # a character cut in two
        (b"=?no-such?B?5L6L?=", "例"),
        (b"=?punycode?Q?abc?=", "abc"),
        (b"=?utf-8?B?5?=", ""),
        ("例".encode(), "例"),
        (b"=?utf-8?X?a?=", "=?utf-8?X?a?="),
        (b"\xff", "\ufffd"),
    ],
)
def test_encoded_words_are_decoded(value: bytes, text: str) -> None:
    assert decode_words(value) == text


@pytest.mark.parametrize(
    ("name", "value", "misplaced"),
    [
        (b"From", b" =?utf-8?B?5L6L?= <a@example.jp>", False),  # RFC 2047 section 5 (3): a phrase
        (b"From", b" a@example.jp (=?utf-8?B?5L6L?=)", False),  # (2): a comment
        (b"From", b' "=?utf-8?B?5L6L?=" <a@example.jp>', True),  # not within a quoted string
        (b"From", b' "a \\" =?utf-8?B?5L6L?=" <a@example.jp>', True),
        (b"To", b" =?utf-8?B?5L6L?=@example.jp", True),  # not in an addr-spec
        (b"Cc", b" x <=?utf-8?B?5L6L?=@example.jp>", True),
        (b"Cc", b" x <a@=?utf-8?B?5L6L?=>", True),
        (b"Reply-To", b' "a(b" <a@example.jp>, =?utf-8?B?5L6L?= <b@example.jp>', False),
        (b"Subject", b' "=?utf-8?B?5L6L?="', False),  # (1): unstructured
        (b"X-Anything", b" =?utf-8?B?5L6L?=", False),
        (b"Message-ID", b" <=?utf-8?B?5L6L?=@example.jp>", True),
        (b"Received", b" from a (=?utf-8?B?5L6L?=)", False),
        (b"Received", b" from =?utf-8?B?5L6L?=", True),  # not in a Received field
        (b"Content-Type", b' text/plain; name="=?utf-8?B?5L6L?="', True),  # not in a parameter
        (b"From", b" =?not a word?= <a@example.jp>", False),
    ],
)
def test_where_encoded_words_may_stand(name: bytes, value: bytes, misplaced: bool) -> None:
    assert has_misplaced_word(Field(name, name.lower(), value + b"\r\n")) is misplaced


def test_a_sound_mail_has_nothing() -> None:
    form = form_of(written())
    assert (form.message_id_problem, form.date_problem, form.date_ahead_s) == ("", "", -30)
    assert (form.duplicates, form.not_fields, form.mime, form.misplaced_words) == ((), 0, (), ())
    assert (form.utf8_fields, form.not_utf8_fields, form.long_values) == ((), (), ())
    assert (form.bare_cr, form.bare_lf, form.longest_line) == (0, 0, 37)
    assert (form.name_shows_address, form.name_shows_emoji, form.is_fake_reply) == (False, False, False)


def test_what_is_there_too_often_or_not_at_all() -> None:
    form = form_of(written(b"", b"Subject: again", b"SUBJECT: and again", b"Message-ID: <2@example.jp>", Date=None))
    assert form.duplicates == (("subject", 3),)
    assert (form.message_id_problem, form.message_id_count, form.date_problem) == ("several", 2, "none")
    assert form.date_ahead_s is None
    assert form_of(written(Message_ID=None)).message_id_problem == "none"
    assert form_of(written(), live=False).date_ahead_s is None


def test_raw_characters_are_named_by_their_field() -> None:
    form = form_of(written(b"", b"X-A: \xff", b"X-A: \xfe", "X-B: 例".encode(), b"X-C: \x93\xfa"))
    assert (form.utf8_fields, form.not_utf8_fields) == (("X-B",), ("X-A", "X-C"))


def test_lines_that_are_no_fields_are_counted() -> None:
    assert form_of(written(b"", b"no colon here", "例: x".encode(), b": nothing")).not_fields == 3
    assert form_of(written(b"", b"Subject : obsolete, yet a field")).not_fields == 0  # RFC 5322 section 4.5
    mbox = b"From taro@example.jp Tue Nov 24 10:00:00 2026\n" + written().replace(b"\r\n", b"\n")
    assert form_of(mbox, live=False).not_fields == 0
    assert form_of(mbox).not_fields == 1


def test_sizes() -> None:
    form = form_of(written(b"", b"X-Big: " + b" y\r\n" * 20_000 + b" z", b"To: " + b"a@b.example,\r\n " * 5000))
    assert form.long_values == (("X-Big", 80_005),)
    assert form.header_octets > 150_000
    assert form_of(written(Subject="=?utf-8?B?" + "5L6L" * 500 + "?=")).subject_characters == 500
    assert form_of(written(Message_ID="<" + "x" * 600 + "@example.jp>")).message_id_octets == 613
    assert form_of(b"A" * 3000 + b": x\r\n\r\n").longest_name == 3000
    assert form_of(b"a: b\r\n" * 12_000).field_count == 10_000


@pytest.mark.parametrize(
    ("value", "address", "emoji"),
    [
        ('"Taro" <taro@example.jp>', False, False),
        ("taro@example.jp", False, False),
        ('"taro@example.jp" <taro@example.jp>', False, False),
        ('"TARO@EXAMPLE.JP" <taro@example.jp>', False, False),
        ('"ceo@bank.example" <taro@example.jp>', True, False),
        ('"Bank (ceo@bank.example)" <taro@example.jp>', True, False),
        ('"ceo＠bank.example" <taro@example.jp>', True, False),
        ("=?utf-8?Q?ceo=40bank=2Eexample?= <taro@example.jp>", True, False),
        ('"Taro @ Example" <taro@example.jp>', False, False),
        ("=?utf-8?B?8J+OgSBUYXJv?= <taro@example.jp>", False, True),
        ("=?utf-8?B?4piFIFRhcm8=?= <taro@example.jp>", False, False),  # a star that is text
        ("=?utf-8?B?4piO77iP?= <taro@example.jp>", False, True),  # a telephone made an emoji
    ],
)
def test_what_a_display_name_shows(value: str, address: bool, emoji: bool) -> None:
    form = form_of(written(From=value))
    assert (form.name_shows_address, form.name_shows_emoji) == (address, emoji)


@pytest.mark.parametrize(
    ("subject", "more", "fake"),
    [
        ("Re: x", b"", True),
        ("RE: x", b"", True),
        ("Fwd: x", b"", True),
        ("FW: x", b"", True),
        ("Re[2]: x", b"", True),
        ("=?utf-8?B?UmXvvJp4?=", b"", True),
        ("Re: x", b"References: <1@example.jp>", False),
        ("Re: x", b"In-Reply-To: <1@example.jp>", False),
        ("Report: x", b"", False),
        ("Reminder", b"", False),
        ("Forward: x", b"", False),
        ("", b"", False),
        ("Re: Hello", b"Auto-Submitted: auto-replied", False),
    ],
)
def test_replies_that_answer_nothing(subject: str, more: bytes, fake: bool) -> None:
    assert form_of(written(b"", *([more] if more else []), Subject=subject)).is_fake_reply is fake


def test_line_ends_and_lengths() -> None:
    form = form_of(written(b"a\nb\rc\r\n" + b"x" * 1200 + b"\r\n" + b"y" * 999))
    assert (form.bare_lf, form.bare_cr) == (1, 1)
    assert (form.longest_line, form.longest_line_in_header) == (1200, False)
    assert form.longest_line_number == 9
    long = form_of(written(b"", b"X: " + b"x" * 1000))
    assert (long.longest_line, long.longest_line_number, long.longest_line_in_header) == (1003, 6, True)


def test_the_longest_line_of_a_large_mail_is_found_wherever_it_is() -> None:
    small = b"x" * 60 + b"\r\n"
    for at in (0, 16_000, 17_000, 40_000):
        body = small * at + b"y" * 1500 + b"\r\n" + small * (40_000 - at)
        assert form_of(written(body)).longest_line == 1500
    cut = b"z" * (1024 * 1024 - 400)
    assert form_of(b"A: b\r\n\r\n" + cut + b"z" * 800).longest_line == len(cut) + 800


def test_signs_of_bulk_mail() -> None:
    lines = (b"List-Id: <l.example.jp>", b"Feedback-ID: 1:2:3:esp", b"Precedence: Bulk")
    assert form_of(written(b"", *lines)).bulk_signs == ("List-Id", "Feedback-ID", "Precedence")
    assert form_of(written(b"", b"Precedence: junk")).bulk_signs == ()
    # Amazon SES writes one into every mail.
    for every in (b"1.us-west-2.dpZ3+4zb/c7x=:AmazonSES", b"::1.ap-northeast-1.dpZ3+4zb/c7x=:AmazonSES"):
        assert form_of(written(b"", b"Feedback-ID: " + every)).bulk_signs == ()
    assert form_of(written(b"", b"Feedback-ID: spring:shop:1.us-west-2.dpZ3=:AmazonSES")).bulk_signs == ("Feedback-ID",)
    assert form_of(written(b"", b"Auto-Submitted: auto-replied (vacation)")).is_automatic_reply
    assert not form_of(written(b"", b"Auto-Submitted: auto-generated")).is_automatic_reply
    assert form_of(written(), mail_from="").is_automatic_reply
