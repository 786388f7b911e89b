"""Who handles this domain's mail, and where does one click there?

The layers are told apart: a gateway in MX does not tell the platform behind it, and an include in SPF does not tell
where the mailboxes are. The weight of the signs: DKIM CNAME target, MX, SPF, verification record.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any, Literal, TypeAlias

from checks.catalogue import Text
from checks.evidence.dkim import PublishedKey
from checks.evidence.mx import MxEvidence
from checks.evidence.providers import Confidence, Layer, ProvidersEvidence, ServiceSeen, Sign, SignKind
from checks.evidence.spf import SpfEvidence, SpfNode
from checks.model import Absent, Known, MxHost, Seen, Unreachable

Role: TypeAlias = Literal["platform", "gateway", "sending", "reporting"]

_TABLES: tuple[tuple[str, Role], ...] = (
    ("providers.toml", "platform"),
    ("gateways.toml", "gateway"),
    ("sending.toml", "sending"),
    ("reporting.toml", "reporting"),
)
_LEVELS: tuple[Confidence, ...] = ("low", "medium", "high")
_WEIGHT: Mapping[SignKind, Confidence] = {"dkim": "high", "mx": "high", "spf": "medium", "txt": "low"}
_ORDER: tuple[SignKind, ...] = ("dkim", "mx", "spf", "txt")
_MAX_TXT = 50
_GENERIC = ("spf", "dkim")
"""Topics of which every provider can be asked, also where the table knows no place."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One row of the tables, which say what the fields mean. `where`: topic of a check → what to do there."""

    id: str
    name: str
    shown: Text
    role: Role
    confidence: Confidence
    mx: tuple[str, ...]
    spf: tuple[str, ...]
    senders: tuple[str, ...]
    dkim: tuple[str, ...]
    txt: tuple[str, ...]
    rua: tuple[str, ...]
    excepted: tuple[str, ...]
    selectors: tuple[str, ...]
    hosting: bool
    where: Mapping[str, Text]

    def layers(self, kinds: Iterable[SignKind]) -> tuple[Layer, ...]:
        """The layers in which these signs show it. A gateway takes mail in by its MX, and sends it by SPF or DKIM."""
        match self.role:
            case "platform":
                return ("platform",)
            case "gateway":
                shown = set(kinds)
                inbound: tuple[Layer, ...] = ("inbound_gateway",) if "mx" in shown else ()
                return (*inbound, "outbound_gateway") if shown & {"spf", "dkim"} else inbound
            case _:
                return ("sending_service",)


@cache
def providers() -> Mapping[str, Provider]:
    """The rows of all tables, by id. Raises ValueError for an id that stands in two."""
    rows: dict[str, Provider] = {}
    for file, role in _TABLES:
        text = (resources.files("checks") / "data" / file).read_text("utf-8")
        for key, row in tomllib.loads(text).items():
            if key in rows:
                raise ValueError(f"two providers are called {key}")
            rows[key] = _provider(key, role, row)
    return rows


def _provider(key: str, role: Role, row: Mapping[str, Any]) -> Provider:
    def listed(name: str) -> tuple[str, ...]:
        return tuple(row.get(name, ()))

    return Provider(
        id=key,
        name=row["name"],
        shown=Text(en=row["name"], ja=row.get("ja", row["name"])),
        role=role,
        confidence=row.get("confidence", "medium"),
        mx=listed("mx"),
        spf=listed("spf"),
        senders=(*(term.partition(":")[2] for term in listed("spf")), *listed("senders")),
        dkim=listed("dkim"),
        txt=listed("txt"),
        rua=listed("rua"),
        excepted=listed("except"),
        selectors=listed("selectors"),
        hosting=row.get("hosting", False),
        where={topic: Text(en=said["en"], ja=said["ja"]) for topic, said in row.get("where", {}).items()},
    )


