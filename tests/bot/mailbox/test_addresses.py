"""Addresses of MAIL and RCPT: the short way for the usual ones reads them as the whole parser does."""

import asyncio
from pathlib import Path

import pytest
from posted import Setup, run, talk


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("<a.b+c=d@mail-1.sender.example>", b"250"),
        ("<a@b>   SIZE=100 BODY=8BITMIME", b"250"),
        ('<"a b"@sender.example>', b"250"),
        ("<a@[192.0.2.1]>", b"250"),
        ("<>", b"250"),
        ("<a@sender..example>", b"553"),
        ("<a@>", b"553"),
    ],
)
def test_a_sender_is_taken_or_refused_by_the_form_of_its_address(tmp_path: Path, path: str, answer: bytes) -> None:
    async def body(setup: Setup) -> None:
        lines = await asyncio.to_thread(
            talk, setup, b"EHLO c.example\r\n", f"MAIL FROM:{path}\r\n".encode(), b"QUIT\r\n"
        )
        assert lines.splitlines()[-2][:3] == answer

    run(tmp_path, body)
