"""Verify a received mail: find out which keys it needs, ask for all at once, compute."""

from __future__ import annotations

import asyncio

from checks.evidence.message import MessageEvidence
from checks.parse.message import outline, verify
from checks.probes.run import Run


async def ask_message(run: Run) -> MessageEvidence:
    """What the mail of this run tells. Raises ValueError for a run without a mail.

    Both computations run outside the event loop: a large body takes a good part of a second.
    """
    if run.raw is None:
        raise ValueError("this run has no mail")
    names = (await asyncio.to_thread(outline, run.raw)).key_names
    answers = await asyncio.gather(*(run.dns.txt(name) for name in names))
    return await asyncio.to_thread(verify, run.raw, dict(zip(names, answers, strict=True)), run.session, run.now)
