"""How a received mail is written: its header fields, lines and MIME parts, judged against nothing yet.

Nothing here holds a subject, a display name, a recipient or a word of the body, so that reports can be kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

MessageIdProblem: TypeAlias = Literal["", "none", "several", "malformed"]
DateProblem: TypeAlias = Literal["", "none", "malformed", "wrong_weekday"]

MimeKind: TypeAlias = Literal[
    "no_version",
    "bad_version",
    "duplicate_field",
    "bad_type",
    "no_boundary",
    "bad_boundary",
    "no_parts",
    "not_closed",
    "bad_encoding",
    "encoded_composite",
    "eight_bit",
    "nul",
    "bad_base64",
    "bad_quoted_printable",
]


@dataclass(frozen=True, slots=True)
class MimeProblem:
    """One fault of the MIME structure (RFC 2045, RFC 2046). `part`: "" the mail itself, "1.2" the second of the first.

    `value`: the media type, encoding or field that is meant, at most 60 characters.
    """

    kind: MimeKind
    part: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class ListUnsubscribe:
    """The List-Unsubscribe fields and their URIs by scheme, and the List-Unsubscribe-Post fields (RFC 2369, RFC 8058).

    `is_one_click`: the one Post field says `List-Unsubscribe=One-Click`.
    """

    fields: int = 0
    https: int = 0
    http: int = 0
    mailto: int = 0
    other: int = 0
    unreadable: bool = False
    """Something stands there that is no URI in angle brackets."""
    post_fields: int = 0
    is_one_click: bool = False


@dataclass(frozen=True, slots=True)
class MessageForm:
    """The form of a mail (RFC 5322, RFC 2045 to 2047, RFC 6532). Sizes in octets. Field names as written, cut.

    `smtputf8`: announced with the mail (RFC 6531), None where that is not known. `long_values`: name and size of the
    fields over 32 KB. `subject_characters`: of the decoded Subject.
    """

    header_octets: int = 0
    field_count: int = 0
    long_values: tuple[tuple[str, int], ...] = ()
    longest_name: int = 0
    subject_characters: int = 0
    message_id: str = ""
    """The first Message-ID as written, cut."""
    message_id_octets: int = 0
    message_id_count: int = 0
    message_id_problem: MessageIdProblem = ""
    date: str = ""
    """The first Date as written, cut."""
    date_problem: DateProblem = ""
    date_ahead_s: int | None = None
    """Date minus the moment of arrival. None where one of them is not known."""
    duplicates: tuple[tuple[str, int], ...] = ()
    """Fields that RFC 5322 section 3.6 allows once, and how often they are there; From and Message-ID are apart."""
    not_fields: int = 0
    """Lines of the header that are neither a field nor its continuation; not the `From ` line of an mbox file."""
    utf8_fields: tuple[str, ...] = ()
    not_utf8_fields: tuple[str, ...] = ()
    """Names of the fields with raw octets over 127: well-formed UTF-8, and anything else."""
    smtputf8: bool | None = None
    misplaced_words: tuple[str, ...] = ()
    """Names of the fields with an encoded-word where RFC 2047 section 5 forbids it."""
    longest_line: int = 0
    longest_line_number: int = 0
    longest_line_in_header: bool = False
    bare_cr: int = 0
    bare_lf: int = 0
    mime: tuple[MimeProblem, ...] = ()
    mime_is_whole: bool = True
    """False: more parts, levels or octets than are read; what stands behind them is not known."""
    name_shows_address: bool = False
    """The display name of From shows an address that is not the From address."""
    name_shows_emoji: bool = False
    is_fake_reply: bool = False
    """The Subject begins with Re: or Fwd:, and neither In-Reply-To nor References is there."""
    bulk_signs: tuple[str, ...] = ()
    """Which of List-Id, Feedback-ID, Precedence say that the mail goes to many."""
    is_automatic_reply: bool = False
    """A bounce or an answer of a program (Auto-Submitted, or a null return path)."""
    list_unsubscribe: ListUnsubscribe = field(default_factory=ListUnsubscribe)
    shows_unsubscribe: bool | None = None
    """A text part has a link or words for it. None where no text part could be read."""
