"""What can happen to a thread. Times are aware; ids of reports name what the caller gives along."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from checks import Lang, Text


@dataclass(frozen=True, slots=True)
class Asked:
    """A domain to check, as it was understood; `note` says what was left out of what was typed."""

    ascii: str
    shown: str
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A test address that may be handed out; `server` names the mailbox where DNS does not (the demo)."""

    token: str
    address: str
    hours: int
    expires_at: datetime
    max_mails: int
    max_bytes: int
    server: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """Somebody asked for a check. Several domains make an overview without an address."""

    domains: tuple[Asked, ...]
    lang: Lang
    offer: Offer | None


@dataclass(frozen=True, slots=True)
class Progressed:
    run: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Checked:
    run: int
    report_id: str


@dataclass(frozen=True, slots=True)
class CheckFailed:
    """Our own failure: the check gave no report."""

    run: int


@dataclass(frozen=True, slots=True)
class MailAnalysed:
    """`report_id` None: the analysis failed on our side. `token`: of the address to which it came, "" if unknown."""

    mail_id: str
    report_id: str | None
    at: datetime
    token: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A member says that this mail is theirs."""

    mail_id: str


@dataclass(frozen=True, slots=True)
class Disowned:
    """A member says that this mail is not theirs: the question is closed."""

    mail_id: str


@dataclass(frozen=True, slots=True)
class RecheckAsked:
    """`lost`: runs up to this number are given up, if one still seems to run."""

    lost: int = 0


@dataclass(frozen=True, slots=True)
class AddressAsked:
    """Somebody wants a test address: the open one if there is one, else `offer`.

    `ended`: the token of one that seems open here and takes no more mail, being full or over.
    """

    offer: Offer | None
    ended: str = ""


@dataclass(frozen=True, slots=True)
class AddressClosed:
    token: str


@dataclass(frozen=True, slots=True)
class AddressExpired:
    """`got_mail`: mail was accepted there, whether or not it is analysed yet."""

    token: str
    got_mail: bool = False


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    lang: Lang


@dataclass(frozen=True, slots=True)
class RootRefused:
    """The chat does not take the root message: the thread never came to be."""


Event: TypeAlias = (
    Begun
    | Progressed
    | Checked
    | CheckFailed
    | MailAnalysed
    | Claimed
    | Disowned
    | RecheckAsked
    | AddressAsked
    | AddressClosed
    | AddressExpired
    | LanguageChosen
    | RootRefused
)
