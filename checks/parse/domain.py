"""A domain name as somebody types it: IDN in either form, or hidden in an e-mail address or a URL."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import idna
from publicsuffixlist import PublicSuffixList

from checks.catalogue import Fact, Text, printable
from checks.model import Lang

MAX_NAME = 253
"""Octets of a name in text form without the trailing dot (RFC 1035 section 3.1: 255 on the wire)."""

MAX_LABEL = 63
_SHOWN = 80
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")

TOOK_FROM_ADDRESS = Text(
    en="Checking `{domain}`, the domain of the address you gave.",
    ja="入力されたメールアドレスのドメイン `{domain}` を検査します。",
)
TOOK_FROM_URL = Text(
    en="Checking `{domain}`, the host of the URL you gave.", ja="入力されたURLのホスト名 `{domain}` を検査します。"
)

_EMPTY = Text(
    en="Give a domain name, for example `example.co.jp`.", ja="ドメイン名を指定してください(例: `example.co.jp`)。"
)
_ADDRESS = Text(
    en="`{text}` is an IP address. Give the domain of your mail addresses (what follows the @).",
    ja="`{text}` はIPアドレスです。メールアドレスのドメイン(@より後ろ)を指定してください。",
)
_LOCAL = Text(
    en="`{text}` is a name for this machine or a local network only; it has no public mail to check.",
    ja="`{text}` は自分の端末や組織内のネットワークだけで使う名前です。公開されたメールドメインを指定してください。",
)
_SINGLE = Text(
    en="`{text}` has no dot. Give a complete domain name such as `example.co.jp`.",
    ja="`{text}` にはドットがありません。`example.co.jp` のような完全なドメイン名を指定してください。",
)
_LONG = Text(
    en="This name has {octets} octets; a domain name may have {limit}.",
    ja="この名前は{octets}オクテットあります。ドメイン名は{limit}オクテットまでです。",
)
_LONG_LABEL = Text(
    en="A part of this name between two dots is longer than {limit} octets, the most that the DNS allows.",
    ja="この名前には{limit}オクテットを超えるラベル(ドットで区切られた部分)があります。DNSで使えるのは{limit}オクテットまでです。",
)
_SUFFIX = Text(
    en="`{text}` is a public suffix under which others register their domains. Give your own domain below it.",
    ja="`{text}` は、その下に各組織がドメインを登録するための名前(パブリックサフィックス)です。自社のドメインを指定してください。",
)
_NOT_A_NAME = Text(
    en="`{text}` is not a domain name. Give one such as `example.co.jp`.",
    ja="`{text}` はドメイン名ではありません。`example.co.jp` のように指定してください。",
)


class BadDomain(ValueError):
    """What was given is no domain that can be checked; `say(lang)` is the sentence for the person who gave it."""

    def __init__(self, text: Text, /, **facts: Fact) -> None:
        self.text = text
        self.facts: Mapping[str, Fact] = facts
        super().__init__(text.say("en", facts))

    def say(self, lang: Lang) -> str:
        return self.text.say(lang, self.facts)


@dataclass(frozen=True, slots=True)
class Domain:
    """`ascii`: A-labels, lower case, no trailing dot. `shown`: U-labels. `note`: what was taken from what the user gave."""

    ascii: str
    shown: str
    note: Text | None = None

    def say_note(self, lang: Lang) -> str | None:
        return self.note.say(lang, {"domain": self.shown}) if self.note else None


@cache
def suffix_list() -> PublicSuffixList:
    """The Public Suffix List that ships with the package of that name; names under an unknown TLD have it as suffix."""
    return PublicSuffixList()


def registrable(name: str) -> str:
    """The public suffix plus one label, "" for a suffix itself. `name` in any case, one trailing dot allowed."""
    return suffix_list().privatesuffix(name.lower().removesuffix(".")) or ""


def parse_domain(text: str) -> Domain:
    """Read a domain from what a person typed. Raises BadDomain."""
    typed = text.strip().strip("<>").strip()
    if not typed:
        raise BadDomain(_EMPTY)
    name, note = _extract(typed)
    try:
        bare = name.strip("[]")
        ipaddress.ip_address(bare)
    except ValueError:
        pass
    else:
        raise BadDomain(_ADDRESS, text=bare)
    ascii_name = _to_ascii(name)
    if ascii_name == "localhost" or ascii_name.endswith((".localhost", ".local", ".internal", ".home.arpa")):
        raise BadDomain(_LOCAL, text=ascii_name)
    if "." not in ascii_name:
        raise BadDomain(_SINGLE, text=shown_name(ascii_name))
    if suffix_list().is_public(ascii_name):
        raise BadDomain(_SUFFIX, text=shown_name(ascii_name))
    return Domain(ascii_name, shown_name(ascii_name), note)


def _extract(typed: str) -> tuple[str, Text | None]:
    if "://" in typed:
        try:
            host = urlsplit(typed).hostname or ""
        except ValueError:
            host = ""
        return host, TOOK_FROM_URL
    if typed.lower().startswith("mailto:"):
        typed = typed[7:]
    if "@" in typed:
        return typed.rsplit("@", 1)[1], TOOK_FROM_ADDRESS
    if "/" in typed:
        return typed.split("/", 1)[0], TOOK_FROM_URL
    return typed, None


def _to_ascii(name: str) -> str:
    """A-labels in lower case. Underscores are kept: such names exist, even if no mailbox has them."""
    shown = printable(name)[:_SHOWN]
    dotted = re.sub("[。．｡]", ".", name).removesuffix(".").lower()
    octets = len(dotted.encode())
    if not dotted.isascii():
        try:
            dotted = idna.encode(dotted, uts46=True, std3_rules=False).decode()
        except (idna.IDNAError, UnicodeError) as error:
            if octets > MAX_NAME:
                raise BadDomain(_LONG, octets=octets, limit=MAX_NAME) from error
            raise BadDomain(_NOT_A_NAME, text=shown) from error
    labels = dotted.split(".")
    if len(dotted) > MAX_NAME:
        raise BadDomain(_LONG, octets=len(dotted), limit=MAX_NAME)
    if any(len(label) > MAX_LABEL for label in labels):
        raise BadDomain(_LONG_LABEL, limit=MAX_LABEL)
    if not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise BadDomain(_NOT_A_NAME, text=shown)
    return dotted


def is_within(name: str, zone: str) -> bool:
    """The name is the zone's apex or lies below it, be there other zones in between or not."""
    return zone == "." or name == zone or name.endswith(f".{zone}")


def shown_name(name: str) -> str:
    """U-labels for people; a label that is no valid A-label stays as it is."""
    shown = []
    for label in name.split("."):
        try:
            shown.append(idna.decode(label) if label.startswith("xn--") else label)
        except (idna.IDNAError, UnicodeError):
            shown.append(label)
    return ".".join(shown)
