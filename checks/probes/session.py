"""The session that brought the mail: nothing to ask, it was given with it."""

from __future__ import annotations

from checks.evidence.message import SessionEvidence
from checks.probes.run import Run


async def ask_session(run: Run) -> SessionEvidence:
    return run.session or SessionEvidence(None, None, None, None, None)
