"""DNS records and files that have to change: whose they are, how long that takes to be seen, and how it is said."""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, auto
from typing import Any
from urllib.parse import urlsplit

from bot.conversation import record_words as words
from bot.conversation.content import Code, Paragraph, Part
from checks import Fact, Finding, Lang, RecordChange, Report, Text, is_within, printable, registrable


class Wait(Enum):
    """What has to pass before resolvers show a change."""

    OLD_RECORDS = auto()
    """The TTL of records that are replaced or deleted."""
    OLD_AND_NO_RECORDS = auto()
    NO_RECORDS = auto()
    """The time for which it is remembered that there was none (RFC 2308 section 5)."""
    ELSEWHERE = auto()
    """What is known of no record here: in another's zone, or wherever the change is made."""
    NOTHING = auto()


def is_file(change: RecordChange) -> bool:
    """No record, but a file to serve at the URL in its place."""
    return change.type == "file"


def operator_of(change: RecordChange, report: Report) -> str | None:
    """The name in whose zone the change has to be made where that is another's, None where it is the domain's own."""
    name = (urlsplit(change.name).hostname or "") if is_file(change) else _without_prefix(change.name)
    own = {report.subject, report.organizational or "", registrable(report.subject)} - {""}
    return None if any(is_within(name, domain) for domain in own) else name


def _without_prefix(name: str) -> str:
    """What follows the last label with an underscore: `b.example` of `a.example._report._dmarc.b.example`."""
    labels = name.lower().rstrip(".").split(".")
    after = max((at for at, label in enumerate(labels) if label.startswith("_")), default=-1)
    return ".".join(labels[after + 1 :])


def are_own_records(found: Iterable[Finding], report: Report) -> bool:
    """All that has to be done about these is to change records in the domain's own zone, and which ones is known."""
    return all(finding.records and not finding.rule.in_system for finding in found) and all(
        not is_file(change) and operator_of(change, report) is None for f in found for change in f.records
    )


def wait_for(found: Iterable[Finding], report: Report) -> Wait:
    """What the changes of these findings have to wait for."""
    kept = tuple(found)
    changes = list(_own_changes(kept, report))
    adds = any(change.old is None and change.new for change in changes)
    if any(map(_replaces, changes)):
        return Wait.OLD_AND_NO_RECORDS if adds else Wait.OLD_RECORDS
    if adds:
        return Wait.NO_RECORDS
    return Wait.NOTHING if all(f.records and all(map(is_file, f.records)) for f in kept) else Wait.ELSEWHERE


_USUAL_TTLS_S = (300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 28_800, 43_200, 86_400)
_LATE_S = 2


def ttl_of(found: Iterable[Finding], report: Report) -> int | None:
    """The TTL in seconds of the records that these findings replace, the longest of several; None where not all are
    known.

    A resolver that has had a record for some time tells what is left of its TTL. So only what looks whole is taken:
    what people enter as a TTL, or next to nothing less.
    """
    seen: list[int] = []
    answers = {(str(a["rdtype"]), str(a["name"]).lower()): int(a["ttl_s"]) for a in _answers(report.evidence)}
    for change in filter(_replaces, _own_changes(found, report)):
        left = answers.get((change.type, change.asked_name.lower().rstrip(".")))
        whole = next((ttl for ttl in _USUAL_TTLS_S if left is not None and 0 <= ttl - left <= _LATE_S), None)
        if whole is None:
            return None
        seen.append(whole)
    return max(seen, default=None)


def _answers(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every answer to a question in the plain data of the evidence."""
    if isinstance(node, Mapping):
        if {"rdtype", "name", "ttl_s"} <= node.keys():
            yield node
            return
        node = list(node.values())
    if isinstance(node, list | tuple):
        for each in node:
            yield from _answers(each)


def _own_changes(found: Iterable[Finding], report: Report) -> Iterator[RecordChange]:
    for finding in found:
        for change in _made_now(finding):
            if not is_file(change) and operator_of(change, report) is None:
                yield change


def _replaces(change: RecordChange) -> bool:
    return change.old is not None and change.old != change.new


def _made_now(finding: Finding) -> Iterator[RecordChange]:
    """A record of which only its owner can say what it becomes has to change, unless another change stands there."""
    proposed = any(change.new is not None and not change.later for change in finding.records)
    return (change for change in finding.records if not change.later and (change.new is not None or not proposed))


def named(change: RecordChange) -> Mapping[str, Fact]:
    """What the headings of a change show."""
    return {"name": printable(change.name)} | ({} if is_file(change) else {"type": change.type})


def asked_of(change: RecordChange, report: Report | None, lang: Lang) -> str:
    """Who has to make the change, where that is not the owner of the domain, and what a CNAME has to do with it; else
    empty.
    """
    return (" " if lang == "en" else "").join(_asked(change, report, lang))


def _asked(change: RecordChange, report: Report | None, lang: Lang) -> Iterator[str]:
    if change.alias:
        yield words.BEHIND_ALIAS.say(lang, {"alias": change.alias, "name": change.name})
    if change.alias_of:
        yield words.ALIAS_FIRST.say(lang, {"name": change.name, "target": change.alias_of})
    if report is None or change.new is None or change.new == change.old:
        return
    zone = operator_of(change, report)
    if zone is not None:
        yield (words.PUBLISHED_BY if change.old is None else words.CHANGED_BY).say(lang, {"zone": zone})


def in_a_zone_file(found: Iterable[Finding]) -> bool:
    """Whether the note on names, quotes and dots applies to what is shown of these findings."""
    return any(change.new and not is_file(change) for finding in found for change in finding.records)


def shown(change: RecordChange, lang: Lang, report: Report | None) -> Iterator[Part]:
    """The value as it is and as it has to be; `report`: of the domain, to tell its own zone from others'."""
    for lead, value in _values(change):
        if asked := asked_of(change, report, lang) if lead in _DOING or change.new is None else "":
            yield Paragraph(asked)
        yield Code(lead.say(lang, named(change)), value, is_file=is_file(change))


def _values(change: RecordChange) -> Iterator[tuple[Text, str]]:
    file, old, new = is_file(change), change.old, change.new
    if new == "":
        if old is not None:
            yield (words.FILE_DELETE if file else words.RECORD_DELETE), old
        return
    if old is not None and old == new:
        yield (words.FILE_KEEP if file else words.RECORD_KEEP), old
        return
    if old is not None:
        yield (words.FILE_NOW if file else words.RECORD_NOW), old
    if new is None:
        return
    if file:
        yield (words.FILE_ADD if old is None else words.FILE_NEW), new
    elif change.later:
        yield words.RECORD_LATER, new
    else:
        yield (words.RECORD_ADD if old is None else words.RECORD_NEW), new


_DOING = (
    words.RECORD_ADD,
    words.RECORD_NEW,
    words.RECORD_LATER,
    words.RECORD_DELETE,
    words.FILE_ADD,
    words.FILE_NEW,
    words.FILE_DELETE,
)
