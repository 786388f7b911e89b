"""One line of the doctor: what was looked at, what was seen, and what to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from checks import Fact, Lang, Text

EXIT_OK, EXIT_WRONG, EXIT_UNKNOWN = 0, 1, 3


class State(StrEnum):
    """What looking at one thing came to. What could not be told is neither of the other two."""

    OK = "ok"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """`id`: for programs, for ever. `seen` and `fix` show `facts`; a `fix` of what is ok is advice.

    `subject`: which one, where several are looked at under one id.
    """

    id: str
    state: State
    seen: Text
    facts: Mapping[str, Fact] = field(default_factory=dict)
    fix: Text | None = None
    subject: str | None = None

    def say_seen(self, lang: Lang) -> str:
        return self.seen.say(lang, self.facts)

    def say_fix(self, lang: Lang) -> str | None:
        return None if self.fix is None else self.fix.say(lang, self.facts)

    def as_dict(self, lang: Lang) -> dict[str, Any]:
        """Plain data, with the sentences in `lang`."""
        return {
            "id": self.id,
            "subject": self.subject,
            "state": self.state.value,
            "seen": self.say_seen(lang),
            "fix": self.say_fix(lang),
        }


def worst(findings: Iterable[Finding]) -> State:
    """WRONG where anything is, else UNKNOWN where anything could not be told."""
    states = {finding.state for finding in findings}
    return next((state for state in (State.WRONG, State.UNKNOWN) if state in states), State.OK)


def exit_status(findings: Iterable[Finding]) -> int:
    """0 all is ok, 1 something is wrong, 3 nothing is wrong and something could not be told."""
    return {State.OK: EXIT_OK, State.WRONG: EXIT_WRONG, State.UNKNOWN: EXIT_UNKNOWN}[worst(findings)]


def as_document(findings: Sequence[Finding], lang: Lang) -> dict[str, Any]:
    """The JSON of `mailcheck doctor --json` (schema 1).

    {"schema": 1, "state": STATE, "findings": [{"id", "subject", "state", "seen", "fix"}, ...]} where STATE, and the
    state of each finding, is ok, wrong or unknown; `subject` is the blocklist or resolver that the finding is about,
    else null; `seen` and `fix` (null: nothing to change) are sentences in the language asked for. Ids: settings,
    bot_token, scopes, app_token, clock, mail_domain, mx, ptr, inbound, mailbox_port, certificate, outbound, resolver,
    blocklist, data_dir, database, process.
    """
    return {
        "schema": 1,
        "state": worst(findings).value,
        "findings": [finding.as_dict(lang) for finding in findings],
    }
