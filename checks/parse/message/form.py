"""From the bytes of a mail to how it is written: pure, no network, no clock, bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from checks.evidence.message_form import MessageForm, MessageIdProblem
from checks.parse.message.dates import parse_date
from checks.parse.message.display_name import shown_in_name
from checks.parse.message.encoded_words import decode_words, has_misplaced_word
from checks.parse.message.fields import Field, Mail, count_bare_line_ends, find_longest_line, split_header
from checks.parse.message.message_id import is_message_id
from checks.parse.message.mime import read_structure
from checks.parse.message.unsubscribe import read_list_unsubscribe, shows_unsubscribe

LONG_VALUE = 32 * 1024
_ONCE = ("date", "sender", "reply-to", "to", "cc", "bcc", "in-reply-to", "references", "subject")
"""RFC 5322 section 3.6. From (MSG101) and Message-ID (MSG102) are judged apart."""
_ANY_SIZE = frozenset({b"to", b"cc", b"bcc", b"references"})
_REPLY = re.compile(r"(?:re|fwd?)(?:\[[0-9]{1,3}\]|\^[0-9]{1,3})?[ ]?[:：]", re.IGNORECASE)
_PRECEDENCE = frozenset({"bulk", "list"})
_OF_EVERY_MAIL = re.compile(r":{0,2}[^:]*:AmazonSES", re.IGNORECASE)
"""The Feedback-ID that Amazon SES gives every mail, receipts too, where its sender named no campaign (two fields)."""
_SHOWN = 60
_MAX_LISTED = 20
_MAX_VALUE = 10_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """How the mail came. `at`: seconds since 1970, None where that is not known. `is_live`: over the wire, no file.

    `mail_from`, `smtputf8`: of the session, None where not known.
    """

    at: float | None = None
    is_live: bool = False
    mail_from: str | None = None
    smtputf8: bool | None = None


def read_form(raw: bytes, arrival: Arrival, from_address: str | None) -> MessageForm:
    """How the mail is written. `from_address`: the one of the author, None where there is none. Never raises."""
    mail = split_header(raw)
    structure = read_structure(raw, mail)
    longest, at = find_longest_line(raw)
    bare_cr, bare_lf = count_bare_line_ends(raw, from_wire=arrival.is_live)
    ids, dates = mail.all(b"message-id"), mail.all(b"date")
    date = parse_date(dates[0].text[:_MAX_VALUE]) if dates else None
    name = shown_in_name(mail.all(b"from"), from_address)
    eight_bit = [field for field in mail.fields if not field.value.isascii()]
    is_utf8 = [_is_utf8(field.value) for field in eight_bit]
    return MessageForm(
        header_octets=mail.header_octets,
        field_count=len(mail.fields),
        long_values=tuple(_long_values(mail))[:_MAX_LISTED],
        longest_name=max((len(field.name) for field in mail.fields), default=0),
        subject_characters=max((len(decode_words(f.value).strip()) for f in mail.all(b"subject")[:1]), default=0),
        message_id=_cut(ids[0].text) if ids else "",
        message_id_octets=max((len(field.value.strip()) for field in ids), default=0),
        message_id_count=len(ids),
        message_id_problem=_message_id_problem(ids),
        date=_cut(dates[0].text) if dates else "",
        date_problem=date.problem if date else "none",
        date_ahead_s=round(date.at.timestamp() - arrival.at) if date and date.at and arrival.at is not None else None,
        duplicates=tuple((name, len(same)) for name in _ONCE if len(same := mail.all(name.encode())) > 1),
        not_fields=mail.not_fields - (mail.not_fields > 0 and not arrival.is_live and raw.startswith(b"From ")),
        utf8_fields=_names(field for field, ok in zip(eight_bit, is_utf8, strict=True) if ok),
        not_utf8_fields=_names(field for field, ok in zip(eight_bit, is_utf8, strict=True) if not ok),
        smtputf8=arrival.smtputf8,
        misplaced_words=_names(field for field in mail.fields if has_misplaced_word(field)),
        longest_line=longest,
        longest_line_number=raw.count(b"\n", 0, at) + 1,
        longest_line_in_header=at < mail.header_octets,
        bare_cr=bare_cr,
        bare_lf=bare_lf,
        mime=tuple(structure.problems),
        mime_is_whole=structure.is_whole,
        name_shows_address=name.shows_address,
        name_shows_emoji=name.shows_emoji,
        is_fake_reply=_is_fake_reply(mail),
        bulk_signs=tuple(_bulk_signs(mail)),
        is_automatic_reply=arrival.mail_from == "" or _is_automatic(mail),
        list_unsubscribe=read_list_unsubscribe(mail),
        shows_unsubscribe=shows_unsubscribe(raw, structure.leaves) if structure.is_whole else None,
    )


def _message_id_problem(fields: tuple[Field, ...]) -> MessageIdProblem:
    if len(fields) != 1:
        return "several" if fields else "none"
    return "" if is_message_id(fields[0].text) else "malformed"


def _long_values(mail: Mail) -> Iterator[tuple[str, int]]:
    for field in mail.fields:
        if field.key not in _ANY_SIZE and len(field.value) > LONG_VALUE:
            yield _name(field), len(field.value)


def _names(fields: Iterator[Field]) -> tuple[str, ...]:
    """Each name once, in order of appearance."""
    return tuple(dict.fromkeys(_name(field) for field in fields))[:_MAX_LISTED]


def _name(field: Field) -> str:
    return _cut(field.name.rstrip().decode("ascii", "replace"))


def _cut(value: str) -> str:
    return value[:_SHOWN] + ("…" if len(value) > _SHOWN else "")


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_fake_reply(mail: Mail) -> bool:
    """Answers of programs are real ones; many name the mail that they answer nowhere."""
    if mail.all(b"references") or mail.all(b"in-reply-to") or _is_automatic(mail):
        return False
    return any(_REPLY.match(decode_words(f.value[:_MAX_VALUE]).strip()) for f in mail.all(b"subject")[:1])


def _bulk_signs(mail: Mail) -> Iterator[str]:
    if mail.all(b"list-id"):
        yield "List-Id"
    if any(not _OF_EVERY_MAIL.fullmatch(field.text) for field in mail.all(b"feedback-id")[:_MAX_LISTED]):
        yield "Feedback-ID"
    if any(field.text.lower() in _PRECEDENCE for field in mail.all(b"precedence")[:1]):
        yield "Precedence"


def _is_automatic(mail: Mail) -> bool:
    """RFC 3834 section 5: auto-replied. A newsletter may well be auto-generated."""
    return any(field.text.lower().startswith("auto-replied") for field in mail.all(b"auto-submitted")[:1])
