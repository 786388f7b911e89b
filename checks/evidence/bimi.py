"""BIMI: the record, the logo and the mark certificate (draft-brand-indicators-for-message-identification)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from checks.evidence.versioned import FaultyRecord
from checks.model import Known, NotServed, Unreachable

LogoFault: TypeAlias = Literal[
    "media_type", "size", "xml", "doctype", "root", "version", "profile", "title", "position", "element", "reference"
]
CertificateFault: TypeAlias = Literal["pem", "expired", "early", "domain", "no_logo", "other_logo", "profile"]


@dataclass(frozen=True, slots=True)
class BimiRecord:
    """The record at `default._bimi.<domain>`. `logo` and `certificate`: https URLs, "" where not given.

    Both "": the domain declines to have a logo shown.
    """

    text: str
    logo: str
    certificate: str


@dataclass(frozen=True, slots=True)
class LogoProblem:
    """What SVG Tiny PS forbids or demands. `part`: the element, attribute or value at fault, "" where it is missing."""

    fault: LogoFault
    part: str = ""


@dataclass(frozen=True, slots=True)
class Logo:
    """A logo that was fetched. `size` in octets."""

    url: str
    size: int
    sha256: str
    problems: tuple[LogoProblem, ...]


@dataclass(frozen=True, slots=True)
class CertificateProblem:
    """What keeps the certificate from proving the logo. `part`: a date (YYYY-MM-DD) or names, else ""."""

    fault: CertificateFault
    part: str = ""


@dataclass(frozen=True, slots=True)
class MarkCertificate:
    """A mark certificate (VMC, CMC) that was fetched. `logo_sha256`: of the logo inside, None without."""

    url: str
    logo_sha256: str | None
    problems: tuple[CertificateProblem, ...]


@dataclass(frozen=True, slots=True)
class BimiEvidence:
    """`record`: the one that receivers read, FaultyRecord where they have to ignore what stands there."""

    domain: str
    record: Known[BimiRecord | FaultyRecord]
    alias_of: str | None = None
    """The canonical name, where `default._bimi.<domain>` is an alias of it, whether a record stands there or not."""


@dataclass(frozen=True, slots=True)
class BimiAssetsEvidence:
    """What the record names; None where it names none."""

    domain: str
    logo: Logo | NotServed | Unreachable | None = None
    certificate: MarkCertificate | NotServed | Unreachable | None = None
