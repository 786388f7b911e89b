"""One evaluation of SPF (check_host(), RFC 7208 section 4) by pyspf, over the answers at hand.

pyspf keeps the state, the limits and what its errors mean. Its evaluation of a record is replaced, for it differs from
the RFC: it expands every macro and counts `redirect` before it comes to them, gives up at the first name that is too
long, keeps other delimiters than the dot, takes one %{p} for all records, looks up every host of an `mx` although one
has matched, and fetches explanations that nobody will see.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, TypeAlias, cast

import spf

from checks.evidence.spf import SpfRecord, SpfTerm
from checks.model import Known, MxHost, Seen, Unreachable, Why
from checks.parse.spf import parse_spf, spf_records
from checks.parse.spf_macros import BadMacro, expand, expand_domain, letters

MAX_EXPLANATION = 500
"""Characters. It is a stranger's text."""

_PREFIX = re.compile(r"(?:/(\d+))?(?://(\d+))?")

Key: TypeAlias = tuple[str, str]
"""What is asked: name and type."""
Result: TypeAlias = Literal["pass", "fail", "softfail", "neutral", "none", "permerror", "temperror"]
_Told: TypeAlias = tuple[str, int, str]
"""What pyspf's methods hand on: the result, and two more that nobody reads."""


class MissingAnswer(Exception):
    """The evaluation came to a question that has no answer yet: `key`."""

    def __init__(self, key: Key) -> None:
        super().__init__(key)
        self.key = key


class Records:
    """The SPF records of an evaluation, each parsed once however often it begins anew."""

    def __init__(self) -> None:
        self._parsed: dict[str, SpfRecord] = {}

    def parsed(self, text: str) -> SpfRecord:
        return self._parsed.get(text) or self._parsed.setdefault(text, parse_spf(text))


