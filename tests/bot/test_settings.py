"""The environment as the operator writes it, and what he is told when it cannot be used."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import BLOCKLIST_KEY_NAMES, SettingsError, read_blocklist_keys, read_settings
from checks import Checker


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("MAILCHECK_", "SLACK_")):
            monkeypatch.delenv(name)


def test_without_a_word_the_defaults_hold() -> None:
    settings = read_settings()
    assert (settings.mailbox_host, settings.mailbox_port) == ("0.0.0.0", 25)
    assert (settings.mailbox_hours, settings.mailbox_max_mails, settings.mailbox_max_bytes) == (24, 20, 2 * 1024 * 1024)
    assert settings.mail_domain is None
    assert settings.keep_mail is False
    assert settings.slack_api_url == "https://slack.com/api/"
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", None)


def test_values_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "SLACK_BOT_TOKEN": "xoxb-secret",
        "SLACK_APP_TOKEN": "xapp-secret",
        "MAILCHECK_MAIL_DOMAIN": "Check.Example.com.",
        "MAILCHECK_NAMESERVERS": "192.0.2.1,127.0.0.1:5353,[::1]:53,::1",
        "MAILCHECK_PROXY_FROM": "192.0.2.1, 10.0.0.0/8,2001:db8::/64",
        "MAILCHECK_KEEP_MAIL": "true",
        "MAILCHECK_LOG_LEVEL": "debug",
        "MAILCHECK_TLS_CERT": "",
        "MAILCHECK_SLACK_API_URL": "http://127.0.0.1:8000/api",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = read_settings(data_dir="/elsewhere")
    assert settings.slack_bot_token is not None
    assert settings.slack_bot_token.get_secret_value() == "xoxb-secret"
    assert "secret" not in repr(settings)
    assert settings.mail_domain == settings.greeting_name == "check.example.com"
    assert settings.nameservers == ("192.0.2.1", "127.0.0.1:5353", "[::1]:53", "::1")
    assert [str(network) for network in settings.proxy_from] == ["192.0.2.1/32", "10.0.0.0/8", "2001:db8::/64"]
    assert settings.keep_mail
    assert settings.tls_cert is None
    assert settings.slack_api_url == "http://127.0.0.1:8000/api/"
    assert settings.data_dir == Path("/elsewhere")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SLACK_BOT_TOKEN", "hunter2", "SLACK_BOT_TOKEN: must start with xoxb-"),
        ("MAILCHECK_MAILBOX_PORT", "70000", "MAILCHECK_MAILBOX_PORT: input should be less than or equal to 65535"),
        (
            "MAILCHECK_MAIL_DOMAIN",
            "a b",
            "MAILCHECK_MAIL_DOMAIN: must be a host name in ASCII such as check.example.com",
        ),
        ("MAILCHECK_NAMESERVERS", "dns", "MAILCHECK_NAMESERVERS: 'dns' is not an IP address, IP:port or [IPv6]:port"),
        (
            "MAILCHECK_PROXY_FROM",
            "192.0.2.1,192.0.2.1/24",
            "MAILCHECK_PROXY_FROM: '192.0.2.1/24' is neither an IP address nor a network",
        ),
        ("MAILCHECK_MAILBOX_MAX_WAITING", "0", "MAILCHECK_MAILBOX_MAX_WAITING: input should be greater than"),
        ("MAILCHECK_TLS_CERT", "/nowhere", "MAILCHECK_TLS_CERT and MAILCHECK_TLS_KEY must be set together"),
        ("MAILCHECK_SLACK_API_URL", "http://example.com/", "MAILCHECK_SLACK_API_URL: must start with https://"),
    ],
)
def test_a_bad_value_is_told_in_one_line_without_secrets(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


KEY = "abcdefghijklmnopqrstuvwxyz"


def test_keys_of_blocklists_are_read_and_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILCHECK_BLOCKLIST_KEYS", f" Spamhaus = {KEY} ,surbl=a1.multi.example.net,")
    settings = read_settings()
    assert settings.blocklist_key_texts() == {"spamhaus": KEY, "surbl": "a1.multi.example.net"}
    assert KEY not in f"{settings} {settings!r} {settings.model_dump()} {settings.model_dump_json()}"
    # A command that runs no bot takes the keys, whatever else stands there.
    monkeypatch.setenv("MAILCHECK_MAILBOX_PORT", "70000")
    monkeypatch.setenv("MAILCHECK_UNHEARD_OF", "1")
    assert read_blocklist_keys() == settings.blocklist_key_texts()
    monkeypatch.setenv("MAILCHECK_BLOCKLIST_KEYS", "")
    assert read_blocklist_keys() == {}


@pytest.mark.parametrize(
    "text", [KEY, f"{KEY}=spamhaus", f"spamhaus={KEY} {KEY}", f"{KEY}={KEY}", "abusix=", f"={KEY}"]
)
def test_a_bad_key_is_told_without_a_word_of_it(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("MAILCHECK_BLOCKLIST_KEYS", text)
    for read in (read_settings, read_blocklist_keys):
        with pytest.raises(SettingsError) as caught:
            read()
        assert str(caught.value).startswith("MAILCHECK_BLOCKLIST_KEYS: ")
        assert KEY not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_every_key_that_can_be_set_is_one_that_the_checks_take() -> None:
    """And the other way round: the names and the form of a key stand in both."""
    Checker(["127.0.0.1"], blocklist_keys=dict.fromkeys(BLOCKLIST_KEY_NAMES, f"{KEY}.a-b_c.example.net"))
    with pytest.raises(ValueError, match=", ".join(sorted(BLOCKLIST_KEY_NAMES)) + "$"):
        Checker(["127.0.0.1"], blocklist_keys={"other": KEY})


def test_files_that_are_no_certificate_are_told(tmp_path: Path) -> None:
    broken = tmp_path / "cert.pem"
    broken.write_text("no certificate")
    with pytest.raises(SettingsError, match="do not load"):
        read_settings(tls_cert=broken, tls_key=broken)
    with pytest.raises(SettingsError, match="there is no file"):
        read_settings(tls_cert=broken, tls_key=tmp_path / "absent")
    with pytest.raises(SettingsError, match=r"^MAILCHECK_TLS_CERT: .* cannot be read: File name too long$"):
        read_settings(tls_cert=tmp_path / ("a" * 300), tls_key=broken)


def test_the_settings_import_neither_slack_nor_a_database() -> None:
    heavy = "slack_bolt", "slack_sdk", "sqlalchemy", "alembic", "dbos", "aiosmtpd", "aiohttp"
    code = f"import sys, bot.settings; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
