"""What people type is understood, or the closest command is offered."""

import pytest

from bot.conversation.commands import (
    Check,
    Explain,
    Help,
    Recheck,
    SendTest,
    SlashCommand,
    Speak,
    ThreadCommand,
    TooMany,
    Unknown,
    is_bare_command,
    slash_command,
    thread_command,
)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", Help()),
        ("  ", Help()),
        ("help", Help()),
        ("HELP", Help()),
        ("check", Help()),
        ("example.co.jp", Check(("example.co.jp",))),
        ("check example.co.jp", Check(("example.co.jp",))),
        ("a.example b.example, c.example、d.example", Check(("a.example", "b.example", "c.example", "d.example"))),
        ("a.example a.example", Check(("a.example",))),
        ("<http://example.com|example.com>", Check(("example.com",))),
        ("<mailto:me@example.com|me@example.com>", Check(("me@example.com",))),
        ("<https://example.com/path>", Check(("https://example.com/path",))),
        ("日本語.jp", Check(("日本語.jp",))),
        ("localhost", Check(("localhost",))),
        ("hlep", Unknown("hlep", "help")),
        ("chekc example.com", Unknown("chekc", "check example.com")),
        ("frobnicate example.com", Unknown("frobnicate", None)),
        (" ".join(f"{n}.example" for n in range(11)), TooMany(11)),
    ],
)
def test_the_slash_command(text: str, meant: SlashCommand) -> None:
    assert slash_command(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("<@U0MAILCHECK>", Help()),
        ("<@U0MAILCHECK> recheck", Recheck()),
        ("<@U0MAILCHECK|mailcheck> explain spf301", Explain("SPF301")),
        ("explain DMARC", Explain("dmarc")),
        ("explain", Explain("")),
        ("send-test", SendTest()),
        ("ja", Speak("ja")),
        ("English", Speak("en")),
        ("日本語", Speak("ja")),
        ("<@U0MAILCHECK> rechek", Unknown("rechek", "recheck")),
        ("expalin SPF301", Unknown("expalin", "explain SPF301")),
        ("thanks a lot", Unknown("thanks", None)),
    ],
)
def test_words_in_a_thread(text: str, meant: ThreadCommand) -> None:
    assert thread_command(text) == meant


@pytest.mark.parametrize("text", ["recheck", " Send-Test ", "ja", "EN", "explain dmarc", "explain SPF301"])
def test_a_command_needs_no_mention(text: str) -> None:
    assert is_bare_command(text)


@pytest.mark.parametrize(
    "text",
    ["", "check this", "check", "en passant", "ja danke", "recheck please", "explain", "explain yourself", "テスト 中"],
)
def test_what_people_say_to_each_other_is_no_command(text: str) -> None:
    assert not is_bare_command(text)
