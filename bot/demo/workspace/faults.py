"""What goes wrong on request, so that a test can see how the app takes it."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Fail:
    """Answer ``ok: false`` with this error; nothing happens."""

    error: str


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Answer 429 with this Retry-After in seconds; nothing happens."""

    retry_after: int


@dataclass(frozen=True, slots=True)
class DropResponse:
    """Do what was asked, then close the connection without an answer: a call of unknown outcome."""


Fault: TypeAlias = Fail | RateLimit | DropResponse


@dataclass(slots=True)
class Faults:
    """Faults that wait for their calls, first in first out for each method or kind of envelope."""

    _of_method: dict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    _redeliver: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _handshakes: list[int | None] = field(default_factory=list)

    def fail(self, method: str, error: str, times: int = 1) -> None:
        """The next ``times`` calls of ``method`` (e.g. chat.postMessage) answer this error."""
        self._of_method[method] += [Fail(error)] * times

    def rate_limit(self, method: str, retry_after: int, times: int = 1) -> None:
        """The next ``times`` calls answer 429."""
        self._of_method[method] += [RateLimit(retry_after)] * times

    def drop_response(self, method: str, times: int = 1) -> None:
        """The next ``times`` calls take effect and get no answer."""
        self._of_method[method] += [DropResponse()] * times

    def redeliver(self, envelope_type: str, times: int = 1) -> None:
        """The next ``times`` envelopes of this type (events_api, slash_commands, interactive) come once more after
        their ack, as if the ack had been lost."""
        self._redeliver[envelope_type] += times

    def fail_handshake(self, status: int | None, times: int = 1) -> None:
        """The next ``times`` sockets get this HTTP status instead of a connection, or for None no answer at all; their
        tickets are used up all the same."""
        self._handshakes += [status] * times

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._of_method.clear()
        self._redeliver.clear()
        self._handshakes.clear()

    def next_of(self, method: str) -> Fault | None:
        """Take the fault that waits for this call."""
        waiting = self._of_method[method]
        return waiting.pop(0) if waiting else None

    def next_handshakes(self) -> list[int | None]:
        """Take the fault that waits for this socket: a list of one, or of none."""
        taken, self._handshakes = self._handshakes[:1], self._handshakes[1:]
        return taken

    def takes_redelivery(self, envelope_type: str) -> bool:
        """Whether this envelope is to be delivered once more."""
        if self._redeliver[envelope_type] <= 0:
            return False
        self._redeliver[envelope_type] -= 1
        return True
