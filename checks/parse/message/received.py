"""What a Received field tells of the session that it is about (RFC 5321 section 4.4): hearsay, anybody can write it.

Only the names of the clauses are fixed. Client address and TLS stand in comments, which every server writes its own
way.
"""

from __future__ import annotations

import ipaddress
import re

from checks.evidence.message import HearsayEvidence

_MAX_TEXT = 2000
_MAX_NAME = 255
_FROM = re.compile(r"\s*from\s+([^\s()]+)", re.IGNORECASE)
_HELO = re.compile(r"\(\s*helo[= ]\s*([^\s()]+)", re.IGNORECASE)
"""Exim and qmail name what the client called itself in a comment, where it was not the name that they found."""
_BY = re.compile(r"\sby\s", re.IGNORECASE)
_WITH = re.compile(r"\swith\s+([A-Za-z0-9]{1,20})(?=[\s;(]|\Z)", re.IGNORECASE)
_LITERAL = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f:.]{2,45})\]", re.IGNORECASE)
_BARE = re.compile(r"\(([0-9A-Fa-f:.]{2,45})\)")
_TLS = re.compile(r"(?<![0-9A-Za-z_])TLSv?(1)(?:[._]([0-3]))?(?![0-9A-Za-z_.])", re.IGNORECASE)
_CIPHER = re.compile(r"(?<![0-9A-Za-z])((?:TLS|ECDHE|DHE|AES|DES|RC4)[_-][0-9A-Z_-]{4,60})(?![0-9A-Za-z])")


def read_received(text: str) -> HearsayEvidence | None:
    """None where the field names no client at all. Never raises."""
    text = text[:_MAX_TEXT]
    clause, *rest = _BY.split(text, maxsplit=1)
    named = _FROM.match(clause)
    if named is None:
        return None
    own_name = _HELO.search(clause)
    helo = (own_name or named)[1][:_MAX_NAME]
    version, cipher = _TLS.search(text), _CIPHER.search(text)
    protocol = _WITH.search(" " + rest[0]) if rest else None
    return HearsayEvidence(
        client_ip=_address(clause),
        helo=helo,
        protocol=protocol[1].upper() if protocol else None,
        tls_version=f"TLSv{version[1]}" + (f".{version[2]}" if version[2] not in (None, "0") else "")
        if version
        else None,
        tls_cipher=cipher[1] if cipher else None,
    )


def _address(clause: str) -> str | None:
    for pattern in (_LITERAL, _BARE):
        for found in pattern.finditer(clause):
            try:
                return str(ipaddress.ip_address(found[1]))
            except ValueError:
                continue
    return None
