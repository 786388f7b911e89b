"""Every sentence of the bot exists in both languages with the same values, and its code marks are in pairs."""

from collections.abc import Iterator, Mapping

import pytest

from bot.conversation import mail_words, record_words, reference_words, step_words, stream_words, talk_words, words
from bot.render.terminal import step_words as terminal_step_words
from checks import Severity, Status, Text


def texts() -> Iterator[tuple[str, Text]]:
    every = (
        words,
        mail_words,
        record_words,
        reference_words,
        step_words,
        stream_words,
        talk_words,
        terminal_step_words,
    )
    for module in every:
        for name, value in vars(module).items():
            yield from _texts(f"{module.__name__}.{name}", value)


def _texts(name: str, value: object) -> Iterator[tuple[str, Text]]:
    match value:
        case Text():
            yield name, value
        case Mapping():
            for key, inner in value.items():
                yield from _texts(f"{name}[{key}]", inner)
        case tuple():
            for at, inner in enumerate(value):
                yield from _texts(f"{name}[{at}]", inner)


@pytest.mark.parametrize(("name", "text"), list(texts()))
def test_both_languages_show_the_same_values_and_pair_their_marks(name: str, text: Text) -> None:
    text.fields()
    for said in (text.en, text.ja):
        assert said.strip()
        assert said.count("`") % 2 == 0


def test_every_severity_and_state_has_its_word() -> None:
    assert set(words.SEVERITY) == set(words.COUNT_OF) == set(Severity)
    assert set(words.STATUS) == set(Status)
