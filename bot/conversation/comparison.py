"""The reply that compares the mails of a thread stream by stream, and says what differs."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from bot.conversation import mail_words
from bot.conversation import stream_words as words
from bot.conversation.bounds import HEADING, cut
from bot.conversation.content import Content, Heading, Note, Paragraph, Part, Table
from bot.conversation.phrases import around, listed, mail_findings
from bot.conversation.standing import by_stream, dmarc_result, waits
from bot.conversation.state import Conversation, MailSeen, Reports, report_of
from bot.conversation.stream import client_shown, return_path_domain
from bot.conversation.unanswered import not_looked_up
from checks import Finding, Lang, MailFacts, Report, Severity, Text, printable, registrable

ROWS = 12
RULES = 3
NAME = 36
"""Characters of a name in the table; of a long one its end, which says whose it is."""
FAILURES = 3
CLIENTS = 4

_State: TypeAlias = Literal["fail", "none", "unknown", "pass"]
_Given: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Row:
    """One stream. `newest`: its newest mail, `facts` of it. `named`: what sentences call it, as markup."""

    newest: Report
    facts: MailFacts
    count: int
    is_waiting: bool
    changed: bool
    named: str

    @property
    def given(self) -> _Given:
        return self.newest.authentication or {}

    @property
    def spf(self) -> _Given:
        return self.given.get("spf") or {}

    @property
    def signatures(self) -> list[_Given]:
        return sorted(self.given.get("dkim") or [], key=_worth)

    @property
    def state(self) -> _State:
        match dmarc_result(self.newest):
            case "fail" | "permerror":
                return "fail"
            case "pass":
                return "pass"
            case "none":
                return "none"
            case _:
                return "unknown"

    @property
    def to_mend(self) -> tuple[Finding, ...]:
        return tuple(f for f in mail_findings(self.newest) if f.severity is not Severity.NOTICE)


def is_due(state: Conversation, reports: Reports) -> bool:
    """Mail of two streams arrived."""
    return len(by_stream(state, reports)) > 1


def comparison(state: Conversation, reports: Reports) -> Content:
    """A table with a row for each stream, worst first, below what differs. Nothing of it identifies a person."""
    lang = state.lang
    rows = sorted(_rows(state, reports), key=_badness)
    domain = {"domain": state.row.shown}
    heading = words.STREAMS.say(lang, domain)
    if not rows:
        said = words.NONE_LEFT.say(lang, domain)
        return Content(lang, said, (Heading(cut(heading, HEADING)), Paragraph(said)))
    failing = sum(row.state == "fail" for row in rows)
    summary = words.SUMMARY.say(lang, domain | {"n": len(rows), "failing": failing})
    parts: list[Part] = [Heading(cut(heading, HEADING)), Paragraph("\n".join(_differences(rows, lang)))]
    parts += [Note(each) for each in _small_print(state, rows, lang)]
    header = words.CLIENT.say(lang), words.IDENTIFIERS.say(lang), words.TO_DO.say(lang)
    strong = tuple(at for at, row in enumerate(rows[:ROWS]) if row.state == "fail")
    return Content(lang, summary, (*parts, Table(header, tuple(_cells(row, lang) for row in rows[:ROWS]), strong)))


def _rows(state: Conversation, reports: Reports) -> Iterator[_Row]:
    """In the order in which the streams were first seen."""
    lang, streams = state.lang, by_stream(state, reports)
    newest = [(mails, report_of(reports, mails[-1].report or "")) for mails in streams.values()]
    named = Counter(client_shown(report.mail)[0] for _, report in newest if report.mail is not None)
    for mails, report in newest:
        if (facts := report.mail) is not None:
            apart = named[client_shown(facts)[0]] > 1
            waiting = waits(mails[-1], state, reports)
            yield _Row(report, facts, len(mails), waiting, _changed(mails, reports), _named(facts, lang, apart=apart))


def _changed(mails: Iterable[MailSeen], reports: Reports) -> bool:
    return len({dmarc_result(report_of(reports, seen.report)) for seen in mails if seen.report is not None}) > 1


def _named(facts: MailFacts, lang: Lang, *, apart: bool) -> str:
    """`apart`: others that are shown came through the same client."""
    name, is_name = client_shown(facts)
    if apart:
        path = _short(return_path_domain(facts))
        return words.NAMED_APART.say(lang, {"name": _short(name), "domain": path})
    return words.NAMED.say(lang, {"name": _short(name)}) if is_name else name


def _badness(row: _Row) -> tuple[int, int]:
    """By what has to be mended, then by DMARC; what could not be told comes before what is in order."""
    worst = row.to_mend[0].severity.rank if row.to_mend else Severity.NOTICE.rank
    order: tuple[_State, ...] = ("fail", "unknown", "none", "pass")
    return worst, order.index(row.state)


# The table --------------------------------------------------------------------------------------------------------


def _cells(row: _Row, lang: Lang) -> tuple[str, str, str]:
    name, _ = client_shown(row.facts)
    client = _short(name)
    if row.facts.client_ip and row.facts.client_ip != name:
        client = words.THROUGH.say(lang, {"client": client, "ip": row.facts.client_ip})
    if row.count > 1:
        client = words.SEVERAL.say(lang, {"client": client, "n": row.count})
    return client, " · ".join(_identifiers(row, lang)), _to_do(row, lang)


def _identifiers(row: _Row, lang: Lang) -> Iterator[str]:
    """From, Return-Path and d= with what DMARC, SPF and DKIM say of each."""
    dmarc = words.NO_RECORD.say(lang) if row.state == "none" else _result(dmarc_result(row.newest), lang)
    yield words.BY_FROM.say(lang, {"domain": _short(row.facts.from_domain or ""), "result": dmarc})
    path = _short(return_path_domain(row.facts) or str(row.spf.get("domain") or "?"))
    yield words.BY_RETURN_PATH.say(lang, {"domain": path, "result": _with_alignment(row.spf, lang)})
    if not row.signatures:
        yield words.UNSIGNED.say(lang)
        return
    best, n = row.signatures[0], len(row.signatures)
    said = {"domain": _short(str(best.get("domain") or "?")), "result": _with_alignment(best, lang)}
    if n == 1:
        yield words.BY_SIGNATURE.say(lang, said)
    else:
        yield words.BY_SIGNATURES.say(lang, {**said, "n": n})


def _result(word: str | None, lang: Lang) -> str:
    if word is None or word == "temperror" or word not in mail_words.RESULTS:
        return words.NOT_TOLD.say(lang)
    return mail_words.RESULTS[word].say(lang)


def _with_alignment(given: _Given, lang: Lang) -> str:
    """What does not pass has no alignment to speak of."""
    result = _result(given.get("result"), lang)
    if given.get("result") != "pass":
        return result
    match given.get("aligned"):
        case True:
            said = words.ALIGNED
        case False:
            said = words.NOT_ALIGNED
        case _:
            said = words.ALIGNMENT_UNKNOWN
    return said.say(lang, {"result": result})


def _worth(signature: _Given) -> int:
    """For the order of signatures: the one that does most for DMARC first."""
    if signature.get("result") != "pass":
        return 3 if _is_open(signature.get("result")) else 4
    return {True: 0, None: 1}.get(signature.get("aligned"), 2)


def _is_open(result: str | None) -> bool:
    return result in (None, "temperror")


def _to_do(row: _Row, lang: Lang) -> str:
    rules = list(dict.fromkeys(f.rule.id for f in row.to_mend))
    if not rules:
        is_open = row.state == "unknown" or not_looked_up(row.newest, of_mail=True)
        return (words.DO_NOT_TOLD if is_open else words.FINE).say(lang)
    shown = listed(lang, rules[:RULES] + (["…"] if len(rules) > RULES else []))
    return words.IF_YOURS.say(lang, {"rules": shown}) if row.is_waiting else shown


def _short(name: str) -> str:
    shown = printable(name)
    return shown if len(shown) <= NAME else "…" + shown[1 - NAME :]


# What differs -----------------------------------------------------------------------------------------------------


def _differences(rows: list[_Row], lang: Lang) -> Iterator[str]:
    of = {state: [row for row in rows if row.state == state] for state in ("fail", "pass", "unknown", "none")}
    for row in of["fail"][:FAILURES]:
        yield around(words.FAILS, lang, client=row.named, why=_why(row, lang))
    yield from _about(words.MORE_FAIL, of["fail"][FAILURES:], lang)
    if len(of["pass"]) == len(rows):
        yield words.ALL_PASS.say(lang)
    elif of["fail"] and of["pass"] and len(of["fail"]) + len(of["pass"]) == len(rows):
        yield (words.THE_OTHER_PASSES if len(of["pass"]) == 1 else words.THE_OTHERS_PASS).say(lang)
    else:
        yield from _about(words.PASSES, of["pass"], lang)
    yield from _about(words.COULD_NOT_TELL, of["unknown"], lang)
    yield from _about(words.WITHOUT_RECORD, of["none"], lang)
    yield from _about(words.BY_SPF_ALONE, [row for row in of["pass"] if _ways(row) == (True, False)], lang)
    yield from _about(words.BY_DKIM_ALONE, [row for row in of["pass"] if _ways(row) == (False, True)], lang)


def _about(text: Text, rows: list[_Row], lang: Lang) -> Iterator[str]:
    if rows:
        named = [row.named for row in rows[:CLIENTS]] + (["…"] if len(rows) > CLIENTS else [])
        yield around(text, lang, clients=listed(lang, named))


def _ways(row: _Row) -> tuple[bool | None, bool | None]:
    """Whether SPF, and whether DKIM, passes for the author's domain; None: could not be told."""
    told = [_counts(row.spf), *(_counts(each) for each in row.signatures)]
    return told[0], (True if True in told[1:] else None if None in told[1:] else False)


