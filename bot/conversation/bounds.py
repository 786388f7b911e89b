"""How much of a stranger's text a message shows. DNS records and headers may be as long as their owner likes."""

import dataclasses

from checks import Finding

FACT = 300
RECORD = 1_200
LIST = 8
_NAME = 260
HEADING = 150
LABEL = 75
"""Characters on a button."""


def cut(text: str, most: int = FACT) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def bounded(finding: Finding) -> Finding:
    """The finding with every fact and record cut to what a reader can use."""
    facts: dict[str, str | int | tuple[str, ...]] = {}
    for name, value in finding.facts.items():
        match value:
            case str():
                facts[name] = cut(value)
            case int():
                facts[name] = value
            case _:
                shown = tuple(cut(each, FACT // 3) for each in value[:LIST])
                facts[name] = shown if len(value) <= LIST else (*shown, "…")
    records = tuple(
        dataclasses.replace(
            each,
            name=cut(each.name, _NAME),
            old=_record(each.old),
            new=_record(each.new),
            alias=each.alias and cut(each.alias, _NAME),
            alias_of=each.alias_of and cut(each.alias_of, _NAME),
        )
        for each in finding.records[:LIST]
    )
    return dataclasses.replace(finding, facts=facts, records=records)


def _record(text: str | None) -> str | None:
    return None if text is None else cut(text, RECORD)
