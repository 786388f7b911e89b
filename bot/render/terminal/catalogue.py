"""The catalogue as text: a line for each rule, the table of the README, a page in Markdown for each rule."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.text import Text as Line

from bot.conversation import words as shared
from bot.conversation.references import labelled
from bot.render.terminal import words
from bot.render.terminal.marks import severity_style
from bot.render.terminal.questions import spans, topic_title
from bot.render.terminal.rule import facts_of, questions_of
from checks import CATALOGUE, Lang, Rule

_MARKED = re.compile(r"(<!-- rules:(en|ja) -->\n).*?(<!-- /rules -->)", re.DOTALL)


def rule_lines(lang: Lang) -> Iterator[Line]:
    """A rule a line, so that they can be searched: id, severity, tier, name and what it says."""
    names = max(len(rule.name) for rule in CATALOGUE.rules.values()) + 2
    severities = max(Line(text.say(lang)).cell_len for text in shared.SEVERITY.values()) + 2
    tiers = max(Line(text.say(lang)).cell_len for text in words.TIER_SHORT.values()) + 2
    for rule in CATALOGUE.rules.values():
        line = Line().append(f"{rule.id:10}", style="cyan")
        for text, style, width in (
            (shared.SEVERITY[rule.severity].say(lang), severity_style(rule.severity), severities),
            (words.TIER_SHORT[rule.tier].say(lang), "", tiers),
            (rule.name, "bold", names),
        ):
            line.append(text, style=style).append(" " * (width - Line(text).cell_len))
        yield line.append_text(spans(rule.texts.title.say(lang, facts_of(rule))))


def rule_table(lang: Lang) -> str:
    """All rules in the order of the catalogue, in Markdown."""
    head = (words.RULE, words.SAYS, words.SEVERITY, words.LOWERS)
    lines = [_row(*(text.say(lang) for text in head)), _row(*["---"] * len(head))]
    for rule in CATALOGUE.rules.values():
        title = rule.texts.title.say(lang, dict.fromkeys(rule.facts, "…"))
        said = f"`{rule.id}`", _escaped(title), shared.SEVERITY[rule.severity].say(lang)
        lines.append(_row(*said, words.TIER_SHORT[rule.tier].say(lang)))
    return "\n".join(lines)


def with_table(text: str) -> str:
    """A document with the table between its marks, in the language that they name. Raises ValueError without them."""
    replaced, n = _MARKED.subn(lambda m: f"{m[1]}\n{rule_table('ja' if m[2] == 'ja' else 'en')}\n\n{m[3]}", text)
    if not n:
        raise ValueError("there are no <!-- rules:en --> (or ja) and <!-- /rules --> to put the table between")
    return replaced


def page_name(rule: Rule | None, lang: Lang) -> str:
    """The file of a rule's page; None: of the index."""
    return ("README" if rule is None else rule.id) + (".ja.md" if lang == "ja" else ".md")


def index_page(lang: Lang) -> str:
    lines = [f"# {words.ALL_RULES.say(lang)}"]
    by_topic: dict[str, list[Rule]] = {}
    for rule in CATALOGUE.rules.values():
        by_topic.setdefault(questions_of(rule)[0].topic, []).append(rule)
    for topic, rules in by_topic.items():
        lines += ["", f"## {topic_title(topic, lang)}", ""]
        for rule in rules:
            title = _escaped(rule.texts.title.say(lang, facts_of(rule)))
            lines.append(f"- [{rule.id}]({page_name(rule, lang)}) {title}")
    return "\n".join(lines) + "\n"


def rule_page(rule: Rule, lang: Lang) -> str:
    """One page: what the rule says, why, what to do, samples, sources."""
    return "\n".join(_page(rule, lang)) + "\n"


def _page(rule: Rule, lang: Lang) -> Iterator[str]:
    comma = "、" if lang == "ja" else ", "
    severities = [(rule.severity, rule.tier), *rule.alternatives]
    either = comma.join(
        f"{shared.SEVERITY[severity].say(lang)} ({words.TIER_SHORT[tier].say(lang)})" for severity, tier in severities
    )
    asked = questions_of(rule)
    sources = dict.fromkeys((words.FROM_MAIL if check.of_mail else words.FROM_DNS).say(lang) for check in asked)
    yield f"# {rule.id} {rule.name}"
    yield ""
    yield _row(f"{words.SEVERITY.say(lang)} ({words.LOWERS.say(lang)})", _escaped(either))
    yield _row("---", "---")
    yield _row(words.QUESTION.say(lang), _escaped(comma.join(check.title.say(lang) for check in asked)))
    yield _row(words.FROM.say(lang), comma.join(sources))
    yield _row(words.SINCE.say(lang), rule.since)
    yield from _texts(rule, None, lang)
    yield from ("", f"## {words.BAD.say(lang)}", "", *_code(rule.sample.bad))
    yield from ("", f"## {words.GOOD.say(lang)}", "", *_code(rule.sample.good))
    if rule.variants:
        yield from ("", f"## {words.WORDING.say(lang)}")
    for variant in rule.variants:
        yield from _texts(rule, variant, lang)
    yield from ("", f"## {words.REFERENCES.say(lang)}", "")
    for label, url in labelled(rule.references, lang):
        yield f"- [{label}]({url})"


def _texts(rule: Rule, variant: str | None, lang: Lang) -> Iterator[str]:
    """The title, and why and how below headings; of another wording only what it says otherwise."""
    facts = facts_of(rule)
    texts = rule.texts if variant is None else rule.variants[variant]
    yield from ("", f"**{_escaped(texts.title.say(lang, facts))}**")
    for heading, text, usual in (
        (words.WHY_LONG, texts.why, rule.texts.why),
        (words.FIX_LONG, texts.fix, rule.texts.fix),
    ):
        if variant is None:
            yield from ("", f"## {heading.say(lang)}", "", _escaped(text.say(lang, facts)))
        elif text != usual:
            yield from ("", f"{heading.say(lang)}: {_escaped(text.say(lang, facts))}")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> Iterator[str]:
    """Indented, so that no fence in it can end it."""
    for line in text.splitlines() or [""]:
        yield f"    {line}"


def _escaped(text: str) -> str:
    """Outside of code nothing is markup; inside, only what would end a cell of a table is escaped."""
    parts = text.split("`")
    for at, part in enumerate(parts):
        parts[at] = part.replace("|", "\\|") if at % 2 else re.sub(r"([\\*_|<>\[\]#])", r"\\\1", part)
    return "`".join(parts)
