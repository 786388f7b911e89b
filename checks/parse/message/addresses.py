"""The author of a mail: the one address of its From field (RFC 5322 section 3.4, RFC 6854, RFC 6532)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from checks.parse.message.fields import Field
from checks.parse.message.signature import domain_name

FromProblem: TypeAlias = Literal["", "none", "several_fields", "several_addresses", "no_address", "bad_domain"]

_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]+)
      | "(?P<quoted>(?:[^"\\]|\\.)*)"
      | \[(?P<literal>[^\[\]\\]*)\]
      | (?P<special>[<>@,;:.])
      | (?P<atom>[^\s()<>\[\]:;@\\,."]+)""",
    re.VERBOSE | re.DOTALL | re.ASCII,  # every character beyond ASCII may stand in an atom (RFC 6532 section 3.2)
)
_HOST_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
_MAX_OCTETS = 100_000


@dataclass(frozen=True, slots=True)
class Author:
    """`address`: local part and A-label domain; None where there is not exactly one valid one.

    `domain`: also that of several addresses, where all have the same (RFC 9989 section 5.3.1: one author's domain).
    """

    address: str | None
    domain: str | None
    problem: FromProblem


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Literal["quoted", "literal", "special", "atom"]
    text: str


def find_author(fields: Sequence[Field]) -> Author:
    """The one address of the From fields. Never raises."""
    if len(fields) != 1:
        return Author(None, None, "several_fields" if fields else "none")
    value = fields[0].value[:_MAX_OCTETS].replace(b"\r\n", b"").decode("utf-8", "replace")
    tokens = _tokens(value)
    addresses = _addresses(tokens) if tokens is not None else []
    if len(addresses) != 1:
        domains = {domain.lower() for _, domain in addresses}
        shared = host_name(domains.pop()) if len(domains) == 1 else ""
        return Author(None, shared or None, "several_addresses" if addresses else "no_address")
    local, domain = addresses[0]
    host = host_name(domain)
    return Author(f"{local}@{host}", host, "") if host else Author(None, None, "bad_domain")


def host_name(domain: str) -> str:
    """The A-label form of a mail domain with at least two labels (RFC 5321 section 4.1.2), "" for anything else."""
    name = domain_name(domain, encoded=True)
    labels = name.split(".")
    is_host = len(labels) > 1 and all(_HOST_LABEL.match(label) for label in labels) and not labels[-1].isdigit()
    return name if is_host else ""


def _tokens(text: str) -> list[_Token] | None:
    """Atoms, quoted strings and specials, no comments, no blanks; None where something does not close."""
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        if text[position] == "(":
            end = _comment_end(text, position)
            if end is None:
                return None
            position = end
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        position = match.end()
        match match.lastgroup:
            case "quoted" | "literal" | "special" | "atom" as kind:
                tokens.append(_Token(kind, match.group(kind)))
    return tokens


def _comment_end(text: str, start: int) -> int | None:
    depth, position = 0, start
    while position < len(text):
        char = text[position]
        depth += (char == "(") - (char == ")")
        position += 2 if char == "\\" else 1
        if depth == 0:
            return position
    return None


def _addresses(tokens: list[_Token]) -> list[tuple[str, str]]:
    """(local part, domain) of every mailbox, those inside groups too; [] where one of them cannot be read."""
    found: list[tuple[str, str]] = []
    for part in _mailboxes(tokens):
        addresses = _mailbox(part)
        if not addresses:
            return []
        found += addresses
    return found


def _mailboxes(tokens: list[_Token]) -> list[list[_Token]]:
    """Cut at the commas; a group (`name: mailbox, mailbox;`) counts as its members (RFC 6854)."""
    parts: list[list[_Token]] = [[]]
    inside = False
    for token in tokens:
        match token:
            case _Token("special", "<"):
                inside = True
            case _Token("special", ">"):
                inside = False
        match token:
            case _Token("special", "," | ";") if not inside:
                parts.append([])
            case _Token("special", ":") if not inside:
                parts[-1] = []  # what stood before is the name of the group
            case _:
                parts[-1].append(token)
    return [part for part in parts if part]


def _mailbox(tokens: list[_Token]) -> list[tuple[str, str]]:
    """One name-addr or addr-spec. A bare address as display name counts where it differs."""
    opening = [i for i, token in enumerate(tokens) if token == _Token("special", "<")]
    if not opening:
        address = _addr_spec(tokens)
        return [address] if address else []
    start = opening[0]
    if len(opening) > 1 or tokens[-1] != _Token("special", ">"):
        return []
    inner = tokens[start + 1 : -1]
    if _Token("special", ":") in inner:  # an obsolete route (RFC 5322 section 4.4)
        inner = inner[inner.index(_Token("special", ":")) + 1 :]
    address = _addr_spec(inner)
    if address is None:
        return []
    name = tokens[:start]
    if _Token("special", "@") not in name:
        return [address]
    shown = _addr_spec(name)
    if shown is None:
        return []
    same = shown[0] == address[0] and shown[1].lower() == address[1].lower()
    return [address] if same else [shown, address]


def _addr_spec(tokens: list[_Token]) -> tuple[str, str] | None:
    """local-part "@" domain, with the dots in a row or at the end that Japanese carriers once gave out."""
    at = [i for i, token in enumerate(tokens) if token == _Token("special", "@")]
    if len(at) != 1:
        return None
    local, domain = tokens[: at[0]], tokens[at[0] + 1 :]
    if not _is_dotted(local, ("atom", "quoted"), strict=False) or not local:
        return None
    if len(domain) == 1 and domain[0].kind == "literal":
        return _written(local), f"[{domain[0].text}]"
    if not _is_dotted(domain, ("atom",), strict=True):
        return None
    return _written(local), _written(domain)


def _is_dotted(tokens: list[_Token], words: tuple[str, ...], *, strict: bool) -> bool:
    """Words with dots between them; never two words side by side. `strict`: no empty word either."""
    was_word = False
    for token in tokens:
        is_word = token.kind in words
        if is_word == was_word and (is_word or strict):
            return False
        if not is_word and token != _Token("special", "."):
            return False
        was_word = is_word
    return was_word or (not strict and any(token.kind in words for token in tokens))


def _written(tokens: list[_Token]) -> str:
    return "".join(f'"{token.text}"' if token.kind == "quoted" else token.text for token in tokens)
