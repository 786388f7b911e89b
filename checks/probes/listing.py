"""What the blocklists are asked, and whether they can be believed: for as long as a Checker lives (RFC 5782).

A list is believed only while it answers its own test entries as documented: one that it must list, and one that none
may list, since a list that was given up, or a resolver, may answer everything alike. They are asked once a day.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from checks.data.blocklists import Blocklist, Part, blocklists, key_names
from checks.evidence.blocklist import Listing
from checks.model import Absent, Answer, Known, Seen, Unreachable, Why
from checks.net.dns import Dns, DnsRun

_LOG = logging.getLogger(__name__)
_DAY_S = 86400.0
_AGAIN_S: Mapping[Why, float] = {Why.BLOCKED: 900.0, Why.FILTERED: 900.0, Why.REFUSED: 900.0, Why.INTERNAL: 900.0}
"""After how many seconds a list is tested again that does not answer as it should: somebody may mend it."""
_SILENT_AGAIN_S = 60.0
_TEST_DEADLINE_S = 20.0
"""A silent list is known after a few seconds; this is for a test that has to wait behind many other questions."""
_MAX_CODES = 8
_KEY = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63}){0,8}")

Family: TypeAlias = Literal["ipv4", "ipv6", "domain"]


def labels(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """The labels under which a list keeps an address: octets, or nibbles for IPv6, reversed (RFC 5782 section 2)."""
    return address.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")


_TEST_ENTRIES: Mapping[Family, tuple[str, str]] = {
    "ipv4": ("2.0.0.127", "1.0.0.127"),
    "ipv6": (labels(ipaddress.IPv6Address("::ffff:7f00:2")), labels(ipaddress.IPv6Address("::ffff:7f00:1"))),
    "domain": ("test", "invalid"),
}
"""The entry that every list has, and the one that none may have (RFC 5782 section 5)."""


@dataclass(frozen=True, slots=True)
class TestResult:
    """`fault`: why the list is not believed, None where it answers as documented. `answered`: what came for the entry
    that it must have."""

    __test__ = False
    fault: Unreachable | None
    answered: tuple[str, ...] = ()


class BlocklistAccess:
    """The lists that can be asked, with their keys, and what came of their tests. One per Checker.

    `keys`: by the name of the list's provider ("spamhaus", "abusix", "surbl", "uribl"). Raises ValueError, without the
    key in it, for another name and for what no key or zone name can be. No key ever leaves this object but in a query.
    """

    def __init__(
        self, dns: Dns, keys: Mapping[str, str] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._dns = dns
        self._keys = dict(keys or {})
        self._clock = clock
        self._tests: dict[tuple[str, Family], tuple[float, TestResult]] = {}
        self._testing: dict[tuple[str, Family], asyncio.Task[TestResult]] = {}
        for name, key in self._keys.items():
            if name not in key_names():
                known = ", ".join(sorted(key_names()))
                raise ValueError(f"no blocklist takes a key called {name!r}; known are {known}")
            if not _KEY.fullmatch(key):
                raise ValueError(f"the key for {name} has characters that no key has")

    def lists(self, kind: Literal["ip", "domain"]) -> tuple[Blocklist, ...]:
        return blocklists(kind, frozenset(self._keys))

    def has_key(self, bl: Blocklist) -> bool:
        return bl.key in self._keys

    async def ask(self, dns: DnsRun, bl: Blocklist, family: Family, entry: str) -> Known[Listing]:
        """What the list says of the entry (labels of an address, or a domain), its test side by side with it.

        A list that is known not to be believed is not asked at all.
        """
        if (known := self._remembered(bl, family)) and known.fault:
            return known.fault
        name = f"{entry}.{self._zone(bl)}"
        asked = dns.addresses(name, "A")
        try:
            test = await self.test(bl, family)
            told = read(bl, await asked)
        finally:
            asked.cancel()
        if isinstance(told, Unreachable):
            return told
        if test.fault is not None:
            return test.fault
        if isinstance(told, Seen):
            return Seen(_listing(bl, told.value, self._without_keys(await _reason(dns, name))))
        return told

    async def test(self, bl: Blocklist, family: Family) -> TestResult:
        """Whether the list answers its test entries; from memory where that is young enough, shared where under way."""
        if known := self._remembered(bl, family):
            return known
        which = (bl.zone, family)
        task = self._testing.get(which)
        if task is None:
            if self._dns.closed:
                return TestResult(Unreachable(Why.NETWORK))
            task = self._testing[which] = asyncio.create_task(self._test(bl, family))
            self._dns.start(task)
            task.add_done_callback(lambda done: self._testing.pop(which, None))
        await asyncio.wait({task})
        return TestResult(Unreachable(Why.NETWORK)) if task.cancelled() else task.result()

    def _remembered(self, bl: Blocklist, family: Family) -> TestResult | None:
        until, result = self._tests.get((bl.zone, family), (0.0, None))
        return result if self._clock() < until else None

    async def _test(self, bl: Blocklist, family: Family) -> TestResult:
        listed, clean = _TEST_ENTRIES[family]
        run = self._dns.run(_TEST_DEADLINE_S)
        names = (f"{bl.test or listed}.{self._zone(bl)}", f"{clean}.{self._zone(bl)}")
        answers = await asyncio.gather(*(run.addresses(name, "A") for name in names))
        fault = _fault(bl, *(read(bl, answer) for answer in answers))
        if fault is not None:
            _LOG.warning("blocklist %s fails its test (%s) and is not believed: %s", bl.zone, family, fault.why.value)
        answered = answers[0].value.values[:_MAX_CODES] if isinstance(answers[0], Seen) else ()
        result = TestResult(fault, answered)
        lasts = _DAY_S if fault is None else _AGAIN_S.get(fault.why, _SILENT_AGAIN_S)
        self._tests[bl.zone, family] = (self._clock() + lasts, result)
        return result

    def _zone(self, bl: Blocklist) -> str:
        key = self._keys.get(bl.key)
        return bl.keyed.format(key=key) if key else bl.zone

    def _without_keys(self, text: str) -> str:
        for key in self._keys.values():
            text = re.sub(re.escape(key), "...", text, flags=re.IGNORECASE)
        return text


def read(bl: Blocklist, answer: Known[Answer[str]]) -> Known[tuple[str, ...]]:
    """The codes that mean a listing. What the resolver says of a failure is left out, for it may name the key."""
    if not isinstance(answer, Seen):
        return Absent(answer.how) if isinstance(answer, Absent) else Unreachable(answer.why)
    values = answer.value.values
    if "127.255.255.252" in values:
        _LOG.error("blocklist %s says that its zone name is typed wrong", bl.zone)
        return Unreachable(Why.INTERNAL, f"{bl.zone} says that this zone name is wrong")
    if outside := [v for v in values if not v.startswith("127.")]:
        return Unreachable(Why.FILTERED, f"{bl.zone} answered {outside[0]}: a resolver rewrites its answers")
    if any(bl.refuses(v) for v in values):
        return Unreachable(Why.BLOCKED, f"{bl.zone} answered {values[0]}, which refuses the one who asks")
    if codes := tuple(v for v in values if bl.means_listed(v))[:_MAX_CODES]:
        return Seen(codes)
    return Unreachable(Why.BLOCKED, f"{bl.zone} answered {values[0]}, which it does not document")


def _fault(bl: Blocklist, listed: Known[tuple[str, ...]], clean: Known[tuple[str, ...]]) -> Unreachable | None:
    """Why the list is not believed, by what it says of its two test entries."""
    for answer in (listed, clean):
        if isinstance(answer, Unreachable):
            return answer
    if isinstance(listed, Absent):
        return Unreachable(Why.BLOCKED, f"{bl.zone} does not list its own test entry")
    if isinstance(clean, Seen):
        return Unreachable(Why.BLOCKED, f"{bl.zone} lists the test entry that no list may have")
    return None


_MAX_REASON = 300


async def _reason(dns: DnsRun, name: str) -> str:
    text = await dns.txt(name)
    if not isinstance(text, Seen) or not text.value.values:
        return ""
    return text.value.values[0].decode("utf-8", "replace")


def _listing(bl: Blocklist, codes: tuple[str, ...], reason: str) -> Listing:
    parts: list[Part] = [part for code in codes for part in bl.parts_of(code)]
    return Listing(
        codes,
        reason[:_MAX_REASON],
        tuple(dict.fromkeys(part.name for part in parts if part.name)),
        all(part.short_lived for part in parts),
        all(part.policy for part in parts),
    )
