"""What is counted and measured, for Prometheus. Labels are words of ours or of Slack's API, never a stranger's text."""

import math
import re
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder

CHECK_S = (0.1, 0.25, 0.5, 1, 2, 4, 8, 12, 16, 20, 25)
"""Bounds of the histograms, in seconds: a report has a deadline of twenty."""
DNS_OUTCOMES = (
    "answer",
    "nodata",
    "nxdomain",
    "servfail",
    "timeout",
    "refused",
    "network",
    "bad_name",
    "filtered",
    "internal",
)
MAIL_OUTCOMES = (
    "accepted",
    "no_such_address",
    "used_up",
    "too_big",
    "one_at_a_time",
    "backlog",
    "no_memory",
    "storage",
    "too_many_connections",
    "session_ended",
    "other_temporary",
    "other_permanent",
)
NO_VERDICT = "none"
BROKEN = "broken"
_WORD = re.compile(r"[a-z][a-z_.A-Z]{0,49}\Z")
_MOST_WORDS = 100


class Metrics:
    """The registry of one App, and what the parts of the bot report to it. Everything is in seconds or counts."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._checks = Counter("mailcheck_checks", "Domain checks by verdict", ["verdict"], registry=registry)
        self._check_s = Histogram(
            "mailcheck_check_seconds", "How long a domain check took", buckets=CHECK_S, registry=registry
        )
        self._analyses = Counter("mailcheck_analyses", "Analysed mails by verdict", ["verdict"], registry=registry)
        self._analysis_s = Histogram(
            "mailcheck_analysis_seconds", "How long the analysis of a mail took", buckets=CHECK_S, registry=registry
        )
        self._dns = Counter("mailcheck_dns_questions", "DNS questions by outcome", ["outcome"], registry=registry)
        self._mails = Counter(
            "mailcheck_mails", "Mails taken, and refusals by reason, of the mailbox", ["outcome"], registry=registry
        )
        self._calls = Counter(
            "mailcheck_slack_calls", "Calls of Slack's Web API", ["method", "outcome"], registry=registry
        )
        self._throttled = Counter(
            "mailcheck_slack_throttled", "Answers 429 of Slack's Web API", ["method"], registry=registry
        )
        self._reconnects = Counter(
            "mailcheck_slack_socket_reconnects", "Connections of our sockets after the first of each", registry=registry
        )
        self._connected = Gauge(
            "mailcheck_slack_socket_connected", "1 while one of our sockets is connected", registry=registry
        )
        self._app_sockets = Gauge(
            "mailcheck_slack_app_connections",
            "Sockets of this app, those of other processes too, when ours was last connected",
            registry=registry,
        )
        self._work = Gauge("mailcheck_work_waiting", "Work that the engine was not handed yet", registry=registry)
        self._unanalysed = Gauge("mailcheck_mails_unanalysed", "Mails received, not analysed yet", registry=registry)
        self._unsent = Gauge(
            "mailcheck_outbox_messages", "Messages that Slack shall show and does not", registry=registry
        )
        self._oldest_s = Gauge(
            "mailcheck_outbox_oldest_seconds", "How long the oldest of them waits", registry=registry
        )
        self._words: set[str] = set()
        _begin_at_zero(self._dns, DNS_OUTCOMES)
        _begin_at_zero(self._mails, MAIL_OUTCOMES)

    def domain_checked(self, verdict: str, seconds: float) -> None:
        """`verdict`: the report's, NO_VERDICT or BROKEN."""
        self._checks.labels(verdict).inc()
        self._check_s.observe(seconds)

    def mail_analysed(self, verdict: str, seconds: float) -> None:
        self._analyses.labels(verdict).inc()
        self._analysis_s.observe(seconds)

    def dns_answered(self, outcome: str) -> None:
        self._dns.labels(outcome).inc()

    def mail_answered(self, outcome: str) -> None:
        """`outcome`: of MAIL_OUTCOMES, the words of the mailbox."""
        self._mails.labels(outcome).inc()

    def slack_called(self, method: str, outcome: str) -> None:
        """`outcome`: ok, a way the call failed, or Slack's word for why it refused."""
        self._calls.labels(method, self._bounded(outcome)).inc()

    def slack_throttled(self, method: str) -> None:
        self._throttled.labels(method).inc()

    def socket_opened(self, app_connections: int, *, again: bool) -> None:
        """Slack greeted one of our sockets, `again` if it was connected before, and said how many the app has."""
        if again:
            self._reconnects.inc()
        self._app_sockets.set(app_connections)

    def socket_is(self, connected: bool | None) -> None:
        """None: could not be told."""
        self._connected.set(math.nan if connected is None else connected)

    def waiting(self, *, work: float, mails: float, unsent: float, oldest_s: float) -> None:
        """math.nan where it could not be told."""
        self._work.set(work)
        self._unanalysed.set(mails)
        self._unsent.set(unsent)
        self._oldest_s.set(oldest_s)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """The metrics in the format that an Accept field asks for, and its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def _bounded(self, word: str) -> str:
        """Slack's words are few, but nothing says so; each new one is a new series for ever."""
        if word not in self._words and (len(self._words) >= _MOST_WORDS or not _WORD.match(word)):
            return "other"
        self._words.add(word)
        return word


def _begin_at_zero(counter: Counter, outcomes: Iterable[str]) -> None:
    """A series that begins with its first increment shows no increase."""
    for outcome in outcomes:
        counter.labels(outcome)
