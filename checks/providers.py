"""Which mail platform is this, and where does one click there?

Evidence is the MX name alone so far: an include in SPF or a verification record does not prove where the mailboxes are.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from checks.catalogue import Text


@dataclass(frozen=True, slots=True)
class Provider:
    """`spf`: the terms that authorise it in a customer's record. `where`: topic of a check → where to click."""

    id: str
    name: str
    mx: tuple[str, ...]
    spf: tuple[str, ...]
    where: Mapping[str, Text]


@cache
def providers() -> Mapping[str, Provider]:
    """The table of `data/providers.toml`, by id."""
    text = (resources.files("checks") / "data" / "providers.toml").read_text("utf-8")
    return {
        key: Provider(
            key,
            row["name"],
            tuple(row["mx"]),
            tuple(row["spf"]),
            {topic: Text(en=said["en"], ja=said["ja"]) for topic, said in row.get("where", {}).items()},
        )
        for key, row in tomllib.loads(text).items()
    }


def platform_of(mx_names: Iterable[str]) -> str | None:
    """Id of the platform that the MX names belong to, None where none or several match."""
    found = {p.id for host in mx_names for p in providers().values() if any(_ends(host, s) for s in p.mx)}
    return found.pop() if len(found) == 1 else None


def _ends(host: str, suffix: str) -> bool:
    return host == suffix or host.endswith("." + suffix)


def spf_terms(provider: str | None) -> tuple[str, ...]:
    """The SPF terms of a platform; empty where it has none or none could be confirmed."""
    known = providers().get(provider or "")
    return known.spf if known else ()


def place_of(provider: str | None, topic: str) -> str | None:
    """The key of the sentence that says where to click, None where the table has none."""
    known = providers().get(provider or "")
    return f"{known.id}.{topic}" if known and topic in known.where else None


def place_text(key: str) -> Text:
    """The sentence of a key made by `place_of`. Raises KeyError for any other."""
    provider, topic = key.split(".", 1)
    return providers()[provider].where[topic]


@dataclass(frozen=True, slots=True)
class SendingService:
    """A service that sends for its customers. `include`: the end of the name that it has them include in SPF.

    `return_path`: whose domain stands in the return path, where a customer's main domain needs no include for that:
    "service" its own, "subdomain" one below the customer's; None where the main domain may need it. `source` says so,
    read on the day `read`.
    """

    name: str
    include: str
    return_path: Literal["service", "subdomain"] | None = None
    source: str = ""
    read: str = ""


@cache
def sending_services() -> tuple[SendingService, ...]:
    """The table of `data/sending_services.toml`."""
    text = (resources.files("checks") / "data" / "sending_services.toml").read_text("utf-8")
    return tuple(
        SendingService(
            row["name"], row["include"], row.get("return_path"), row.get("source", ""), str(row.get("read", ""))
        )
        for row in tomllib.loads(text)["service"]
    )


def service_included(target: str) -> SendingService | None:
    """The sending service whose include this name is."""
    return next((s for s in sending_services() if _ends(target.lower(), s.include)), None)


def is_known_include(target: str) -> bool:
    """Whether a platform or sending service has its customers include this name."""
    own = {term.removeprefix("include:") for p in providers().values() for term in p.spf}
    return target.lower() in own or service_included(target) is not None
