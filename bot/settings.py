"""What the operator decides, read from the environment once.

This is the only module that reads ``os.environ``. It imports pydantic alone, so that commands which need
neither Slack nor a database stay fast.
"""

import ipaddress
import re
import ssl
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SLACK_API_URL = "https://slack.com/api/"

_HOST_NAME = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z")
BLOCKLIST_KEY_NAMES = ("spamhaus", "abusix", "surbl", "uribl")
_BLOCKLIST_KEY = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63}){0,8}")
"""A label, or the zone that a list assigned (surbl, uribl)."""
_NAMES = {"slack_bot_token": "SLACK_BOT_TOKEN", "slack_app_token": "SLACK_APP_TOKEN"}


class SettingsError(Exception):
    """The environment holds values the bot cannot run with; the text is for the operator, one line per value."""


class BlocklistSettings(BaseSettings):
    """Those that a command without a bot takes as well; of the environment it looks at nothing else."""

    model_config = SettingsConfigDict(env_prefix="MAILCHECK_", frozen=True, hide_input_in_errors=True)

    blocklist_keys: Annotated[dict[str, SecretStr], NoDecode] = {}
    """By the name of who gives the key, written as ``spamhaus=KEY,abusix=KEY``."""

    @field_validator("blocklist_keys", mode="before")
    @classmethod
    def _keys(cls, value: Any) -> Any:
        return dict(map(_key, _parts(value))) if isinstance(value, str) else value

    def blocklist_key_texts(self) -> dict[str, str]:
        """The keys themselves, for `checks`; to be neither shown nor logged."""
        return {name: key.get_secret_value() for name, key in self.blocklist_keys.items()}


