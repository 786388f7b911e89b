"""What is computed from the bytes of a mail, as plain data in and out. Imported by the workers: nothing heavy here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from checks.evidence.message import MessageEvidence, SessionEvidence
from checks.model import Answer, Known
from checks.parse import message
from checks.parse.message.addresses import find_author
from checks.parse.message.fields import split_mail


@dataclass(frozen=True, slots=True)
class Preparation:
    """What must be known of a mail before the DNS is asked.

    `author_domain`: of its one From address, A-labels, None where there is none. `key_names`: TXT questions.
    """

    author_domain: str | None
    key_names: tuple[str, ...]


def prepare(raw: bytes) -> Preparation:
    """Never raises but for want of stack or memory."""
    author = find_author(split_mail(raw).all(b"from"))
    return Preparation(author.domain, message.outline(raw).key_names)


def verify(
    raw: bytes, answers: Mapping[str, Known[Answer[bytes]]], session: SessionEvidence | None, now: datetime
) -> MessageEvidence:
    """`answers`: TXT by the names of the preparation. Never raises but for want of stack or memory."""
    return message.verify(raw, answers, session, now)
