"""Who handles the domain's mail, by what other probes have seen."""

from __future__ import annotations

import asyncio

from checks.evidence.dkim import KnownKeysEvidence, SelectorsEvidence
from checks.evidence.mx import MxEvidence
from checks.evidence.providers import ProvidersEvidence
from checks.evidence.spf import SpfEvidence
from checks.probes.run import Run
from checks.providers import services_of


async def ask_providers(run: Run) -> ProvidersEvidence:
    """From MX, SPF and the DKIM keys found; asks nothing itself."""
    mx, spf, known, selectors = await asyncio.gather(
        run.evidence(MxEvidence),
        run.evidence(SpfEvidence),
        run.evidence(KnownKeysEvidence),
        run.evidence(SelectorsEvidence),
    )
    return services_of(mx, spf, (*known.keys, *selectors.found))