class Settings(BlocklistSettings):
    """The operator's settings; ``MAILCHECK_<NAME>`` in the environment sets ``<name>``.

    Lists are comma-separated. Sizes are in bytes, durations in the unit that the name ends with.
    """

    model_config = SettingsConfigDict(
        env_prefix="MAILCHECK_", frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True
    )

    data_dir: Path = Path("mailcheck-data")

    slack_bot_token: SecretStr | None = Field(
        None, validation_alias=AliasChoices("SLACK_BOT_TOKEN", "MAILCHECK_SLACK_BOT_TOKEN")
    )
    slack_app_token: SecretStr | None = Field(
        None, validation_alias=AliasChoices("SLACK_APP_TOKEN", "MAILCHECK_SLACK_APP_TOKEN")
    )
    slack_api_url: str = SLACK_API_URL

    mail_domain: str | None = None
    """Domain of the test addresses; None means that the bot offers no send-tests."""
    mailbox_host: str = "0.0.0.0"
    mailbox_port: int = Field(25, ge=0, le=65535)
    mailbox_hostname: str | None = None
    """Name in the SMTP greeting; the mail domain if unset."""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    mailbox_hours: int = Field(24, ge=1, le=168)
    mailbox_max_mails: int = Field(20, ge=1, le=1000)
    mailbox_max_bytes: int = Field(2 * 1024 * 1024, ge=16 * 1024, le=64 * 1024 * 1024)
    mailbox_max_waiting: int = Field(500, ge=1, le=100_000)
    """How many mails may wait for their analysis before further ones are put off with 451."""
    proxy_from: Annotated[tuple[Network, ...], NoDecode] = ()
    """Addresses and networks of the proxies that begin each connection to the mailbox with a PROXY header."""
    keep_mail: bool = False
    """Keep received mail after its analysis; by default the bodies are dropped."""

    nameservers: Annotated[tuple[str, ...], NoDecode] = ()
    """Resolvers as ``IP`` or ``IP:port``; empty means those of the system."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    http_host: str = "127.0.0.1"
    http_port: int | None = Field(None, ge=0, le=65535)
    """Where /healthz and /metrics are; None means nowhere."""

    @field_validator("nameservers", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return _parts(value) if isinstance(value, str) else value

    @field_validator("proxy_from", mode="before")
    @classmethod
    def _networks(cls, value: Any) -> Any:
        return [_network(part) for part in _parts(value)] if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator(
        "mail_domain",
        "mailbox_hostname",
        "tls_cert",
        "tls_key",
        "slack_bot_token",
        "slack_app_token",
        "http_port",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: Any) -> Any:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("mail_domain", "mailbox_hostname")
    @classmethod
    def _host_name(cls, value: str | None) -> str | None:
        if value is None:
            return None
        name = value.strip().rstrip(".").lower()
        if not _HOST_NAME.match(name):
            raise ValueError("must be a host name in ASCII such as check.example.com")
        return name

    @field_validator("slack_bot_token", "slack_app_token")
    @classmethod
    def _token(cls, value: SecretStr | None, info: Any) -> SecretStr | None:
        start = "xoxb-" if info.field_name == "slack_bot_token" else "xapp-"
        if value is not None and not value.get_secret_value().startswith(start):
            raise ValueError(f"must start with {start}")
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _api_url(cls, value: str) -> str:
        if not value.startswith(("https://", "http://127.0.0.1:", "http://localhost:", "http://[::1]:")):
            raise ValueError("must start with https:// (http:// only for this machine)")
        return value if value.endswith("/") else value + "/"

    @field_validator("nameservers")
    @classmethod
    def _resolvers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if not _is_resolver(each):
                raise ValueError(f"{each[:60]!r} is not an IP address, IP:port or [IPv6]:port")
        return value

    @model_validator(mode="after")
    def _certificate(self) -> "Settings":
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("MAILCHECK_TLS_CERT and MAILCHECK_TLS_KEY must be set together")
        for name, path in (("MAILCHECK_TLS_CERT", self.tls_cert), ("MAILCHECK_TLS_KEY", self.tls_key)):
            if path is not None and not _is_file(name, path):
                raise ValueError(f"{name}: there is no file {path}")
        if self.tls_cert is not None and self.tls_key is not None:
            try:
                ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(self.tls_cert, self.tls_key)
            except (OSError, ssl.SSLError) as error:
                raise ValueError(f"MAILCHECK_TLS_CERT and MAILCHECK_TLS_KEY do not load: {error}") from None
        return self

    @property
    def greeting_name(self) -> str:
        """The host name in the SMTP greeting and EHLO answer."""
        return self.mailbox_hostname or self.mail_domain or "localhost"


def _is_file(name: str, path: Path) -> bool:
    """Raises ValueError where it cannot be told: /etc/letsencrypt/live is open to root alone."""
    try:
        return path.is_file()
    except OSError as error:
        raise ValueError(f"{name}: {path} cannot be read: {error.strerror}") from None


def read_settings(**overrides: Any) -> Settings:
    """The settings of this process; keyword arguments win over the environment.

    Raises SettingsError with one line for each value that cannot be used; a secret is never repeated in it.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(each["loc"], each["msg"]) for each in error.errors())) from None


def read_blocklist_keys() -> dict[str, str]:
    """The keys for blocklists, whatever else stands in the environment. Raises SettingsError as `read_settings`."""
    try:
        return BlocklistSettings().blocklist_key_texts()
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(each["loc"], each["msg"]) for each in error.errors())) from None


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    if not location:
        return text
    name = str(location[0])
    shown = name if name.isupper() else _NAMES.get(name, "MAILCHECK_" + name.upper())
    return f"{shown}: {text[:1].lower()}{text[1:]}"


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _key(text: str) -> tuple[str, str]:
    """What is wrong with it is said without a word of it: also what stands in place of the name may be the key."""
    name, equals, key = (part.strip() for part in text.partition("="))
    if not equals or name.lower() not in BLOCKLIST_KEY_NAMES:
        names = ", ".join(f"{each}=KEY" for each in BLOCKLIST_KEY_NAMES)
        raise ValueError(f"each key must be written as one of {names}, with commas between them")
    if not _BLOCKLIST_KEY.fullmatch(key):
        raise ValueError(f"what is given for {name.lower()} cannot be a key")
    return name.lower(), key


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise ValueError(f"{text[:60]!r} is neither an IP address nor a network such as 192.0.2.0/24") from None


def _is_resolver(text: str) -> bool:
    host, port = text, "53"
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]:")
        if not bracket:
            return False
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return port.isascii() and port.isdigit() and 0 < int(port) < 65536
