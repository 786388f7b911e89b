"""The reply with the sender guidelines: Google's list, requirement by requirement."""

from collections import Counter

from bot.conversation import words
from bot.conversation.content import Content, Heading, Note, Paragraph, Part, Table
from bot.conversation.phrases import status_text
from bot.conversation.unanswered import not_looked_up
from checks import GOOGLE, Lang, Report, Status

ROWS = 12


def guidelines(report: Report, lang: Lang, *, waiting: bool = False) -> Content:
    """From DNS alone, or from DNS and the deciding mail: whatever `report` holds.

    `waiting`: a mail is there of which nobody has said whose it is.
    """
    statuses = {each.id: each for each in report.profiles.get("google", ())}
    asked = [(requirement, statuses[requirement.id]) for requirement in GOOGLE if requirement.id in statuses]
    heading = words.GUIDELINES.say(lang)
    counted = Counter(status.status for _, status in asked)
    if not (counted[Status.MET] or counted[Status.NOT_MET]) and not_looked_up(report):
        said = words.GUIDELINES_OPEN.say(lang, {"n": len(asked)})
        return Content(lang, heading, (Heading(heading), Paragraph(said)))
    rows = [
        (
            requirement.title.say(lang),
            words.APPLIES_TO[requirement.applies].say(lang),
            status_text(status, lang, waiting=waiting),
        )
        for requirement, status in asked
    ]
    parts: list[Part] = [
        Heading(heading),
        Paragraph(_counts(counted, lang)),
        Note(words.GUIDELINES_WHO.say(lang)),
    ]
    # A table longer than a phone shows goes on as lines above it.
    parts += [Paragraph(f"{title} ({applies}): {state}") for title, applies, state in rows[ROWS:]]
    if rows:
        header = words.REQUIREMENT.say(lang), words.APPLIES.say(lang), words.STATE.say(lang)
        failing = tuple(at for at, (_, status) in enumerate(asked) if status.status is Status.NOT_MET)
        parts.append(Table(header, tuple(rows[:ROWS]), failing))
    return Content(lang, heading, tuple(parts))


def _counts(counted: Counter[Status], lang: Lang) -> str:
    """Every row is counted once, so that the numbers add up to the list."""
    open_ = counted[Status.NOT_KNOWN] + counted[Status.NOT_TESTABLE] + counted[Status.NOT_MEASURABLE]
    numbers: dict[str, str | int] = {"met": counted[Status.MET], "not_met": counted[Status.NOT_MET], "open": open_}
    if outside := counted[Status.NOT_APPLICABLE]:
        return words.GUIDELINES_SOME.say(lang, numbers | {"not_applicable": outside})
    return words.GUIDELINES_MET.say(lang, numbers)
