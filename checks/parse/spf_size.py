"""How large an SPF record and the DNS answer that carries it are (RFC 7208 section 3.4)."""

from __future__ import annotations

from collections.abc import Sequence

MAX_RECORD = 450
"""Octets of a record up to which it fits into a plain answer of 512, with a domain name of usual length."""
MAX_ANSWER = 1232
"""Octets of a UDP answer that reach every resolver unfragmented."""

_HEADER = 12
_QUESTION = 4
_POINTER = 2
_RECORD = 10
_OPT = 11
_STRING = 255


def answer_octets(name: str, txts: Sequence[bytes], alias_of: str | None = None) -> int:
    """Octets of the answer to a TXT question that carries these records, without signatures (RFC 1035 section 4).

    How a record is split into strings is not known: at least one string per 255 octets.
    """
    records = sum(_POINTER + _RECORD + len(txt) + max(1, -(-len(txt) // _STRING)) for txt in txts)
    alias = _POINTER + _RECORD + len(alias_of) + 2 if alias_of else 0
    return _HEADER + len(name) + 2 + _QUESTION + alias + records + _OPT
