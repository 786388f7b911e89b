"""The reply with the sender guidelines: Google's list, requirement by requirement."""

from bot.conversation import words
from bot.conversation.content import Content, Heading, Note, Paragraph, Part, Table
from bot.conversation.phrases import status_text
from checks import GOOGLE, Lang, Report, Status

ROWS = 12


def guidelines(report: Report, lang: Lang) -> Content:
    """From DNS alone, or from DNS and the deciding mail: whatever `report` holds."""
    statuses = {each.id: each for each in report.profiles.get("google", ())}
    rows = [
        (requirement.title.say(lang), words.APPLIES_TO[requirement.applies].say(lang), status_text(status, lang))
        for requirement in GOOGLE
        if (status := statuses.get(requirement.id)) is not None
    ]
    met = sum(each.status is Status.MET for each in statuses.values())
    not_met = sum(each.status is Status.NOT_MET for each in statuses.values())
    open_ = sum(each.status in (Status.NOT_KNOWN, Status.NOT_TESTABLE) for each in statuses.values())
    heading = words.GUIDELINES.say(lang)
    parts: list[Part] = [
        Heading(heading),
        Paragraph(words.GUIDELINES_MET.say(lang, {"met": met, "not_met": not_met, "open": open_})),
        Note(words.GUIDELINES_WHO.say(lang)),
    ]
    # A table longer than a phone shows goes on as lines above it.
    parts += [Paragraph(f"{title} ({applies}): {state}") for title, applies, state in rows[ROWS:]]
    if rows:
        header = words.REQUIREMENT.say(lang), words.APPLIES.say(lang), words.STATE.say(lang)
        parts.append(Table(header, tuple(rows[:ROWS])))
    return Content(lang, heading, tuple(parts))
