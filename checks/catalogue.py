"""Rules, what they say in both languages, and the findings they make.

A rule never formats a sentence: it states facts (`Rule.found(domain=..., lookups=...)`); the sentence is made here,
last,
in the language of the reader.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from checks.model import Lang, Outcome, Severity, Tier, Why

Fact: TypeAlias = str | int | tuple[str, ...]
"""A value that a text shows: plain data, so that a finding survives storage. Texts of strangers stay as they came."""

_FORMATTER = string.Formatter()


def printable(value: str) -> str:
    """Show a stranger's text harmlessly: control, bidirectional and invisible characters become `\\u{...}`."""
    return "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in value)


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages. `{name}` stands for a fact; backticks are the only markup.

    `{name:code}` shows every value of a fact that is a list as code of its own.
    """

    en: str
    ja: str

    def fields(self) -> frozenset[str]:
        """The facts this text shows. Raises ValueError where the two languages show different ones."""
        en, ja = (frozenset(f for _, f, _, _ in _FORMATTER.parse(t) if f is not None) for t in (self.en, self.ja))
        if en != ja:
            raise ValueError(f"English shows {sorted(en)}, Japanese {sorted(ja)}: {self.en!r}")
        return en

    def say(self, lang: Lang, facts: Mapping[str, Fact] | None = None) -> str:
        """The sentence in `lang`, every fact made printable and never markup: a backtick in a value becomes U+02CB."""
        template = self.ja if lang == "ja" else self.en
        shown = {name: _shown(value, lang) for name, value in (facts or {}).items()}
        return template.format(**shown)


def _shown(value: Fact, lang: Lang) -> int | _Listed:
    match value:
        case str():
            return _Listed((_unmarked(value),), "")
        case int():
            return value
        case _:
            return _Listed(tuple(map(_unmarked, value)), "、" if lang == "ja" else ", ")


def _unmarked(value: str) -> str:
    return printable(value).replace("`", "ˋ")


@dataclass(frozen=True, slots=True)
class _Listed:
    """The values of a list, for `str.format`."""

    values: tuple[str, ...]
    comma: str

    def __format__(self, spec: str) -> str:
        return self.comma.join(f"`{value}`" if spec == "code" else value for value in self.values)


@dataclass(frozen=True, slots=True)
class Texts:
    """What a finding says: the fact with its values, the consequence, and what to change where."""

    title: Text
    why: Text
    fix: Text

    def fields(self) -> frozenset[str]:
        return self.title.fields() | self.why.fields() | self.fix.fields()


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A DNS record to publish, replace or delete; of type "file": a file to serve at the URL `name`, lines end in LF.

    `old` None: add a record. `new` "": delete the old one. `new` None: only its owner can decide what replaces it.
    """

    name: str
    type: str
    old: str | None
    new: str | None
    later: bool = False
    """Not now: only once what the fix text names is done. Never to be shown as a change to make at once."""
    alias: str | None = None
    """The name that is asked for, where that is an alias (CNAME) of `name` and the old record stands here."""
    alias_of: str | None = None
    """The canonical name, where `name` is an alias of it now: beside a CNAME nothing can be added (RFC 1034 3.6.2)."""

    @property
    def asked_name(self) -> str:
        """The name that receivers ask for."""
        return self.alias or self.name


