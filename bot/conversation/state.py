"""What a thread remembers between events, as frozen records that become plain JSON and back."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from bot.conversation.events import Offer
from checks import Lang, Report, Text

Reports: TypeAlias = Mapping[str, Report]

AddressStatus: TypeAlias = Literal["open", "closed", "expired"]


class MissingReport(LookupError):
    """The event needs a report that was not given along; its id is the argument."""


@dataclass(frozen=True, slots=True)
class Address:
    """A test address that was handed out; `expires_at` in seconds since 1970.

    `got_mail`: mail was accepted there, as known when it expired: one that is not analysed yet is not among the mails
    of the thread.
    """

    token: str
    address: str
    hours: int
    expires_at: float
    max_mails: int
    max_bytes: int
    server: str | None
    status: AddressStatus = "open"
    got_mail: bool = False

    @classmethod
    def of(cls, offer: Offer) -> "Address":
        expires_at = offer.expires_at.timestamp()
        return cls(offer.token, offer.address, offer.hours, expires_at, offer.max_mails, offer.max_bytes, offer.server)


@dataclass(frozen=True, slots=True)
class Row:
    """One domain. `run`: the number of the check that runs now. `failed`: the last one gave no report."""

    ascii: str
    shown: str
    note_en: str = ""
    note_ja: str = ""
    run: int | None = None
    report: str | None = None
    failed: bool = False

    @property
    def note(self) -> Text | None:
        return Text(en=self.note_en, ja=self.note_ja) if self.note_en else None


@dataclass(frozen=True, slots=True)
class MailSeen:
    """`own_reply` False: it is counted in the reply that counts. `at` in seconds since 1970.

    `token`: of the address to which it came, "" if unknown.
    `claimed`, `disowned`: what a member answered to the question whether an unproven mail is theirs.
    """

    id: str
    report: str | None
    at: float
    own_reply: bool = True
    claimed: bool = False
    disowned: bool = False
    token: str = ""


@dataclass(frozen=True, slots=True)
class Since:
    """A check that differed from the one before it, which the reply `since-<run>` tells."""

    run: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """`unchanged`: the last check gave what the one before gave."""

    lang: Lang = "en"
    rows: tuple[Row, ...] = ()
    runs: int = 0
    done: int = 0
    total: int = 0
    unchanged: bool = False
    addresses: tuple[Address, ...] = ()
    mails: tuple[MailSeen, ...] = ()
    since: tuple[Since, ...] = ()
    refused: bool = False
    parts: Mapping[str, int] = field(default_factory=dict)
    """How many messages the renderer made of a key, kept for it: a message that is no longer needed is emptied."""

    @property
    def is_overview(self) -> bool:
        return len(self.rows) > 1

    @property
    def row(self) -> Row:
        """The domain of a thread about one."""
        return self.rows[0]

    @property
    def address(self) -> Address | None:
        """The address that was handed out last."""
        return self.addresses[-1] if self.addresses else None

    def is_silent(self, given: Address) -> bool:
        """No mail came to that address."""
        return not given.got_mail and not any(mail.token in ("", given.token) for mail in self.mails)

    @property
    def is_running(self) -> bool:
        return any(row.run is not None for row in self.rows)

    def report_ids(self) -> frozenset[str]:
        """Every report that drawing this thread may need."""
        named = [row.report for row in self.rows] + [mail.report for mail in self.mails]
        named += [each for since in self.since for each in (since.before, since.after)]
        return frozenset(each for each in named if each is not None)

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"parts": dict(self.parts)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Conversation":
        """An empty mapping is a thread that nothing happened to yet."""
        if not data:
            return cls()
        return cls(
            **{
                **data,
                "rows": tuple(Row(**each) for each in data["rows"]),
                "addresses": tuple(Address(**each) for each in data["addresses"]),
                "mails": tuple(MailSeen(**each) for each in data["mails"]),
                "since": tuple(Since(**each) for each in data["since"]),
            }
        )


def report_of(reports: Reports, report_id: str) -> Report:
    """Raises MissingReport."""
    try:
        return reports[report_id]
    except KeyError:
        raise MissingReport(report_id) from None


def seconds(at: datetime) -> float:
    return at.timestamp()
