"""Every rule is complete in both languages, and every file of rules is listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import checks.rules
from checks import CATALOGUE, Lang, Severity, Text, Tier, Why, reason_text
from checks.catalogue import Rule, Sample, Texts

RULES = [pytest.param(rule, id=rule.id) for rule in CATALOGUE.rules.values()]
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")
FIRST_CATALOGUE = """DNS001 SPF001 SPF101 SPF102 SPF201 SPF301 SPF304 SPF401 DKIM001 DKIM002 DKIM302 DKIM303 DKIM401
DMARC001 DMARC101 DMARC102 DMARC201 DMARC401 MX001 MX103 PTR001 SEC001 SEC201 BL201 TLS401 MSG101"""


def texts_of(rule: Rule) -> list[tuple[str, Texts]]:
    return [("", rule.texts), *rule.variants.items()]


def test_the_first_catalogue_is_there():
    assert set(FIRST_CATALOGUE.split()) <= set(CATALOGUE.rules)


def test_every_file_of_rules_is_listed():
    files = Path(checks.rules.__file__).parent.glob("[a-z]*.py")
    for path in files:
        source = path.read_text("utf-8")
        for rule_id in re.findall(r'id="([A-Z]{2,5}\d{3})"', source):
            assert rule_id in CATALOGUE.rules, f"{path.name}: {rule_id} is in no check"


@pytest.mark.parametrize("rule", RULES)
def test_ids_and_names_keep_their_form(rule):
    assert re.fullmatch(r"[A-Z]{2,5}\d{3}", rule.id)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert all(url.startswith("https://") for url in rule.references)
    assert rule.references
    assert rule.sample.bad != rule.sample.good
    assert rule.since


@pytest.mark.parametrize("rule", RULES)
def test_both_languages_say_the_same_facts_briefly(rule):
    for variant, texts in texts_of(rule):
        for name, limit in (("title", 130), ("why", 330), ("fix", 330)):
            text: Text = getattr(texts, name)
            text.fields()
            assert JAPANESE.search(text.ja), f"{variant} {name} is not Japanese"
            assert not JAPANESE.search(text.en), f"{variant} {name} is not English"
            assert len(text.en) <= limit, f"{variant} {name}: {len(text.en)}"
            assert len(text.ja) <= limit, f"{variant} {name}: {len(text.ja)}"
            assert text.en.count("`") % 2 == 0
            assert text.ja.count("`") % 2 == 0


@pytest.mark.parametrize("rule", RULES)
def test_japanese_sentences_are_polite(rule):
    """です・ます, and no full stop after a title."""
    for _, texts in texts_of(rule):
        assert not texts.title.ja.endswith("。")
        for text in (texts.why.ja, texts.fix.ja):
            assert re.search(r"(ます|です|ません|ください|ましょう|ました|でした)(\(.*\))?。$", text), text


def test_every_reason_word_has_a_sentence():
    for why in Why:
        assert reason_text(why).en
        assert reason_text(why).ja


def test_found_refuses_missing_and_surplus_facts():
    rule = a_rule()
    with pytest.raises(TypeError, match=r"missing facts \['domain'\]"):
        rule.found("x")
    with pytest.raises(TypeError, match=r"surplus facts \['more'\]"):
        rule.found("x", domain="x", more=1)


def test_found_refuses_a_severity_that_the_rule_does_not_have():
    with pytest.raises(ValueError, match="may not be"):
        a_rule().found("x", domain="x", severity=Severity.CRITICAL)


def test_a_text_cannot_show_a_fact_that_the_rule_does_not_state():
    with pytest.raises(ValueError, match="no fact of the rule"):
        a_rule(facts=())


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_strangers_value_cannot_act(lang: Lang):
    """No control, bidirectional or backtick character survives, and braces are not read again."""
    said = a_rule().found("x", domain="a\u202eb`c\x1b[31m{0}").title(lang)
    assert "\u202e" not in said
    assert "\x1b" not in said
    assert said.count("`") == 2
    assert "{0}" in said


def a_rule(facts: tuple[str, ...] = ("domain",)) -> Rule:
    text = Text(en="`{domain}` is wrong", ja="`{domain}` は誤りです")
    return Rule(
        "TST001",
        "test",
        Severity.ERROR,
        Tier.MAIL,
        "0.1",
        Texts(text, text, text),
        ("https://example.com",),
        Sample("a", "b"),
        facts,
    )


def test_required_questions_cover_what_the_verdict_needs():
    topics = {check.topic for check in CATALOGUE.checks if check.required}
    assert {"spf", "dkim", "dmarc", "mx", "ptr", "tls", "dnssec"} <= topics
