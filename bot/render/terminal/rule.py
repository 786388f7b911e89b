"""One rule of the catalogue, explained without a domain: the facts appear as <names>."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text as Line

from bot.conversation import words as shared
from bot.conversation.references import labelled
from bot.render.terminal import words
from bot.render.terminal.findings import Part
from bot.render.terminal.marks import severity_sign, severity_style
from bot.render.terminal.questions import spans
from bot.render.terminal.wrapping import Hanging, Unbroken
from checks import CATALOGUE, Check, Lang, Rule

_INDENT = 2


def print_rule(console: Console, rule: Rule, lang: Lang) -> None:
    for part in _parts(console, rule, lang):
        if isinstance(part, Unbroken):
            console.print(part.line, soft_wrap=True, highlight=False)
        else:
            console.print(part, highlight=False)


def questions_of(rule: Rule) -> tuple[Check, ...]:
    """The checks that may answer with it."""
    return tuple(check for check in CATALOGUE.checks if rule in check.rules)


def facts_of(rule: Rule) -> dict[str, str]:
    """What stands in the texts for the facts, where there is no domain to tell them."""
    return {name: f"<{name}>" for name in rule.facts}


def tier_text(rule: Rule, lang: Lang) -> str:
    return words.TIER[rule.tier].say(lang)


def _parts(console: Console, rule: Rule, lang: Lang) -> Iterator[Part]:
    facts = facts_of(rule)
    head = Line().append(shared.SEVERITY[rule.severity].say(lang), style=severity_style(rule.severity))
    head.append(f" {rule.id}", style="cyan").append(f"  {rule.name}", style="bold")
    yield Hanging(severity_sign(rule.severity, console), head)
    asked = "、".join if lang == "ja" else ", ".join
    titles = asked(check.title.say(lang) for check in questions_of(rule))
    yield Hanging(Line(), Line(f"{titles} · {tier_text(rule, lang)}", style="dim"), indent=_INDENT, column=0)
    yield Line()
    yield Hanging(Line(), spans(rule.texts.title.say(lang, facts), "bold"), indent=_INDENT, column=0)
    yield Line()
    column = max(Line(label.say(lang)).cell_len for label in (words.WHY, words.FIX, words.BAD, words.GOOD)) + 2
    for label, text in ((words.WHY, rule.texts.why), (words.FIX, rule.texts.fix)):
        lead = Line(label.say(lang), style="bold dim")
        yield Hanging(lead, spans(text.say(lang, facts)), indent=_INDENT, column=column)
    yield Line()
    for label, sample, style in ((words.BAD, rule.sample.bad, "red"), (words.GOOD, rule.sample.good, "green")):
        lead = Line(label.say(lang), style="bold dim")
        line = Line(" " * _INDENT).append_text(lead).append(" " * (column - lead.cell_len))
        yield Unbroken(line.append(sample, style=style))
    yield Line()
    for label_, url in labelled(rule.references, lang):
        yield Unbroken(Line(" " * _INDENT).append(f"{label_}  ", style="dim").append(url, style="dim underline"))