def _counts(given: _Given) -> bool | None:
    if given.get("aligned") is False or not (_is_open(given.get("result")) or given["result"] == "pass"):
        return False
    return None if _is_open(given.get("result")) or given.get("aligned") is None else True


def _why(row: _Row, lang: Lang) -> str:
    """Why DMARC fails: what SPF and the best signature speak of, or that they do not pass."""
    author = row.facts.from_domain or "?"
    best = row.signatures[0] if row.signatures else None
    path = return_path_domain(row.facts) or str(row.spf.get("domain") or "?")
    signer = str(best.get("domain") or "?") if best is not None else ""
    if row.spf.get("result") == "pass" == (best or {}).get("result"):
        # Of one that is not the author's either: under strict alignment both may be of the author's organization.
        other = registrable(path) or path
        if other == (registrable(signer) or signer) and other != (registrable(author) or author):
            return words.BECAUSE_BOTH.say(lang, {"other": _short(other), "domain": _short(author)})
    spf = _because(row.spf.get("result"), words.SPF_OF_OTHER, words.SPF_DOES_NOT_PASS, words.SPF_NOT_TOLD)
    if best is None:
        dkim = words.DKIM_MISSING
    else:
        dkim = _because(best.get("result"), words.DKIM_OF_OTHER, words.DKIM_DOES_NOT_PASS, words.DKIM_NOT_TOLD)
    said = (_with_names(spf, path, author, lang), _with_names(dkim, signer, author, lang))
    return around(words.BECAUSE_OF_TWO, lang, spf=said[0], dkim=said[1])


def _because(result: str | None, unaligned: Text, fails: Text, unknown: Text) -> Text:
    if _is_open(result):
        return unknown
    return unaligned if result == "pass" else fails


def _with_names(text: Text, other: str, author: str, lang: Lang) -> str:
    names = {"other": _short(other), "domain": _short(author)}
    return text.say(lang, {name: names[name] for name in text.fields()})


# Small print ------------------------------------------------------------------------------------------------------


def _small_print(state: Conversation, rows: list[_Row], lang: Lang) -> Iterator[str]:
    yield from _about(words.NEWEST, [row for row in rows if row.changed], lang)
    if len(rows) > ROWS:
        yield words.NOT_SHOWN.say(lang, {"n": len(rows) - ROWS})
    if others := len(state.mails) - sum(row.count for row in rows):
        yield words.NOT_COMPARED.say(lang, {"n": others})
