"""Mails by which a stranger would have us compute for minutes, and the jobs of a worker that really does.

As a module of jobs: a mail with the line `hold`, `memory` or `crash` in its body does that to whoever verifies it, one
with `until PATH` keeps them until there is that file; any other mail is just verified.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime

import hostile_jobs
from signed_mail import PLAIN, sealed, signed

from checks.evidence.message import MessageEvidence, SessionEvidence
from checks.isolation import jobs
from checks.isolation.jobs import Preparation
from checks.model import Answer, Known

MEBI = 1024 * 1024
HEADER = PLAIN.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def _signature(
    more: bytes = b"", *, selector: bytes = b"s1", names: bytes = b"from:to:subject", b: bytes = b"AAAA"
) -> bytes:
    """A signature whose hash is right for a mail without body, so that its header fields are hashed as well."""
    return (
        b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.jp; s=" + selector + b"; h=" + names + b";"
        b" bh=" + base64.b64encode(hashlib.sha256(b"").digest()) + b";" + more + b" b=" + b + b"\r\n"
    )


def _blanks() -> bytes:
    return signed(PLAIN + b"x" + b" " * MEBI + b"\r\n" + (b" \t" * 20_000 + b"y\r\n") * 20)


def _folds() -> bytes:
    return _signature(b=b"\r\n " * 8_000 + b"AAAA") + _signature(b=b"AAAA" + b"\r\n \t" * 8_000) + PLAIN


def _exponent() -> bytes:
    """The keys `exponent` (8,192 bits, as large an exponent) and `huge` (16,384 bits) are those of `hostile_mails`."""
    b = base64.b64encode(b"\x7f" * 1024)
    return (_signature(selector=b"exponent", b=b) + _signature(selector=b"huge", b=b)) * 5 + HEADER


def _names() -> bytes:
    """More names than may be in a field, and as many as may, ten times, over thousands of fields."""
    most = b":".join(b"x%d" % (n % 100) for n in range(199))
    fields = b"".join(b"X%d: y\r\n" % (n % 200) for n in range(9_000))
    good = _signature(names=b"from:" + most, b=base64.b64encode(b"\x7f" * 256)) * 9
    return _signature(names=b"from:" + b"x:" * 20_000 + b"x") + good + fields + HEADER


def _arc_sets() -> bytes:
    one = sealed(PLAIN)
    sets = one[: len(one) - len(PLAIN)]
    return b"".join(sets.replace(b"i=1", b"i=%d" % n) for n in range(300, 0, -1)) + PLAIN


def _arc_sets_within_the_limit() -> bytes:
    """As many sets as are looked at, each verified over all before it."""
    raw = PLAIN
    for number in range(50):
        raw = sealed(raw, domain=f"n{number}.sealers.example", chain="pass" if number else "none")
    return raw


def _large_body() -> bytes:
    return signed(PLAIN + (b"y" * 70 + b"  z \r\n") * (25 * MEBI // 76))


def _deep() -> bytes:
    parts = b"".join(b'--%d\r\nContent-Type: multipart/mixed; boundary="%d"\r\n\r\n' % (n, n + 1) for n in range(1_000))
    return b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="0"\r\n' + PLAIN.replace(
        b"\r\n\r\n", b"\r\n\r\n" + parts, 1
    )


def _deep_messages() -> bytes:
    header = b"From: info@example.jp\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n"
    return header * 1_000 + PLAIN


def _many_parts() -> bytes:
    header = b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="0"\r\n'
    return header + PLAIN + b"--0\r\n\r\n" * 100_000


def _author() -> bytes:
    return PLAIN.replace(
        b"From: ", b"From: " + b"(" * 40_000 + b"a" * 10 + b")" * 40_000 + b"," * 10_000 + b'"' + b"\\" * 9_000
    )


def _encoded_words() -> bytes:
    return PLAIN.replace(b"Subject: ", b"Subject: " + b"=?utf-8?q?=E4=BE=8B" * 20_000 + b"=?x?b?" * 20_000)


ATTACKS: Mapping[str, Callable[[], bytes]] = {
    "blanks before line ends": _blanks,
    "folds in b=": _folds,
    "giant RSA exponent": _exponent,
    "thousands of names in h=": _names,
    "300 ARC sets": _arc_sets,
    "50 ARC sets, all good": _arc_sets_within_the_limit,
    "a body of 25 MB": _large_body,
    "MIME 1,000 deep": _deep,
    "messages 1,000 deep": _deep_messages,
    "100,000 parts": _many_parts,
    "an author of comments": _author,
    "40,000 encoded words": _encoded_words,
}


def prepare(raw: bytes) -> Preparation:
    return jobs.prepare(raw)


def verify(
    raw: bytes, answers: Mapping[str, Known[Answer[bytes]]], session: SessionEvidence | None, now: datetime
) -> MessageEvidence:
    for marked, stall in (
        (b"\r\nhold\r\n", hostile_jobs.hold),
        (b"\r\nmemory\r\n", hostile_jobs.fill_memory_slowly),
        (b"\r\ncrash\r\n", hostile_jobs.crash),
    ):
        if marked in raw:
            stall(raw)
    if until := re.search(rb"\r\nuntil ([^\r]+)\r\n", raw):
        while not os.path.exists(until[1]):
            time.sleep(0.01)
    return jobs.verify(raw, answers, session, now)
