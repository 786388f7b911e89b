"""One rule of the catalogue, explained without a domain: the facts appear as <names>."""

from __future__ import annotations

from bot.conversation import words
from checks import Lang, Rule


def explain_rule(rule: Rule, lang: Lang) -> str:
    """Plain text; works in a pipe."""
    facts = {name: f"<{name}>" for name in rule.facts}
    texts = rule.texts
    lines = [
        f"{rule.id} {rule.name}  [{words.SEVERITY[rule.severity].say(lang)}]",
        "",
        texts.title.say(lang, facts),
        texts.why.say(lang, facts),
        f"{words.HOW.say(lang)}: {texts.fix.say(lang, facts)}",
        "",
        f"- {rule.sample.bad}",
        f"+ {rule.sample.good}",
        "",
        *rule.references,
    ]
    return "\n".join(lines).replace("`", "")
