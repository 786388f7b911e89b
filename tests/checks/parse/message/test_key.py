"""What a DKIM key record says beside the key."""

from __future__ import annotations

import pytest

from checks.parse.message.key import key_flags, looks_like_key, without_testing


@pytest.mark.parametrize(
    ("record", "flags", "without"),
    [
        ("v=DKIM1; k=rsa; t=y; p=AAAA", ("y",), "v=DKIM1; k=rsa; p=AAAA"),
        ("v=DKIM1; t=s:y; p=AAAA", ("s", "y"), "v=DKIM1; t=s; p=AAAA"),
        ("v=DKIM1;t= Y : s ;p=AAAA", ("y", "s"), "v=DKIM1;t=s;p=AAAA"),
        ("t=y; p=AAAA", ("y",), "p=AAAA"),
        ("v=DKIM1; p=AAAA; t=y", ("y",), "v=DKIM1; p=AAAA"),
        ("v=DKIM1; p=AAAA; t=y;", ("y",), "v=DKIM1; p=AAAA;"),
        ("v=DKIM1; t=s; p=AAAA", ("s",), None),
        ("v=DKIM1; t=; p=AAAA", (), None),
        ("v=DKIM1; p=AAAA", (), None),
        ("v=DKIM1; t=y; t=y; p=AAAA", (), None),
        ("no tag list", (), None),
        ("", (), None),
    ],
)
def test_flags(record: str, flags: tuple[str, ...], without: str | None) -> None:
    assert key_flags(record) == flags
    assert without_testing(record) == without
    assert without is None or key_flags(without) == tuple(flag for flag in flags if flag != "y")


@pytest.mark.parametrize(
    ("record", "is_key"),
    [
        (b"v=DKIM1; p=AAAA", True),
        (b"V = dkim1; k=rsa", True),
        (b"p=AAAA", True),
        (b"k=rsa; p=", True),
        (b"k=rsa;\tp = AAAA", True),
        (b"v=spf1 -all", False),
        (b"o=~; r=postmaster@example.jp", False),
        (b"help=1", False),
        (b"", False),
        (b"\xff\x00", False),
    ],
)
def test_other_records_are_no_keys(record: bytes, is_key: bool) -> None:
    assert looks_like_key(record) == is_key