@cache
def habitual_selectors() -> tuple[str, ...]:
    """DKIM selectors by habit, the most usual first (data/selectors.toml)."""
    text = (resources.files("checks") / "data" / "selectors.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)["habits"])


def platform_of(mx_names: Iterable[str]) -> str | None:
    """Id of the platform that the MX names belong to, None where none or several match."""
    found = {p.id for host in mx_names if (p := _owner(host, "mx")) and p.role == "platform"}
    return found.pop() if len(found) == 1 else None


def receiver_of(mx_names: Iterable[str]) -> str | None:
    """Id of the platform that the MX names belong to, else of the gateway, None where none or several match."""
    hosts = tuple(mx_names)
    found = {p.id for host in hosts if (p := _owner(host, "mx"))}
    return platform_of(hosts) or (found.pop() if len(found) == 1 else None)


def service_of_target(target: str) -> Provider | None:
    """Whose customers' CNAMEs at a DKIM selector lead to this name."""
    return _owner(target, "dkim")


def service_of_sender(name: str) -> Provider | None:
    """Whose servers this target of an SPF term (include, redirect, a, mx) authorises."""
    return _owner(name, "senders")


def report_service_of(domain: str) -> Provider | None:
    """Who receives the DMARC reports that go to an address in this domain for his customers."""
    return _owner(domain, "rua")


_What: TypeAlias = Literal["mx", "senders", "dkim", "rua"]


@dataclass(frozen=True, slots=True)
class _Endings:
    """The endings of one column of the tables: by their text, and in a list those with a `*`.

    A row is the length of the ending, in labels and then in characters, its place in the tables, the ending, and whose
    it is.
    """

    plain: Mapping[str, tuple[_Row, ...]]
    wild: tuple[_Row, ...]

    def fitting(self, name: str) -> Iterator[_Row]:
        labels = tuple(name.split("."))
        for at in range(len(labels)):
            yield from self.plain.get(".".join(labels[at:]), ())
        yield from (row for row in self.wild if _ends(labels, row[3]))


_Row: TypeAlias = tuple[int, int, int, str, Provider]


@cache
def _endings(what: _What) -> _Endings:
    plain: dict[str, list[_Row]] = defaultdict(list)
    wild: list[_Row] = []
    for provider in providers().values():
        for ending in getattr(provider, what):
            # Earlier rows of the tables count more.
            row = (ending.count(".") + 1, len(ending), -len(wild) - sum(map(len, plain.values())), ending, provider)
            (wild if set(ending) & set("*?[") else plain[ending]).append(row)
    return _Endings({ending: tuple(rows) for ending, rows in plain.items()}, tuple(wild))


def _owner(name: str, what: _What) -> Provider | None:
    """The provider with the longest ending that fits; of equally long ones the first in the tables."""
    bare = name.lower().rstrip(".")
    best: _Row | None = None
    for row in _endings(what).fitting(bare):
        if (best is None or row[:3] > best[:3]) and not _is_excepted(tuple(bare.split(".")), row[4]):
            best = row
    return best[4] if best else None


def _is_excepted(labels: tuple[str, ...], provider: Provider) -> bool:
    return any(_ends(labels, ending) for ending in provider.excepted)


def _ends(labels: tuple[str, ...], ending: str) -> bool:
    """Whole labels from the right, `*` within one standing for any part of it."""
    wanted = ending.split(".")
    if len(labels) < len(wanted):
        return False
    return all(
        label == part or fnmatchcase(label, part) for label, part in zip(labels[-len(wanted) :], wanted, strict=True)
    )


def services_of(mx: MxEvidence, spf: SpfEvidence, keys: Iterable[PublishedKey] = ()) -> ProvidersEvidence:
    """Everybody whom MX, SPF, the keys found and verification records show. Pure; raises nothing."""
    signs: dict[str, list[Sign]] = defaultdict(list)
    for sign, provider in _signs(mx, spf, keys):
        if sign not in signs[provider.id]:
            signs[provider.id].append(sign)
    proven = {id: each for id, each in signs.items() if any(s.kind != "txt" for s in each)}
    seen = sorted((_seen(id, each) for id, each in proven.items()), key=_rank)
    failed = next((answer.why for answer in (mx.records, spf.answer) if isinstance(answer, Unreachable)), None)
    return ProvidersEvidence(
        mx.domain,
        _platform(mx, proven),
        tuple(seen),
        tuple(id for id in signs if id not in proven),
        failed or (spf.tree.why_unknown if spf.tree else None),
    )


def _signs(mx: MxEvidence, spf: SpfEvidence, keys: Iterable[PublishedKey]) -> Iterator[tuple[Sign, Provider]]:
    for key in keys:
        if (target := key.alias_of) and (provider := service_of_target(target)):
            yield Sign("dkim", target), provider
    for host in _hosts(mx):
        if provider := _owner(host, "mx"):
            yield Sign("mx", host), provider
    for name in spf_targets(spf):
        if provider := service_of_sender(name):
            yield Sign("spf", name), provider
    for octets in spf.answer.value.values if isinstance(spf.answer, Seen) else ():
        text = octets[:_MAX_TXT].decode("latin-1").lower()
        for lowered, provider in _beginnings():
            if text.startswith(lowered):
                beginning = next(b for b in provider.txt if text.startswith(b.lower()))
                yield Sign("txt", beginning), provider


@cache
def _beginnings() -> tuple[tuple[tuple[str, ...], Provider], ...]:
    """What the verification records of each provider begin with, in lower case."""
    return tuple((tuple(b.lower() for b in p.txt), p) for p in providers().values() if p.txt)


def _hosts(mx: MxEvidence) -> tuple[str, ...]:
    records: Known[Any] = mx.records
    values: tuple[MxHost, ...] = records.value.values if isinstance(records, Seen) else ()
    return tuple(dict.fromkeys(host.host.lower() for host in values if host.host))


def spf_targets(spf: SpfEvidence) -> tuple[str, ...]:
    """The names that the domain's own record authorises, in order: of include, redirect, a and mx terms.

    Records of the domain's own that it includes are read as a part of it; what a provider includes is his business.
    """
    return tuple(dict.fromkeys(_targets(spf.tree, spf.domain))) if spf.tree else ()


def _targets(node: SpfNode, domain: str) -> Iterator[str]:
    own = {child.domain: child for child in node.children if child.domain.endswith(f".{domain}")}
    for term in node.record.reached if node.record else ():
        target = term.target.lower()
        if not target or term.has_macro or term.qualifier == "-":
            continue
        if child := own.get(target):
            yield from _targets(child, domain)
        else:
            yield target


def _seen(id: str, signs: list[Sign]) -> ServiceSeen:
    provider = providers()[id]
    kinds = [sign.kind for sign in signs]
    best = max((_LEVELS.index(_WEIGHT[kind]) for kind in kinds), default=0)
    return ServiceSeen(
        id,
        provider.name,
        provider.layers(kinds),
        _LEVELS[min(best, _LEVELS.index(provider.confidence))],
        tuple(sorted(signs, key=lambda sign: _ORDER.index(sign.kind))),
    )


def _rank(service: ServiceSeen) -> tuple[int, int]:
    return (-_LEVELS.index(service.confidence), _ORDER.index(service.signs[0].kind))


def _platform(mx: MxEvidence, signs: Mapping[str, list[Sign]]) -> Known[str]:
    """Where the mailboxes are.

    MX says it. Where MX names a gateway, the one platform that signs with DKIM or else stands in SPF is behind it;
    where MX is the domain itself, the one rental server that SPF names is.
    """
    if isinstance(mx.records, Unreachable):
        return mx.records
    hosts = _hosts(mx)
    owners = [_owner(host, "mx") for host in hosts]
    if by_mx := {owner.id for owner in owners if owner and owner.role == "platform"}:
        return _only(by_mx)
    platforms = {id: {sign.kind for sign in each} for id, each in signs.items() if providers()[id].role == "platform"}
    if by_dkim := {id for id, kinds in platforms.items() if "dkim" in kinds}:
        return _only(by_dkim)
    if owners and all(owner and owner.role == "gateway" for owner in owners):
        return _only(set(platforms))
    is_own = all(host == mx.domain or host.endswith(f".{mx.domain}") for host in hosts)
    is_null = isinstance(mx.records, Seen) and not hosts
    return _only({id for id in platforms if providers()[id].hosting}) if is_own and not is_null else Absent()


def _only(ids: set[str]) -> Known[str]:
    return Seen(next(iter(ids))) if len(ids) == 1 else Absent()


def likely_selectors(seen: ProvidersEvidence) -> tuple[str, ...]:
    """What the selectors of the providers seen are called, those of the best proven first."""
    return tuple(dict.fromkeys(s for service in seen.services for s in _selectors(service)))


def _selectors(service: ServiceSeen) -> Iterator[str]:
    ids = [sign.value.partition(".")[0] for sign in service.signs if sign.kind == "spf"]
    for selector in providers()[service.id].selectors:
        if "{id}" not in selector:
            yield selector
        elif ids and ids[0].isalnum():
            yield selector.replace("{id}", ids[0])


def spf_terms(provider: str | None) -> tuple[str, ...]:
    """The SPF terms of a platform; empty where it has none or none could be confirmed."""
    known = providers().get(provider or "")
    return known.spf if known else ()


def sends_from_mx(provider: str | None) -> bool:
    """Whether the servers that receive a customer's mail send it too: those of a rented host do, and one's own may."""
    known = providers().get(provider or "")
    return known is None or known.hosting


def place_of(provider: str | None, topic: str) -> str | None:
    """The key of the sentence that says where to click, None where the table has none."""
    known = providers().get(provider or "")
    return f"{known.id}.{topic}" if known and (topic in known.where or topic in _GENERIC) else None


def place_text(key: str) -> Text:
    """The sentence of a key made by `place_of`. Raises KeyError for any other."""
    id, topic = key.split(".", 1)
    provider = providers()[id]
    if topic in provider.where:
        return provider.where[topic]
    en, ja = provider.shown.en, provider.shown.ja
    match topic, provider.spf:
        case "spf", (term, *_):
            return Text(
                en=f"{en}: its term is `{term}`, for the one SPF record of the domain, at whoever hosts the DNS.",
                ja=f"{ja}: SPFの記述は `{term}` です。DNSを管理しているサービスで、1つだけのSPFレコードに記載します。",
            )
        case "spf", ():
            return Text(
                en=f"{en}: take what belongs into the SPF record from its admin page or manual.",
                ja=f"{ja}: SPFレコードに記載する値は、管理画面またはマニュアルで確認してください。",
            )
        case "dkim", _:
            return Text(
                en=f"{en}: look for DKIM in its admin page or manual, and publish the record exactly as shown there.",
                ja=f"{ja}: DKIMの設定方法を管理画面やマニュアルで確認し、表示されたレコードを登録してください。",
            )
    raise KeyError(key)
