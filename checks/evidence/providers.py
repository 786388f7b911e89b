"""Who handles the domain's mail: the platform with its mailboxes, gateways around it, and sending services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from checks.model import Known, Why

Layer: TypeAlias = Literal["platform", "inbound_gateway", "outbound_gateway", "sending_service"]
SignKind: TypeAlias = Literal["dkim", "mx", "spf", "txt"]
"""In the order of their weight. A verification record (txt) alone never proves use."""
Confidence: TypeAlias = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that shows a provider. `value`: the target of the CNAME at a selector, the MX name, the target of the
    SPF term, or the beginning of the verification record.
    """

    kind: SignKind
    value: str


@dataclass(frozen=True, slots=True)
class ServiceSeen:
    """A provider by its id in the tables (checks.providers). `confidence`: what its best sign proves, and the table."""

    id: str
    name: str
    layers: tuple[Layer, ...]
    confidence: Confidence
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class ProvidersEvidence:
    """`platform`: where the mailboxes are; Absent where nothing known shows it, or several do.

    `services`: everybody seen, the platform among them, the best proven first. `only_verified`: ids of those of whom
    there is nothing but a verification record. `failed`: why a part of the signs could not be looked up, None where
    all were.
    """

    domain: str
    platform: Known[str]
    services: tuple[ServiceSeen, ...]
    only_verified: tuple[str, ...] = ()
    failed: Why | None = None

    def by_target(self, target: str) -> ServiceSeen | None:
        """The service that the CNAME at a selector leads to."""
        return next((s for s in self.services if Sign("dkim", target) in s.signs), None)
