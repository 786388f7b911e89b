"""The course of an evaluation, held against pyspf, which goes it with the same answers for an address in no record."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
import spf
from hypothesis import given, settings
from hypothesis import strategies as st
from spf_world import looked_up, running, zone

from checks.evidence.spf import SpfEvidence, SpfLookupEvidence
from checks.parse.spf_course import Course, Family, course

CLIENTS: Mapping[Family, str] = {4: "203.0.113.99", 6: "2001:db8:ffff::99"}
HOSTS = {
    "four": "A 192.0.2.1",
    "six": "AAAA 2001:db8::1",
    "both": "A 192.0.2.1\nAAAA 2001:db8::1",
    "text": 'TXT "nothing else"',
    "one": "MX 10 both.example.",
    "three": "MX 10 four.example.\nMX 20 six.example.\nMX 5 gone.example.",
    "null": "MX 0 .",
    "crowd": "\n".join(f"MX {n} both{n}.example." for n in range(11)),
}
PROBLEMS = {"voids": "Void lookup limit", "lookups": "Too many DNS lookups", "mx_names": "More than 10 MX"}


class Receiver(spf.query):  # type: ignore[misc]  # pyspf has no types
    """pyspf over a world given as text, without a network."""

    def __init__(self, client_ip: str, world: Mapping[str, str]) -> None:
        super().__init__(i=client_ip, s="someone@d.example", h="mx.example", strict=True)
        self.world = world

    def dns(self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False) -> list[Any]:
        lines = self.world.get(str(name).lower().removesuffix(".example"), "").splitlines()
        found = [value for line in lines if (value := read(line, qtype)) is not None]
        if not found and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError(f"Void lookup limit of {spf.MAX_VOID_LOOKUPS} exceeded")
        return found


def counts_too_much(world: Mapping[str, str], problem: str) -> bool:
    """pyspf counts a redirect also where it is not come to, and so may go past ten where RFC 7208 does not."""
    return problem.startswith("Too many DNS lookups") and any("redirect=" in text for text in world.values())


def read(line: str, qtype: str) -> Any:
    if line.startswith("v=spf1"):
        return (line.encode(),) if qtype == "TXT" else None
    rdtype, *values = line.split()
    if rdtype != qtype or rdtype == "TXT":
        return (b"nothing else",) if rdtype == qtype else None
    return (int(values[0]), values[1].removesuffix(".")) if qtype == "MX" else values[0]


def courses(world: Mapping[str, str]) -> dict[Family, Course]:
    async def asked() -> tuple[SpfEvidence, SpfLookupEvidence]:
        async with running([zone(world)], deadline_s=20.0) as (run, _):
            return await asyncio.gather(run.evidence(SpfEvidence), run.evidence(SpfLookupEvidence))

    evidence, lookups = asyncio.run(asked())
    assert evidence.tree is not None
    answers = lookups.by_record()
    return {4: course(evidence.tree, answers, 4), 6: course(evidence.tree, answers, 6)}


HOST_TERMS = [f"{m}:{h}.example" for m in ("a", "mx", "exists") for h in [*HOSTS, "gone"]]
PLAIN_TERMS = ["a", "mx", "ip4:192.0.2.0/24", "ip6:2001:db8::/48", *HOST_TERMS]
NAMES = ["d", "i1", "i2", "i3", "i4", "none"]


@st.composite
def worlds(draw: st.DrawFn, *, loops: bool = False) -> dict[str, str]:
    """Valid records that include those after them (with `loops`: any), and hosts of every kind."""
    world = dict(HOSTS)
    for index, name in enumerate(NAMES[:-1]):
        # pyspf takes a record that includes itself for an error wherever that stands; RFC 7208 does not.
        others = [n for n in NAMES if n != name] if loops else NAMES[index + 1 :]
        # Mostly what is there: else every record ends at its third term.
        below = st.sampled_from([f"include:{n}.example" for n in others])
        hosts = st.sampled_from(["a:both.example", "mx:one.example", "a:four.example", "exists:gone.example"])
        terms = draw(st.lists(st.one_of(hosts, below, st.sampled_from(PLAIN_TERMS)), max_size=4))
        end = draw(st.sampled_from(["-all", "~all", "?all", "-all", "", "+all", "redirect"]))
        if end == "redirect":
            end = draw(below).replace("include:", "redirect=")
        qualifiers = draw(st.lists(st.sampled_from(["", "", "+", "-", "?"]), min_size=4, max_size=4))
        words = [q + t for q, t in zip(qualifiers, terms, strict=False)]
        own = draw(st.sampled_from(["", "\nA 192.0.2.7", "\nMX 10 both.example.", "\nA 192.0.2.7\nAAAA 2001:db8::7"]))
        world[name] = " ".join(["v=spf1", *words, end]).strip() + own
    return world


@given(worlds())
@settings(max_examples=200, deadline=None)
def test_lookups_and_void_lookups_are_those_of_pyspf(world: dict[str, str]) -> None:
    has_redirect = any("redirect=" in text for text in world.values())
    for family, met in courses(world).items():
        query = Receiver(CLIENTS[family], world)
        result, _, _ = query.check()
        problem = str(getattr(query, "prob", "") or "")
        assert met.why is None
        if counts_too_much(world, problem):
            continue
        assert (met.stop != "") == (result == "permerror"), (met, problem)
        if not has_redirect:
            # pyspf counts a redirect before all other terms, and where it is not come to as well.
            assert met.lookups == query.lookups
        if met.stop == "no_record":
            # The empty answer for the record is a void lookup too, and may be the one too many: permerror either way.
            assert 0 <= query.void_lookups - len(met.voids) <= 1
        elif not met.stop or not has_redirect:
            assert len(met.voids) == query.void_lookups
            assert not met.stop or problem.startswith(PROBLEMS[met.stop]), (met, problem)


@given(worlds(loops=True))
@settings(max_examples=100, deadline=None)
def test_what_goes_round_stops_where_pyspf_stops_too(world: dict[str, str]) -> None:
    for family, met in courses(world).items():
        query = Receiver(CLIENTS[family], world)
        result, _, _ = query.check()
        if counts_too_much(world, str(getattr(query, "prob", "") or "")):
            continue
        assert (met.stop != "") == (result == "permerror"), met


def met_by(family: Family, records: Mapping[str, str]) -> Course:
    evidence, lookups = looked_up(records)
    assert evidence.tree is not None
    return course(evidence.tree, lookups.by_record(), family)


def test_shared_hosting_with_a_records_only_has_no_void_lookup_over_ipv4() -> None:
    records = {
        "d": "v=spf1 +a:sv.example +a:d.example +mx ~all\nA 192.0.2.1\nMX 10 d.example.",
        "sv": "A 192.0.2.2",
    }
    assert met_by(4, records).voids == ()
    assert [void.asked for void in met_by(6, records).voids] == ["AAAA sv.example", "AAAA d.example", "AAAA d.example"]


def test_a_receiver_stops_at_the_third_and_what_comes_after_is_told() -> None:
    met = met_by(4, {"d": "v=spf1 a:x.example a:y.example a:z.example a:w.example ip6:2001:db8::/48 ~all"})
    assert (met.stop, met.lookups, len(met.voids)) == ("voids", 3, 3)
    assert [term.text for _, term in met.after] == ["a:w.example", "ip6:2001:db8::/48", "~all"]


@pytest.mark.parametrize(
    ("record", "stop", "lookups"),
    [
        ("v=spf1 exists:h.example a:x.example a:y.example a:z.example -all", "", 1),
        ("v=spf1 include:all.example a:x.example a:y.example a:z.example -all", "", 1),
        ("v=spf1 -include:all.example a:x.example -all", "", 1),
        ("v=spf1 include:ends.example a:h.example -all", "", 2),
        ("v=spf1 moo a:x.example a:y.example a:z.example -all", "syntax", 0),
        ("v=spf1 include:none.example a:x.example a:y.example a:z.example -all", "no_record", 1),
        ("v=spf1 include:d.example a:x.example a:y.example a:z.example -all", "loop", 1),
        ("v=spf1 " + "a:h.example " * 12 + "a:x.example -all", "lookups", 11),
    ],
)
def test_where_it_ends(record: str, stop: str, lookups: int) -> None:
    met = met_by(4, {"d": record, "h": "A 192.0.2.1", "all": "v=spf1 +all", "ends": "v=spf1 -all"})
    assert (met.stop, met.lookups) == (stop, lookups)


def test_what_depends_on_the_mail_is_told_apart() -> None:
    met = met_by(4, {"d": "v=spf1 ptr exists:%{i}.x.example a:%{d} include:%{o}.y.example redirect=%{d}.z.example"})
    assert [t.name for t in met.open_voids] == ["ptr", "exists", "a"]
    assert [t.name for t in met.open_targets] == ["include", "redirect"]
    assert (met.lookups, met.voids, met.stop, met.why) == (5, (), "", None)
