"""What a worker answers comes back as it was, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import pytest
from signed_mail import NOW, SESSION, published, sealed, signed

from checks.evidence.message import MessageEvidence
from checks.isolation.wire import WireError, decode, encode
from checks.model import Absent, Answer, ExtendedError, Known, MxHost, Seen, Severity, Unreachable, Why
from checks.parse.message import verify


@dataclass(frozen=True, slots=True)
class Sample:
    word: Literal["a", "b", ""]
    number: int | None
    octets: bytes
    at: datetime
    pairs: Mapping[str, tuple[int, ...]]
    pair: tuple[str, bool]
    severity: Severity
    answer: Known[Answer[bytes]]
    share: float = 0.5
    names: frozenset[str] = frozenset()


def sample(answer: Known[Answer[bytes]]) -> Sample:
    return Sample(
        "b",
        None,
        bytes(range(256)),
        datetime(2026, 11, 24, tzinfo=UTC),
        {"x": (1, 2)},
        ("例\ud800", True),
        Severity.ERROR,
        answer,
        2.0,
        frozenset("ab"),
    )


@pytest.mark.parametrize(
    "answer",
    [
        Seen(Answer("n", "TXT", (b"\xff\0", b""), 300)),
        Absent("nxdomain", zone="jp"),
        Unreachable(Why.SERVFAIL, "x", (ExtendedError(6, "bogus"),)),
    ],
)
def test_every_kind_of_plain_data_comes_back_as_it_was(answer: Known[Answer[bytes]]) -> None:
    assert decode(Sample, encode(sample(answer))) == sample(answer)


def test_the_evidence_of_a_mail_comes_back_as_it_was() -> None:
    evidence = verify(sealed(signed(signed(), selector="gone")), published(), SESSION, NOW)
    assert decode(MessageEvidence, encode(evidence)) == evidence


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (int, b"true"),
        (int, b'"1"'),
        (int, b"1.0"),
        (str, b"1"),
        (bool, b"0"),
        (bytes, '"例"'.encode()),
        (tuple[int, ...], b'[1, "a"]'),
        (tuple[int, str], b"[1]"),
        (tuple[int, ...], b'{"": 1}'),
        (Literal["a"], b'"b"'),
        (Severity, b'"worst"'),
        (MxHost, b'{"": "Sample", "preference": 1, "host": "a"}'),
        (MxHost, b'{"": "MxHost", "preference": 1}'),
        (MxHost, b"null"),
        (int | None, b'"a"'),
        (datetime, b'"yesterday"'),
        (Mapping[str, int], b'[["a"]]'),
        (int, b"[" * 100_000),
        (int, b"\xff"),
        (int, b""),
        (object, b"1"),
    ],
)
def test_what_is_not_of_the_declared_type_is_refused(kind: object, data: bytes) -> None:
    with pytest.raises(WireError):
        decode(kind, data)


def test_what_is_no_plain_data_is_not_sent() -> None:
    with pytest.raises(TypeError):
        encode((object(),))
