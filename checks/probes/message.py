"""Verify a received mail: find out which keys it needs, ask for all at once, compute."""

from __future__ import annotations

import asyncio

from checks.evidence.message import MessageEvidence
from checks.isolation.pool import NotAnalysed
from checks.probes.run import Run


async def ask_message(run: Run) -> MessageEvidence:
    """What the mail of this run tells. Raises ValueError for a run without a mail, NotAnalysed for one over the limits.

    Both computations run outside the event loop, which they would hold for a good part of a second.
    """
    if run.raw is None:
        raise ValueError("this run has no mail")
    prepared = run.prepared or await run.isolation.prepare(run.raw)
    if isinstance(prepared, NotAnalysed):
        raise prepared
    names = prepared.key_names
    answers = await asyncio.gather(*(run.dns.txt(name) for name in names))
    return await run.isolation.verify(run.raw, dict(zip(names, answers, strict=True)), run.session, run.now)
