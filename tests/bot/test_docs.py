"""What the README says of the rules and the commands is what the program says."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from bot.cli import main
from bot.render.terminal.catalogue import index_page, page_name, rule_page, rule_table, with_table
from checks import CATALOGUE, Lang

ROOT = Path(__file__).parents[2]
REGENERATE = ".venv/bin/mailcheck rules --write README.md --write README.ja.md"
LANGS: tuple[Lang, ...] = ("en", "ja")
READMES = {"en": ROOT / "README.md", "ja": ROOT / "README.ja.md"}


@pytest.mark.parametrize("lang", LANGS)
def test_the_rules_of_the_readme_are_those_of_the_catalogue(lang):
    text = READMES[lang].read_text("utf-8")
    assert f"<!-- rules:{lang} -->" in text
    if with_table(text) != text:
        pytest.fail(f"{READMES[lang].name} and the catalogue differ; please run: {REGENERATE}")


@pytest.mark.parametrize("lang", LANGS)
def test_the_readme_names_every_option_of_check(lang):
    text = READMES[lang].read_text("utf-8")
    for name in ("--file", "--csv", "--csv-bom", "--json", "--jobs", "--lang", "-v"):
        assert re.search(rf"(?<![\w-]){name}(?![\w-])", text), name
        assert any(name in option.opts for option in main.commands["check"].params), name


@pytest.mark.parametrize("lang", LANGS)
def test_every_command_of_the_readme_exists(lang):
    named = set(re.findall(r"mailcheck ([a-z]+)\b", READMES[lang].read_text("utf-8")))
    assert isinstance(main, click.Group)
    assert named & set(main.commands) >= {"check", "message", "explain", "rules", "run", "doctor"}


@pytest.mark.parametrize("lang", LANGS)
def test_the_table_has_a_row_for_each_rule_and_its_rows_are_whole(lang):
    lines = rule_table(lang).splitlines()
    assert len(lines) == len(CATALOGUE.rules) + 2
    for line in lines:
        assert len(re.split(r"(?<!\\)\|", line)) == 6, line


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("rule", CATALOGUE.rules.values(), ids=CATALOGUE.rules)
def test_the_page_of_a_rule_tells_all_of_it(rule, lang):
    page = rule_page(rule, lang)
    assert page.startswith(f"# {rule.id} {rule.name}\n")
    assert f"    {rule.sample.bad.splitlines()[0]}\n" in page
    assert f"    {rule.sample.good.splitlines()[0]}\n" in page
    assert all(f"]({url})" in page for url in rule.references)
    outside = re.sub(r"`[^`]*`|^    .*$", "", page, flags=re.MULTILINE)
    assert not re.search(r"(?<!\\)<\w", outside), "a fact would be taken for HTML"


@pytest.mark.parametrize("lang", LANGS)
def test_the_index_leads_to_every_page(lang):
    index = index_page(lang)
    assert all(f"]({page_name(rule, lang)})" in index for rule in CATALOGUE.rules.values())


def test_a_document_without_the_marks_is_refused():
    with pytest.raises(ValueError, match="rules:en"):
        with_table("# Nothing")