@lru_cache(maxsize=4096)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Read once, although the evaluation comes to it in every round."""
    return ipaddress.ip_network(text, strict=False)


def is_checkable(domain: str) -> bool:
    """Section 4.3: what is no FQDN (an address literal), or what the DNS cannot hold, gives "none" unasked."""
    names = domain.split(".")
    is_fqdn = len(names) > 1 and not domain.startswith("[") and not names[-1].isdigit()
    return is_fqdn and all(0 < len(label) < 64 for label in names) and len(domain) < 254


class Evaluation(spf.query):  # type: ignore[misc]  # pyspf has no types
    """One evaluation. Raises MissingAnswer where it comes to a question without answer; it is then of no more use.

    `mechanism`: the term that matched, at the top level. `explanation`: of a fail, what the domain says of it (section
    6.2). `reached`: the terms evaluated. `finds_ipv6`: a host was found to have an IPv6 address. `unanswered`: why,
    by the text of the problem.
    """

    def __init__(
        self,
        client_ip: str,
        helo: str,
        sender: tuple[str, str],
        answers: Mapping[Key, Known[Any]],
        records: Records,
        now: str,
    ) -> None:
        """`sender`: local part and domain; `now`: seconds since 1970, for the t macro."""
        local, domain = sender
        super().__init__(i=client_ip, s=f"{local}@{domain}", h=helo, strict=True)
        # pyspf cuts the sender at its first @, which may belong to a quoted local part.
        self.l, self.o, self.d, self.t = local, domain, domain, now
        self.answers, self.records = answers, records
        self.unanswered: dict[str, Why] = {}
        self.reached: list[SpfTerm] = []
        self.finds_ipv6 = False
        self.explanation = ""
        self._final: tuple[SpfRecord, str] | None = None

    def evaluate(self) -> Result:
        result: Result = self.check()[0]
        if result == "fail" and self._final is not None:
            self.explanation = self._explained(*self._final)
        return result

    def dns_spf(self, domain: str) -> SpfRecord | None:
        """Sections 4.3 to 4.6: the one record of a name, None where there is none."""
        if not is_checkable(domain):
            return None
        texts = spf_records(self.dns(domain, "TXT"))
        if len(texts) > 1:
            raise spf.PermError(f"{domain} has {len(texts)} records")
        if not texts:
            return None
        record = self.records.parsed(texts[0])
        if record.error is not None:
            raise spf.PermError(f"{record.error.kind} in the record of {domain}", record.error.term[:100])
        if record.cut:
            raise self._cannot_tell(f"the record of {domain} is too long", Why.NOT_COVERED)
        return record

    def check0(self, record: SpfRecord | None, recursion: int) -> _Told:
        """Sections 4.6.2, 4.7 and 6.1: the terms from left to right, what none of them decides is neutral."""
        if record is None:
            return ("none", 250, "")
        if not recursion:
            self._final = (record, self.d)
        for term in self._used(record):
            self.reached.append(term)
            if term.needs_lookup:
                self.check_lookups()
            if term.name == "redirect":
                target = self._name(term)
                return cast(_Told, self.check1(self._existing(target), target, recursion))
            if self._matches(term, recursion):
                if not recursion:
                    self.mechanism = term.text
                return (spf.RESULTS[term.qualifier], 250, "")
        return ("neutral", 250, "")

    def _used(self, record: SpfRecord) -> Iterable[SpfTerm]:
        if self.l.isascii():
            return record.reached
        # Terms with the macros s and l match nothing where the local part is not ASCII (RFC 8616 section 4).
        return [term for term in record.reached if not (term.has_macro and letters(term.value) & {"s", "l"})]

    def _existing(self, name: str) -> SpfRecord:
        """Sections 5.2 and 6.1: for an include or redirect "none" is permerror."""
        record = self.dns_spf(name)
        if record is None:
            raise spf.PermError(f"{name[:253]} has no SPF record")
        return record

    def _matches(self, term: SpfTerm, recursion: int) -> bool:
        match term.name:
            case "all":
                return True
            case "ip4" | "ip6":
                return self._is_in([term.value.partition("/")[0]], term.value.partition("/")[2])
            case "include":
                target = self._name(term)
                return bool(self.check1(self._existing(target), target, recursion + 1)[0] == "pass")
            case "a":
                return self._is_in(self.dns(self._name(term), self.A), self._prefix(term))
            case "mx":
                return self._matches_mx(self._name(term), self._prefix(term))
            case "exists":
                return bool(self.dns(self._name(term), "A"))
            case _:
                return bool(spf.domainmatch(self.validated_ptrs(), self._name(term)))

    def _matches_mx(self, name: str, prefix: str) -> bool:
        hosts: list[MxHost] = self.dns(name, "MX")
        if len(hosts) > spf.MAX_MX:
            raise spf.PermError(f"{name} has more than {spf.MAX_MX} MX records")
        hosts = sorted(hosts, key=lambda mx: (mx.preference, mx.host))
        return any(self._is_in(self.dns(mx.host, self.A), prefix) for mx in hosts if mx.host)

    def _prefix(self, term: SpfTerm) -> str:
        match = _PREFIX.fullmatch(term.prefix)
        assert match is not None, "the parser has read it"
        return match[1 if self.A == "A" else 2] or ""

    def _is_in(self, addresses: Sequence[str], prefix: str) -> bool:
        """Whether the client is one of the addresses as far as the prefix goes; other families never match."""
        client = self.ipaddr
        networks = (_network(f"{a}/{prefix}" if prefix else a) for a in addresses)
        return any(network.version == client.version and client in network for network in networks)

    def _name(self, term: SpfTerm) -> str:
        """Section 4.8: the target name of a term."""
        return expand_domain(term.value, self._macro).lower() if term.value else self.d

    def _macro(self, letter: str) -> str:
        """Section 7.2. `r`, our own name, is not told to strangers."""
        return self._validated_name() if letter == "p" else str(getattr(self, letter) or "")

    def _validated_name(self) -> str:
        """The p macro (section 7.3): the current domain before a name below it before any other."""
        names, domain = [n.lower() for n in self.validated_ptrs(ignore_void=True)], self.d.lower()
        below = (n for n in names if n.endswith(f".{domain}"))
        return domain if domain in names else next(below, names[0] if names else "unknown")

    def validated_ptrs(self, ignore_void: bool = False) -> list[str]:
        """Section 5.5: where a lookup fails, `ptr` does not match, or the name is passed over; never temperror.

        How many names lead nowhere is in the hands of the client's operator, and no void lookup of the record's.
        """
        reverse = f"{spf.reverse_dots(self.i)}.{self.v}.arpa"
        try:
            names = self.dns(reverse, "PTR", ignore_void=ignore_void)[: spf.MAX_PTR]
        except spf.TempError:
            return []
        return [name for name in names if self._leads_back(name)]

    def _leads_back(self, name: str) -> bool:
        try:
            return self._is_in(self.dns(name, self.A, ignore_void=True), "")
        except spf.TempError:
            return False

    def _explained(self, record: SpfRecord, domain: str) -> str:
        """Section 6.2; "" wherever anything about it is wrong. Its lookups count towards no limit."""
        term = next((t for t in record.terms if t.kind == "modifier" and t.name == "exp"), None)
        if term is None:
            return ""
        self.d = domain
        try:
            texts = self.dns(self._name(term), "TXT", ignore_void=True)
            text = texts[0].decode("ascii") if len(texts) == 1 and len(texts[0]) <= 4 * MAX_EXPLANATION else ""
            said = expand(text, self._macro)
        except (spf.TempError, BadMacro, UnicodeDecodeError):
            return ""
        return said[:MAX_EXPLANATION] if said.isascii() and said.isprintable() else ""

    def dns(self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False) -> list[Any]:
        """The values of an answer, [] for none. The only way to the DNS; pyspf's own is not used."""
        name = name.removesuffix(".").lower()
        if not name or not name.isascii():
            return []
        known = self.answers.get((name, qtype))
        match known:
            case None:
                raise MissingAnswer((name, qtype))
            case Seen(answer):
                self.finds_ipv6 = self.finds_ipv6 or qtype == "AAAA"
                return list(answer.values)
            case Unreachable(why=Why.BAD_NAME):
                # A name that cannot exist, as a macro may make it: it does not exist, and nobody was asked.
                return []
            case Unreachable(why=why):
                raise self._cannot_tell(f"{qtype} {name}: {why}", why)
        if not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError(f"more than {spf.MAX_VOID_LOOKUPS} void lookups")
        return []

    def _cannot_tell(self, message: str, why: Why) -> spf.TempError:
        self.unanswered[message] = why
        return spf.TempError(message)
