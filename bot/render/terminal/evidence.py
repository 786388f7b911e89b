"""What was seen, by topic, from the plain data of a report, with the `dig` line that shows the same.

Evidence of any kind can be shown; for some there is more: the tree of SPF, with the lookups of each branch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text as Line

from bot.conversation.bounds import cut
from bot.render.terminal import words
from bot.render.terminal.digs import dig_line, question
from bot.render.terminal.questions import topic_title
from bot.render.terminal.spf_tree import spf_tree
from bot.render.terminal.wrapping import Hanging, Unbroken
from checks import CATALOGUE, Lang, Report, Why, printable, reason_text

Part = RenderableType | Unbroken
_MOST_VALUES = 40
_MOST_LINES = 400
_LONGEST = 4_000
_DEEPEST = 6
_STEP = 2
_STATES = ("seen", "absent", "unreachable")
_OWN_LINE = frozenset({"text", "texts"})
_NEVER = frozenset({"as_sha256", "tls_known"})
_LEFT_OUT: Mapping[str, frozenset[str]] = {
    "SpfEvidence": frozenset({"tree", "records", "passing_networks"}),
    "SpfLookupEvidence": frozenset({"records", "branches"}),
    "DmarcEvidence": frozenset({"record"}),
    "DomainEvidence": frozenset({"ascii", "shown"}),
    "DnssecEvidence": frozenset({"asked_at"}),
    "StsEvidence": frozenset({"fresh_id"}),
}
"""Parsed forms of what stands beside them as it was answered, and what is nothing that was seen."""


def evidence(report: Report, lang: Lang, console: Console) -> Iterator[Part]:
    """Topic by topic in the order of the catalogue, then how many questions were asked, in what time."""
    shown: set[str] = set()
    for topic, kinds in _by_topic(report).items():
        writer = _Writer(lang, report.subject, shown)
        for kind in kinds:
            writer.write(kind, report.evidence[kind])
        tree = report.evidence["SpfEvidence"].get("tree") if "SpfEvidence" in kinds else None
        if not writer.lines and tree is None:
            continue
        yield Hanging(Line(), Line(topic_title(topic, lang), style="bold"), indent=1, column=0)
        yield from map(Unbroken, writer.lines[:_MOST_LINES])
        if tree is not None:
            yield from spf_tree(tree, lang, console)
        yield Line()
    metrics = report.metrics
    if "elapsed_ms" in metrics:
        seconds = f"{metrics['elapsed_ms'] / 1000:.2f}"
        said = words.METRICS.say(lang, {"queries": metrics.get("dns_queries", 0), "seconds": seconds})
        yield Hanging(Line(), Line(said, style="dim"), indent=1, column=0)


def _by_topic(report: Report) -> dict[str, list[str]]:
    """The kinds of evidence under the topic that they are named after, else the first that needs them."""
    wanted: dict[str, list[str]] = {}
    for check in CATALOGUE.checks:
        for needed in check.needs:
            wanted.setdefault(needed.__name__, []).append(check.topic)
    by_topic: dict[str, list[str]] = {check.topic: [] for check in CATALOGUE.checks}
    for kind in report.evidence:
        topics = wanted.get(kind, ["dns"])
        named = [topic for topic in topics if kind.lower().startswith(topic)]
        # What the domain is used for decides what other topics demand; it is said of the domain itself.
        topic = "dns" if kind == "UseEvidence" else (named or topics)[0]
        by_topic.setdefault(topic, []).append(kind)
    return {topic: kinds for topic, kinds in by_topic.items() if kinds}


class _Writer:
    """Lines for the evidence of one topic. `shown`: the questions shown before; each is shown once."""

    def __init__(self, lang: Lang, subject: str, shown: set[str]) -> None:
        self.lines: list[Line] = []
        self._lang = lang
        self._subject = subject
        self._shown = shown

    def write(self, kind: str, data: Any) -> None:
        left_out = _LEFT_OUT.get(kind, frozenset())
        if isinstance(data, Mapping):
            self._fields(kind, {name: value for name, value in data.items() if name not in left_out}, 1, whole=data)

    def _fields(self, kind: str, data: Mapping[str, Any], depth: int, whole: Mapping[str, Any] | None = None) -> None:
        """Plain values in one line, the questions to the DNS and what has parts below it."""
        if depth > _DEEPEST:
            return
        asked = {name: question(kind, whole or data, name) for name, value in data.items() if _is_known(value)}
        known = {name for name, of in asked.items() if of is not None}
        plain, parted = [], []
        for name, value in data.items():
            if value in (None, "", [], {}, False) or name in _NEVER:
                continue
            if name == "domain" and (value == self._subject or known):
                continue
            if name in _OWN_LINE or name in known or _has_parts(value):
                parted.append((name, value))
            else:
                plain.append((name, value))
        if plain:
            self._say(depth, "  ".join(self._named(name, value) for name, value in plain), style="dim")
        for name, value in parted:
            if name in known:
                self._answer(asked[name] or ("", ""), value, depth)
            else:
                self._part(name, value, depth)

    def _part(self, name: str, value: Any, depth: int) -> None:
        if name in _OWN_LINE:
            for each in [value] if isinstance(value, str) else value:
                self._say(depth, str(each))
            return
        inner = value.get("value") if _is_known(value) else value
        if isinstance(inner, Mapping) and "rdtype" in inner:
            self._answer((inner["rdtype"], inner["name"]), value, depth)
            return
        self._say(depth, name, style="dim")
        if isinstance(inner, Mapping):
            self._fields("", inner, depth + 1)
        else:
            self._several(inner, depth + 1)

    def _answer(self, asked: tuple[str, str], known: Mapping[str, Any], depth: int) -> None:
        told = dig_line(asked)
        if told in self._shown:
            return
        self._shown.add(told)
        line = Line(" " * _STEP * depth).append("$ ", style="dim").append(printable(told), style="cyan")
        self.lines.append(line)
        if known["state"] != "seen":
            self._say(depth + 1, self._plain(known), style="dim")
            return
        value = known["value"]
        if isinstance(value, Mapping) and "rdtype" in value:
            line.append(f"  TTL {value['ttl_s']}", style="dim")
            line.append("  DNSSEC" if value["authentic"] else "", style="dim")
            if value["alias_of"]:
                self._say(depth + 1, f"CNAME {value['alias_of']}", style="dim")
            self._several(value["values"], depth + 1)
        elif isinstance(value, Mapping):
            self._fields("", value, depth + 1)
        else:
            self._several(value if isinstance(value, list) else [value], depth + 1)

    def _several(self, values: list[Any], depth: int) -> None:
        for each in values[:_MOST_VALUES]:
            if isinstance(each, Mapping) and set(each) == {"preference", "host"}:
                self._say(depth, f"{each['preference']} {each['host'] or '.'}")
            elif isinstance(each, Mapping):
                self._fields("", each, depth)
            else:
                self._say(depth, str(each))
        if (n := len(values) - _MOST_VALUES) > 0:
            self._say(depth, words.MORE.say(self._lang, {"n": n}), style="dim")

    def _named(self, name: str, value: Any) -> str:
        """What is true is named; an instant is shown as one."""
        if value is True:
            return name
        if name.endswith("_at") and isinstance(value, int):
            return f"{name} {datetime.fromtimestamp(value, UTC):%Y-%m-%dT%H:%M:%SZ}"
        return f"{name} {self._plain(value)}"

    def _plain(self, value: Any) -> str:
        """A value in a word or two; of an outcome what it holds, or why it holds nothing."""
        if isinstance(value, list):
            shown = " ".join(str(each) for each in value[:_MOST_VALUES])
            return shown + (" …" if len(value) > _MOST_VALUES else "")
        if not _is_known(value):
            return str(value)
        match value["state"]:
            case "seen":
                return self._plain(value["value"])
            case "absent":
                return (words.NO_SUCH_NAME if value.get("how") == "nxdomain" else words.NONE).say(self._lang)
        why = reason_text(Why(value["why"])).say(self._lang)
        return f"{why}: {value['detail']}" if value.get("detail") else why

    def _say(self, depth: int, said: str, style: str = "") -> None:
        self.lines.append(Line(" " * _STEP * depth).append(printable(cut(said, _LONGEST)), style=style))


def _is_known(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("state") in _STATES


def _has_parts(value: Any) -> bool:
    if _is_known(value):
        return value["state"] == "seen" and _has_parts(value["value"])
    return isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(each, Mapping) for each in value))
