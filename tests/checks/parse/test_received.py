"""What a Received field tells, in the hands of many servers."""

from datetime import UTC, datetime

import pytest

from checks.evidence.message import HearsayEvidence, SessionEvidence
from checks.parse.message import verify
from checks.parse.message.received import read_received

IP = "192.0.2.25"
CIPHER = "TLS_AES_256_GCM_SHA384"
OLD_CIPHER = "ECDHE-RSA-AES256-SHA"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            f" from mx.example.com (mx.example.com [{IP}])\r\n\t(using TLSv1.3 with cipher {CIPHER} (256/256 bits)"
            " key-exchange X25519)\r\n\t(No client certificate requested)\r\n\tby mail.example.net (Postfix) with ESMTPS"
            " id 4ABC for <a@example.net>; Tue, 24 Nov 2026 09:00:00 +0900",
            (IP, "mx.example.com", "ESMTPS", "TLSv1.3", CIPHER),
        ),
        (
            f"from mx.example.com (mx.example.com. [{IP}]) by mx.example.net with ESMTPS id x (version=TLS1_3 "
            f"cipher={CIPHER} bits=256/256); Tue, 24 Nov 2026",
            (IP, "mx.example.com", "ESMTPS", "TLSv1.3", CIPHER),
        ),
        (
            f"from [{IP}] (helo=mx.example.com) by mail.example.net with esmtps (TLS1.3) tls {CIPHER} (Exim 4.96)",
            (IP, "mx.example.com", "ESMTPS", "TLSv1.3", CIPHER),
        ),
        (
            f"from mx.example.com ([{IP}]) by mail.example.net with esmtps (TLSv1:{OLD_CIPHER}:256) (Exim 4.80)",
            (IP, "mx.example.com", "ESMTPS", "TLSv1", OLD_CIPHER),
        ),
        (
            "from mx.example.com (2001:db8::25) by mail.example.net (2001:db8::1) with Microsoft SMTP Server "
            f"(version=TLS1_2, cipher={OLD_CIPHER}) id 15.20",
            ("2001:db8::25", "mx.example.com", "MICROSOFT", "TLSv1.2", OLD_CIPHER),
        ),
        (
            "from mx.example.com (unknown [IPv6:2001:db8::25]) by mail.example.net with ESMTP",
            ("2001:db8::25", "mx.example.com", "ESMTP", None, None),
        ),
        ("from mx.example.com", (None, "mx.example.com", None, None, None)),
        ("from a (b [999.1.1.1]) by c", (None, "a", None, None, None)),
    ],
    ids=["postfix", "gmail", "exim", "old exim", "exchange", "in clear", "name only", "no address"],
)
def test_the_topmost_hop_is_read(text: str, told: tuple[str | None, ...]) -> None:
    assert read_received(text) == HearsayEvidence(*told)


@pytest.mark.parametrize("text", ["", "by mail.example.net with LMTP id x", "(qmail 123 invoked by uid 0); x", "from"])
def test_a_field_without_a_client_tells_nothing(text: str) -> None:
    assert read_received(text) is None


@pytest.mark.parametrize("text", ["from " + "a" * 100_000, "from a (" + "[" * 100_000, "from " + "(helo " * 50_000])
def test_what_is_too_long_is_cut(text: str) -> None:
    told = read_received(text)
    assert told is None or len(told.helo or "") <= 255


def test_hearsay_is_read_from_a_file_alone_and_from_its_topmost_field() -> None:
    raw = (
        f"Received: from mx.example.com ([{IP}]) by a.example.net with ESMTP; x\r\n"
        "Received: from other.example ([198.51.100.1]) by b.example.net with ESMTP; x\r\nFrom: a@example.com\r\n\r\nx\r\n"
    ).encode()
    now = datetime.now(UTC)
    seen = SessionEvidence("198.51.100.7", "c.example", "a@example.com", None, None)
    assert verify(raw, {}, None, now).hearsay == HearsayEvidence(IP, "mx.example.com", "ESMTP", None, None)
    assert verify(raw, {}, seen, now).hearsay is None
    assert verify(b"From: a@example.com\r\n\r\nx\r\n", {}, None, now).hearsay is None
