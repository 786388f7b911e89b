"""The checker, counted and timed."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from bot.observation.metrics import BROKEN, NO_VERDICT, Metrics
from checks import Checker, Isolation, Progress, Report, Session

LOG = logging.getLogger(__name__)


class ObservedChecker(Checker):
    """A Checker that tells `metrics` of every report and every DNS answer."""

    def __init__(
        self,
        metrics: Metrics,
        nameservers: Sequence[str] | None = None,
        *,
        deadline_s: float,
        isolation: Isolation | None = None,
        blocklist_keys: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            nameservers,
            deadline_s=deadline_s,
            on_dns=metrics.dns_answered,
            isolation=isolation,
            blocklist_keys=blocklist_keys,
        )
        self._metrics = metrics

    async def check_domain(
        self,
        name: str,
        topics: Iterable[str] | None = None,
        known_selectors: Sequence[str] = (),
        on_progress: Callable[[Progress], None] | None = None,
        monitoring_since: datetime | None = None,
    ) -> Report:
        began = time.monotonic()
        try:
            report = await super().check_domain(name, topics, known_selectors, on_progress, monitoring_since)
        except Exception:
            self._metrics.domain_checked(BROKEN, time.monotonic() - began)
            raise
        verdict = report.verdict.value if report.verdict else NO_VERDICT
        self._metrics.domain_checked(verdict, time.monotonic() - began)
        LOG.info("a domain was checked", extra={"verdict": verdict, **report.metrics})
        return report

    async def check_message(
        self, raw: bytes, session: Session | None = None, on_progress: Callable[[Progress], None] | None = None
    ) -> Report:
        began = time.monotonic()
        try:
            report = await super().check_message(raw, session, on_progress)
        except Exception:
            self._metrics.mail_analysed(BROKEN, time.monotonic() - began)
            raise
        verdict = report.verdict.value if report.verdict else NO_VERDICT
        self._metrics.mail_analysed(verdict, time.monotonic() - began)
        LOG.info("a mail was analysed", extra={"verdict": verdict, "size": len(raw), **report.metrics})
        return report
