"""DKIM keys as published: under selectors that mail has shown, and under those that are usual."""

from __future__ import annotations

from dataclasses import dataclass

from checks.evidence.message import SignatureReason
from checks.model import Answer, Known, Unreachable, Why, canonical_name


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """One selector. `problem` "" where the record is a usable key; `bits` None where no key could be read.

    `flags`: the t= tag. `likely`: a provider that the domain shows names its customers' selectors so.
    """

    selector: str
    name: str
    answer: Known[Answer[bytes]]
    problem: SignatureReason
    kind: str
    bits: int | None
    flags: tuple[str, ...] = ()
    likely: bool = False

    @property
    def domain(self) -> str:
        return self.name.partition("._domainkey.")[2]

    @property
    def alias_of(self) -> str | None:
        """The name that the CNAME at `name` leads to in the end, whether there is a key or not."""
        return canonical_name(self.answer)


@dataclass(frozen=True, slots=True)
class KnownKeysEvidence:
    """The keys of the selectors seen in earlier counting mails, the newest first; () where none is known."""

    domain: str
    keys: tuple[PublishedKey, ...]


@dataclass(frozen=True, slots=True)
class SelectorsEvidence:
    """Selectors found by asking for usual names, those of mail already seen left out. It never shows that there are no
    others.

    `found`: keys, revoked ones among them, and CNAMEs that lead to none; what a wildcard gives for any name is left
    out. `doubled`: keys at `<selector>._domainkey.D.D` of selectors without any at the right name. `asked`: how many
    names were guessed. `wildcard`: the answer for a name that nobody publishes; None: not asked. `failed`: why a
    guess, or all of them, could not be looked up.
    """

    domain: str
    found: tuple[PublishedKey, ...] = ()
    doubled: tuple[PublishedKey, ...] = ()
    asked: int = 0
    wildcard: Known[Answer[bytes]] | None = None
    failed: Why | None = None

    @property
    def why_unknown(self) -> Why | None:
        """Why it is not known whether these selectors exist; None where it is, or none can be asked for."""
        if isinstance(self.wildcard, Unreachable):
            return None if self.wildcard.why is Why.BAD_NAME else self.wildcard.why
        return self.failed
