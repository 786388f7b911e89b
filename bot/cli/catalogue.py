"""`mailcheck rules` and `mailcheck explain`: what the catalogue says, without any domain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.shared import json_option, lang_option, refuse

if TYPE_CHECKING:
    from checks import Lang, Rule


@click.command()
@json_option
@click.option("--markdown", is_flag=True, help="Print the table of the README.")
@click.option(
    "--write",
    "files",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Put the table into FILE between <!-- rules:en --> (or ja) and <!-- /rules -->; may be given again.",
)
@lang_option
def rules(as_json: bool, markdown: bool, files: Sequence[Path], lang: Lang) -> None:
    """List every rule: id, severity, verdict tier, name and what it says."""
    from bot.render.terminal.catalogue import rule_lines, rule_table, with_table
    from checks import CATALOGUE

    if files:
        for file in files:
            try:
                file.write_text(with_table(file.read_text("utf-8")), "utf-8")
            except (OSError, ValueError) as error:
                refuse(f"{file}: {error}")
    elif as_json:
        click.echo(json.dumps([_plain(r, lang) for r in CATALOGUE.rules.values()], ensure_ascii=False, indent=2))
    elif markdown:
        click.echo(rule_table(lang))
    else:
        from rich.console import Console

        console = Console()
        for line in rule_lines(lang):
            console.print(line, soft_wrap=True, highlight=False)


@click.command()
@click.argument("rule_id", metavar="ID", default="all")
@click.option("--markdown", is_flag=True, help="Print a page in Markdown; without ID, or for all, every page.")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIRECTORY",
    help="Write the pages into files there, one for each rule, and an index.",
)
@lang_option
@click.pass_context
def explain(context: click.Context, rule_id: str, markdown: bool, into: Path | None, lang: Lang) -> None:
    """Explain one rule: what it finds, why it matters, how to fix it, with a bad and a good sample."""
    from bot.render.terminal.catalogue import index_page, page_name, rule_page
    from checks import CATALOGUE

    if rule_id.lower() == "all":
        chosen: list[Rule] = list(CATALOGUE.rules.values())
    else:
        chosen = [_found(rule_id, lang)]
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
        for rule in chosen:
            (into / page_name(rule, lang)).write_text(rule_page(rule, lang), "utf-8")
        if len(chosen) > 1:
            (into / page_name(None, lang)).write_text(index_page(lang), "utf-8")
    elif markdown:
        click.echo("\n".join(rule_page(rule, lang) for rule in chosen), nl=False)
    elif len(chosen) > 1:
        raise click.UsageError("Give the ID of a rule; `mailcheck rules` lists them.", context)
    else:
        from rich.console import Console

        from bot.render.terminal.rule import print_rule

        print_rule(Console(), chosen[0], lang)


def _found(rule_id: str, lang: Lang) -> Rule:
    """By id or by name."""
    from checks import CATALOGUE

    for rule in CATALOGUE.rules.values():
        if rule_id.upper() == rule.id or rule_id.lower() == rule.name:
            return rule
    import difflib

    near = difflib.get_close_matches(rule_id.upper(), CATALOGUE.rules, 1)
    if lang == "ja":
        hint = f"{near[0]} ではありませんか。" if near else "`mailcheck rules` で一覧を表示できます。"
        said = f"{rule_id} というルールはありません。{hint}"
    else:
        hint = f"Did you mean {near[0]}?" if near else "`mailcheck rules` lists them."
        said = f"There is no rule {rule_id}. {hint}"
    return refuse(said)


def _plain(rule: Rule, lang: Lang) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "severity": rule.severity.value,
        "tier": rule.tier.value,
        "since": rule.since,
        "title": getattr(rule.texts.title, lang),
        "why": getattr(rule.texts.why, lang),
        "fix": getattr(rule.texts.fix, lang),
        "facts": list(rule.facts),
        "sample": {"bad": rule.sample.bad, "good": rule.sample.good},
        "references": list(rule.references),
    }