@dataclass(frozen=True, slots=True)
class Sample:
    """A record or header that shows the rule: `bad` yields it, `good` does not. Executed by the tests."""

    bad: str
    good: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong. The id is for ever; the name states the problem in kebab-case."""

    id: str
    name: str
    severity: Severity
    tier: Tier
    since: str
    texts: Texts
    references: tuple[str, ...]
    sample: Sample
    facts: tuple[str, ...] = ()
    """The names that `found()` takes: those that the texts show, and those only for machines."""
    variants: Mapping[str, Texts] = field(default_factory=dict)
    """Other wordings of the same problem, by name, for `found(variant=...)`."""
    in_system: bool = False
    """Mended at the system that sends, by no DNS record."""
    is_detail: bool = False
    """True of most mail and of little weight: shown only to whoever asks for everything."""
    alternatives: tuple[tuple[Severity, Tier], ...] = ()
    """The other severities and tiers that `found()` may pick."""

    @property
    def is_about_absence(self) -> bool:
        """Ids from 001 to 099 say that something is not there."""
        return self.id[-3] == "0"

    def __post_init__(self) -> None:
        for texts in (self.texts, *self.variants.values()):
            if surplus := texts.fields() - set(self.facts):
                raise ValueError(f"{self.id}: a text shows {sorted(surplus)}, which is no fact of the rule")

    def found(
        self,
        subject: str,
        *,
        severity: Severity | None = None,
        tier: Tier | None = None,
        variant: str | None = None,
        records: Iterable[RecordChange] = (),
        **facts: Fact,
    ) -> Finding:
        """State that the rule is broken at `subject` (a domain, host, selector or address).

        Raises TypeError for a missing or surplus fact, ValueError for a severity, tier or variant the rule does not
        have.
        """
        if set(facts) != set(self.facts):
            missing, surplus = set(self.facts) - set(facts), set(facts) - set(self.facts)
            raise TypeError(f"{self.id}: missing facts {sorted(missing)}, surplus facts {sorted(surplus)}")
        chosen = (severity or self.severity, tier or self.tier)
        if chosen not in ((self.severity, self.tier), *self.alternatives):
            raise ValueError(f"{self.id} may not be {chosen[0]} of tier {chosen[1]}")
        if variant is not None and variant not in self.variants:
            raise ValueError(f"{self.id} has no wording {variant!r}")
        return Finding(self, subject, chosen[0], chosen[1], dict(facts), variant, tuple(records))


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule, where it is broken, and the facts. Its identity between two reports is (rule id, subject)."""

    rule: Rule
    subject: str
    severity: Severity
    tier: Tier
    facts: Mapping[str, Fact]
    variant: str | None = None
    records: tuple[RecordChange, ...] = ()
    place: str | None = None
    """Key of the sentence that says where to click at the provider found (checks.providers); from the engine."""

    @property
    def texts(self) -> Texts:
        return self.rule.variants[self.variant] if self.variant else self.rule.texts

    def title(self, lang: Lang) -> str:
        return self.texts.title.say(lang, self.facts)

    def why(self, lang: Lang) -> str:
        return self.texts.why.say(lang, self.facts)

    def fix(self, lang: Lang) -> str:
        return self.texts.fix.say(lang, self.facts)


class NotApplicable(Exception):
    """Raised by a judge: the question does not arise."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class CannotTell(Exception):
    """Raised by a judge: what it needed could not be obtained."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Check:
    """One question, the rules that may answer it, and the function that judges.

    `judge` takes the evidence named by `needs`, in that order, and yields findings; it may raise NotApplicable or
    CannotTell.
    `of_mail`: it can be answered only from a received mail. `required`: the verdict needs its answer (product, section
    2).
    """

    id: str
    title: Text
    needs: tuple[type, ...]
    rules: tuple[Rule, ...]
    judge: Callable[..., Iterator[Finding]]
    of_mail: bool = False
    required: bool = False

    @property
    def topic(self) -> str:
        """The first part of the id: spf, dkim, dmarc, mx, ptr, bl, dnssec, tls, msg, dns ..."""
        return self.id.split(".", 1)[0]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The answer to one question. `reason` is None where it passed or failed (or is BROKEN)."""

    id: str
    outcome: Outcome
    reason: Why | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All checks in the order in which a report lists them, and their rules by id."""

    version: str
    checks: tuple[Check, ...]
    rules: Mapping[str, Rule]

    @classmethod
    def of(cls, version: str, checks: tuple[Check, ...]) -> Catalogue:
        """Raises ValueError for two checks or two different rules with one id."""
        rules: dict[str, Rule] = {}
        for check in checks:
            for rule in check.rules:
                if rules.setdefault(rule.id, rule) is not rule:
                    raise ValueError(f"two rules are called {rule.id}")
        if len({c.id for c in checks}) != len(checks):
            raise ValueError("two checks have one id")
        return cls(version, checks, rules)
