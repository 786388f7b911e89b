"""What others demand of senders: Google's list as a reply in the thread, the other lists for whoever opens them."""

from collections.abc import Iterable, Iterator

from bot.conversation import words
from bot.conversation.content import (
    Action,
    Button,
    Content,
    Heading,
    Line,
    Note,
    Paragraph,
    Part,
    References,
    Table,
)
from bot.conversation.phrases import listed, requirement_text
from bot.conversation.references import labelled
from bot.conversation.requirement_counts import is_asked, requirement_counts
from bot.conversation.talk import said
from bot.conversation.unanswered import not_looked_up
from checks import PROFILES, Lang, Report, Requirement, RequirementStatus, Status

ROWS = 12
SHOWN_IN_THREAD = "google"
"""The list whose first rows stand in the thread as a table; a button opens its others."""

Row = tuple[Requirement, RequirementStatus]


def guidelines(report: Report, lang: Lang, *, waiting: bool = False) -> Content:
    """From DNS alone, or from DNS and the deciding mail: whatever `report` holds.

    `waiting`: a mail is there of which nobody has said whose it is.
    """
    heading = words.GUIDELINES.say(lang)
    rows = _rows(report, SHOWN_IN_THREAD)
    if not rows:
        return Content(lang, heading, (Heading(heading), Paragraph(words.GUIDELINES_OLD.say(lang))))
    shown, further = rows[:ROWS], rows[ROWS:]
    lead = PROFILES[SHOWN_IN_THREAD].name.say(lang)
    asked = requirement_counts((status for _, status in rows), lang)
    if not any(status.status in (Status.MET, Status.NOT_MET) for _, status in shown) and not_looked_up(report):
        untested = [row for row in rows if is_asked(row[1]) and row[1].status is Status.NOT_TESTABLE]
        note = words.GUIDELINES_UNTESTED.say(lang, {"requirements": _titles(untested, lang)})
        said_so = Paragraph(asked, lead=lead), Paragraph(words.GUIDELINES_OPEN.say(lang))
        return Content(lang, heading, (Heading(heading), *said_so, *([Note(note)] if untested else [])))
    parts: list[Part] = [Heading(heading), Paragraph(asked, lead=lead)]
    # What is wrong is said in the thread, whether or not it has a row in the table.
    parts += [_line(report, row, lang, waiting=waiting) for row in further if _fails(row) and is_asked(row[1])]
    parts.append(Note(words.GUIDELINES_WHO.say(lang)))
    parts += _others(report, further, lang)
    parts.append(_table(report, shown, lang, waiting=waiting))
    return Content(lang, heading, tuple(parts))


def opened(report: Report, profile: str, lang: Lang, *, waiting: bool = False) -> Content:
    """One list in full, for whoever pressed its button; of Google's, what is not in the thread's table.

    Raises KeyError for a profile that does not exist.
    """
    its = PROFILES[profile]
    rows, name = _rows(report, profile), its.name.say(lang)
    if profile == SHOWN_IN_THREAD:
        rows, name = rows[ROWS:], words.GUIDELINES_FURTHER.say(lang, {"name": name})
    heading = words.GUIDELINES_OF.say(lang, {"name": name})
    if not rows:
        return said(lang, words.GUIDELINES_OLD)
    unmeasurable = [row for row in rows if row[1].status is Status.NOT_MEASURABLE] if len(rows) > ROWS else []
    measured = [row for row in rows if row not in unmeasurable]
    parts: list[Part] = [
        Heading(heading),
        Paragraph(requirement_counts((status for _, status in rows), lang, in_full=True)),
        Note(its.note.say(lang)),
        References(words.GUIDELINES_SOURCES.say(lang), labelled(its.references, lang)),
    ]
    # A table longer than a phone shows goes on as lines above it.
    parts += [_line(report, row, lang, waiting=waiting) for row in measured[ROWS:]]
    if unmeasurable:
        titles = _titles(unmeasurable, lang)
        parts.append(Note(words.GUIDELINES_UNMEASURABLE.say(lang, {"requirements": titles})))
    parts.append(_table(report, measured[:ROWS], lang, waiting=waiting))
    return Content(lang, heading, tuple(parts))


def _titles(rows: Iterable[Row], lang: Lang) -> str:
    return listed(lang, (f"“{r.title.say(lang)}”" if lang == "en" else f"「{r.title.say(lang)}」" for r, _ in rows))


def _rows(report: Report, profile: str) -> list[Row]:
    """The requirements that this version has and of which the report tells the status."""
    statuses = {each.id: each for each in report.profiles.get(profile, ())}
    return [(each, statuses[each.id]) for each in PROFILES[profile].requirements if each.id in statuses]


def _others(report: Report, further: list[Row], lang: Lang) -> Iterator[Line]:
    """One line for each list that a button opens."""
    if further:
        name = words.GUIDELINES_FURTHER.say(lang, {"name": PROFILES[SHOWN_IN_THREAD].name.say(lang)})
        name = words.GUIDELINES_INCLUDED.say(lang, {"name": name})
        yield _opener(SHOWN_IN_THREAD, name, further, lang)
    for name, profile in PROFILES.items():
        if name != SHOWN_IN_THREAD and (rows := _rows(report, name)):
            yield _opener(name, profile.name.say(lang), rows, lang)


def _opener(profile: str, name: str, rows: list[Row], lang: Lang) -> Line:
    counts = requirement_counts((status for _, status in rows), lang)
    text = words.GUIDELINES_LINE.say(lang, {"name": name, "counts": counts})
    return Line(text, Button(Action.GUIDELINES, words.BUTTON_SHOW.say(lang), profile))


def _table(report: Report, rows: list[Row], lang: Lang, *, waiting: bool) -> Table:
    header = words.REQUIREMENT.say(lang), words.APPLIES.say(lang), words.STATE.say(lang)
    failing = tuple(at for at, row in enumerate(rows) if _fails(row) and is_asked(row[1]))
    return Table(header, tuple(_cells(report, row, lang, waiting=waiting) for row in rows), failing)


def _line(report: Report, row: Row, lang: Lang, *, waiting: bool) -> Paragraph:
    requirement, applies, state = _cells(report, row, lang, waiting=waiting)
    return Paragraph(words.GUIDELINES_ROW.say(lang, {"requirement": requirement, "applies": applies, "state": state}))


def _cells(report: Report, row: Row, lang: Lang, *, waiting: bool) -> tuple[str, str, str]:
    requirement, status = row
    return (
        requirement.title.say(lang),
        words.APPLIES_TO[requirement.applies].say(lang),
        requirement_text(report, status, lang, waiting=waiting),
    )


def _fails(row: Row) -> bool:
    return row[1].status is Status.NOT_MET
