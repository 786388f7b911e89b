"""DMARC evidence built by hand beyond what `built` has: the places of mistakes, the destinations of reports."""

from __future__ import annotations

from built import NODATA, NXDOMAIN, mx

from checks.evidence.dmarc import DmarcPlaceEvidence, DmarcReportsEvidence, ReportDestination
from checks.evidence.mx import MxEvidence
from checks.model import Absent, Answer, Known, MxHost

NAME = "example.co.jp"


def receiving(name: str = NAME, records: Known[Answer[MxHost]] | None = None) -> MxEvidence:
    return MxEvidence(name, records or mx("mx1.example.co.jp"), (), NODATA, NODATA)


def place(
    name: str = NAME,
    apex: Known[Answer[bytes]] = NODATA,
    nested: Known[Answer[bytes]] | None = NXDOMAIN,
    doubled: Known[Answer[bytes]] | None = NXDOMAIN,
) -> DmarcPlaceEvidence:
    return DmarcPlaceEvidence(name, apex, nested, doubled)


def destination(
    to: str,
    *,
    organizational: Known[str] | None = None,
    authorisation: Known[Answer[bytes]] | None = NXDOMAIN,
    records: Known[Answer[MxHost]] | None = None,
    ipv4: Known[Answer[str]] | None = None,
    ipv6: Known[Answer[str]] | None = None,
    tags: tuple[str, ...] = ("rua",),
    at: str = NAME,
) -> ReportDestination:
    return ReportDestination(
        to,
        tags,
        organizational or Absent(),
        f"{at}._report._dmarc.{to}",
        authorisation,
        records or mx("mx.example.net"),
        ipv4,
        ipv6,
    )


def reports(*destinations: ReportDestination) -> DmarcReportsEvidence:
    return DmarcReportsEvidence(NAME, destinations)
