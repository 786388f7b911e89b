"""Answers to one person, explanations, the greeting and the home tab."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.conversation import talk_words as words
from bot.conversation.bounds import cut
from bot.conversation.commands import MOST_DOMAINS, Unknown
from bot.conversation.content import Content, Heading, Link, Paragraph, Part
from bot.conversation.findings import explanation
from bot.conversation.phrases import around, listed
from bot.conversation.state import Conversation, Reports
from checks import CATALOGUE, BadDomain, Lang, Rule, Text

WORD = 80


def said(lang: Lang, text: Text, **facts: str | int) -> Content:
    """One sentence, or several lines, as an answer."""
    line = text.say(lang, facts)
    return Content(lang, line.split("\n")[0], (Paragraph(line),))


def help_text(lang: Lang) -> Content:
    return said(lang, words.HELP, most=MOST_DOMAINS)


def unknown(command: Unknown, prefix: str, lang: Lang) -> Content:
    """`prefix`: how a command begins, "/mailcheck" or "@mailcheck"."""
    word = cut(command.word, WORD)
    if command.closest is None:
        return said(lang, words.UNKNOWN, word=word)
    return said(lang, words.DID_YOU_MEAN, word=word, command=f"{prefix} {cut(command.closest, WORD)}")


def bad_domains(refused: Iterable[BadDomain], lang: Lang) -> Content:
    lines = [each.say(lang) for each in refused]
    return Content(lang, lines[0], tuple(Paragraph(line) for line in lines[:MOST_DOMAINS]))


def already_running(domain: str, link: str | None, lang: Lang) -> Content:
    line = words.ALREADY_RUNNING.say(lang, {"domain": domain})
    parts: list[Part] = [Paragraph(line)]
    if link is not None:
        parts.append(Link("", words.ALREADY_RUNNING_LINK.say(lang), link))
    return Content(lang, line, tuple(parts))


def not_posted(error: str, lang: Lang) -> Content:
    """Slack refused the root message."""
    match error:
        case "not_in_channel" | "channel_not_found":
            return said(lang, words.NOT_IN_CHANNEL)
        case "is_archived":
            return said(lang, words.ARCHIVED)
        case _:
            return said(lang, words.NOT_POSTED, error=cut(error, WORD))


def explained(what: str, state: Conversation, reports: Reports) -> Content:
    """A topic, or a rule by its id, with the facts of this thread if it was found here; see `unexplained`."""
    lang = state.lang
    if what in words.TOPICS:
        return said(lang, words.TOPICS[what])
    for report in reversed([reports[each] for each in _in_order(state) if each in reports]):
        if found := next((f for f in report.findings if f.rule.id == what), None):
            return explanation(found, lang, report)
    return _in_general(CATALOGUE.rules[what], lang)


def unexplained(what: str, lang: Lang) -> Content | None:
    """The answer to whoever asked for something that is neither a topic nor the id of a rule; None if it is one."""
    topics = listed(lang, (f"`{topic}`" for topic in words.TOPICS))
    if what in words.TOPICS or what in CATALOGUE.rules:
        return None
    if not what:
        return _one(lang, around(words.EXPLAIN_WHAT, lang, topics=topics))
    named = words.NO_SUCH_RULE.say(lang, {"rule": cut(what, WORD), "topics": "{topics}"})
    return _one(lang, named.replace("{topics}", topics))


def _one(lang: Lang, line: str) -> Content:
    return Content(lang, line, (Paragraph(line),))


def _in_order(state: Conversation) -> list[str]:
    ids = [row.report for row in state.rows] + [mail.report for mail in state.mails]
    return [each for each in ids if each is not None]


def _in_general(rule: Rule, lang: Lang) -> Content:
    facts = dict.fromkeys(rule.facts, "…")
    note = words.NOT_FOUND_HERE.say(lang)
    said_lines = [text.say(lang, facts) for text in (rule.texts.title, rule.texts.why, rule.texts.fix)]
    return Content(lang, note, (Paragraph(note), *(Paragraph(line) for line in said_lines)))


@dataclass(frozen=True, slots=True)
class HomeCheck:
    domain: str
    verdict: str


@dataclass(frozen=True, slots=True)
class HomeAddress:
    address: str
    domain: str
    until: str
    mails: int
    most: int


def home(lang: Lang, checks: Iterable[HomeCheck], addresses: Iterable[HomeAddress]) -> Content:
    """The home tab of one person."""
    done = [words.HOME_CHECK.say(lang, {"domain": each.domain, "verdict": each.verdict}) for each in checks]
    open_ = [
        words.HOME_ADDRESS.say(
            lang,
            {
                "address": each.address,
                "domain": each.domain,
                "until": each.until,
                "mails": each.mails,
                "most": each.most,
            },
        )
        for each in addresses
    ]
    title = words.HOME.say(lang)
    parts = (
        Heading(title),
        Paragraph(words.HELP.say(lang, {"most": MOST_DOMAINS})),
        Heading(words.HOME_CHECKS.say(lang)),
        Paragraph("\n".join(done) or words.HOME_NO_CHECKS.say(lang)),
        Heading(words.HOME_ADDRESSES.say(lang)),
        Paragraph("\n".join(open_) or words.HOME_NO_ADDRESSES.say(lang)),
    )
    return Content(lang, title, parts)
