"""The corrected record: valid, for the same senders as the old one, and the same whatever is wrong with it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.evidence.spf import SpfNode, SpfRecord, SpfTerm
from checks.model import Absent, Seen, Unreachable, Why
from checks.parse.spf import parse_spf
from checks.parse.spf_proposal import Fault, Proposal, corrected, proposed
from checks.parse.spf_redundancy import network_of, prefix_lengths, redundancies
from checks.parse.spf_repair import misread_terms

NOT_FOLLOWED = Unreachable(Why.NOT_COVERED, "not followed")


def child(term: SpfTerm, kind: str) -> SpfNode:
    """What an include or redirect leads to: fine, dead, open, or a loop."""
    if kind == "dead":
        return SpfNode(term.target.lower(), term, Absent("nxdomain"), None, (), 0)
    if kind == "loop":
        return SpfNode(term.target.lower(), term, NOT_FOLLOWED, None, (), 0, loops=True)
    text = "v=spf1 +all" if kind == "open" else "v=spf1 ip4:198.51.100.0/24 -all"
    return SpfNode(term.target.lower(), term, Seen((text,)), parse_spf(text), (), 0)


def node(text: str, kinds: dict[str, str] | None = None, *, via: SpfTerm | None = None) -> SpfNode:
    record = parse_spf(text)
    children = [
        child(t, (kinds or {}).get(t.target.lower(), "fine"))
        for t in record.reached
        if t.name in ("include", "redirect")
    ]
    return SpfNode("d.example", via, Seen((text,)), record, tuple(children), 0)


INCLUDED = parse_spf("v=spf1 include:d.example").terms[0]


@pytest.mark.parametrize(
    ("record", "kinds", "meant", "mended"),
    [
        ("mx ipv4:11.0.0.1 ?all", {}, "mx ip4:11.0.0.1 ~all", {Fault.SYNTAX, Fault.END}),
        ("mx", {}, "mx ~all", {Fault.END}),
        ("mx exp=e.example", {}, "mx ~all exp=e.example", {Fault.END}),
        ("mx +all", {}, "mx ~all", {Fault.OPEN}),
        ("mx +all a", {}, "mx a ~all", {Fault.OPEN, Fault.UNREACHED}),
        ("mx include:a.example -all", {"a.example": "open"}, "mx -all", {Fault.OPEN}),
        ("include:a.example mx mx", {"a.example": "dead"}, "mx ~all", {Fault.DEAD, Fault.REDUNDANT, Fault.END}),
        ("mx redirect=a.example", {"a.example": "dead"}, "mx ~all", {Fault.DEAD}),
        ("mx include:d.example ~all", {"d.example": "loop"}, "mx ~all", {Fault.LOOP}),
        ("mx ~all -all", {}, "mx ~all", {Fault.UNREACHED}),
        ("mx ~all MX", {}, "mx ~all", {Fault.UNREACHED}),
        ("mx ~all -a", {}, "mx ~all", {Fault.UNREACHED}),
        ("include:a.example redirect=a.example ~all", {}, "include:a.example ~all", {Fault.UNREACHED}),
        ("-all -all", {}, "-all", {Fault.UNREACHED}),
        ("a a:d.example +A:D.example. mx/32 mx -all", {}, "a mx/32 -all", {Fault.REDUNDANT}),
        ("ip4:11.0.0.0/24 ip4:11.0.0.7 -all", {}, "ip4:11.0.0.0/24 -all", {Fault.REDUNDANT}),
        ("ip4:11.0.0.7 ip4:11.0.0.0/24 -all", {}, "ip4:11.0.0.0/24 -all", {Fault.REDUNDANT}),
        ("ip4:11.0.0.7 ip4:11.0.0.7/32 -all", {}, "ip4:11.0.0.7 -all", {Fault.REDUNDANT}),
        ("ip6:2400::/32 ip6:2400:0:1::/48 -all", {}, "ip6:2400::/32 -all", {Fault.REDUNDANT}),
    ],
)
def test_what_is_certain_is_mended(record: str, kinds: dict[str, str], meant: str, mended: set[Fault]) -> None:
    assert proposed(node(f"v=spf1 {record}", kinds)) == Proposal(f"v=spf1 {meant}", frozenset(mended))


@pytest.mark.parametrize(
    ("record", "kinds"),
    [
        ("-all", {}),
        ("", {}),
        ("?all", {}),
        ("+all", {}),
        ("mx ptr ~all", {}),
        ("mx ~all include:a.example", {}),
        ("mx redirect=a.example ~all", {}),
        ("include:a.example -all", {"a.example": "dead"}),
        ("redirect=a.example", {"a.example": "dead"}),
        ("mx moo ?all", {}),
        ("ip4:0.0.0.0/0 -all", {}),
        ("ip4:10.0.0.1 -all", {}),
        ("-ip4:11.0.0.0/24 ip4:11.0.0.7 -all", {}),
        ("ip4:11.0.0.7 -ip4:11.0.0.0/24 -all", {}),
        ("ip4:11.0.0.7 include:a.example ip4:11.0.0.0/24 -all", {}),
        ("a:%{d} a:%{D} a/24//64 a:x.example -all", {}),
        ("mx" + " mx" * 300, {}),
    ],
)
def test_what_only_the_owner_can_decide_stays(record: str, kinds: dict[str, str]) -> None:
    assert proposed(node(f"v=spf1 {record}", kinds)) == Proposal(None, frozenset())


def test_a_fault_that_stays_is_not_said_to_be_mended() -> None:
    proposal = proposed(node("v=spf1 mx mx ~all include:a.example"))
    assert proposal.for_fault(Fault.REDUNDANT) == "v=spf1 mx ~all include:a.example"
    assert proposal.for_fault(Fault.UNREACHED) is None


def test_a_long_record_of_distinct_networks_is_corrected_at_once() -> None:
    """Every term is compared with every other once, not once more for each that is not reached."""
    reached = " ".join(f"ip6:2400:{i:x}::1" for i in range(130))
    after = " ".join(f"ip6:2401:{i:x}::1" for i in range(69))
    tree = node(f"v=spf1 {reached} -all {after}")
    began = time.process_time()
    assert proposed(tree) == Proposal(None, frozenset())
    assert time.process_time() - began < 2


def test_after_the_end_goes_only_what_is_listed_before_it() -> None:
    """What another one after it covers is listed nowhere."""
    text = "v=spf1 ip4:11.0.0.0/24 -all ip4:11.0.0.7 ip4:12.0.0.0/24 ip4:12.0.0.7 ip4:11.0.0.0/8"
    assert proposed(node(text)) == Proposal(None, frozenset())
    assert proposed(node("v=spf1 mx -all mx/32 ip4:11.0.0.7 ip4:11.0.0.0/24")) == Proposal(None, frozenset())


def test_the_end_of_an_included_record_is_nobodys_fault() -> None:
    assert proposed(node("v=spf1 mx", via=INCLUDED)) == Proposal(None, frozenset())
    assert proposed(node("v=spf1 mx mx", via=INCLUDED)).text == "v=spf1 mx"
    assert (
        proposed(node("v=spf1 mx ?all", via=parse_spf("v=spf1 redirect=d.example").terms[0])).text == "v=spf1 mx ~all"
    )


@pytest.mark.parametrize(
    ("inside", "outer", "gone"),
    [
        ("include:b.example -all", "_spf.d.example", True),
        ("include:b.example -all", "net.b.example", True),
        ("include:b.example -all", "a.example", False),
        ("-mx include:b.example -all", "_spf.d.example", False),
    ],
)
def test_an_include_that_another_include_leads_to_anyhow(inside: str, outer: str, gone: bool) -> None:
    """But not where only a third party's record leads there: that may change."""
    record = parse_spf(f"v=spf1 {inside}")
    below = child(next(t for t in record.terms if t.name == "include"), "fine")
    top = parse_spf(f"v=spf1 include:{outer} include:b.example ~all")
    wide = SpfNode(outer, top.terms[0], Seen((record.text,)), record, (below,), 1)
    tree = SpfNode("d.example", None, Seen((top.text,)), top, (wide,), 3)
    assert proposed(tree).text == (f"v=spf1 include:{outer} ~all" if gone else None)


@dataclass(frozen=True)
class Client:
    """An address, and how near it is to each name that a term asks for: 0 not, 1 in the same /24, 2 the same."""

    address: str
    near: tuple[tuple[str, int], ...]

    def matches(self, term: SpfTerm, kinds: dict[str, str]) -> bool:
        if (network := network_of(term)) is not None:
            return parse_network(self.address) in network.hosts() or str(network.network_address) == self.address
        kind = kinds.get(term.target.lower()) if term.name in ("include", "redirect") else None
        if kind is not None:
            return kind == "open" or (kind == "fine" and dict(self.near).get(term.target.lower(), 0) > 0)
        if term.name == "all":
            return True
        how_near = dict(self.near).get(term.target.lower() or "d.example", 0)
        return how_near >= (1 if prefix_lengths(term)[0] <= 24 and term.name in ("a", "mx") else 2)


def parse_network(address: str) -> object:
    network = network_of(parse_spf(f"v=spf1 ip4:{address}").terms[0])
    assert network is not None
    return network.network_address


def passes(record: SpfRecord, client: Client, kinds: dict[str, str]) -> bool:
    for term in record.reached:
        if client.matches(term, kinds):
            return term.qualifier in ("+", "")
    return False


TARGETS = ("a.example", "b.example", "d.example")
CLIENTS = [
    Client(address, tuple(zip(TARGETS, near, strict=True)))
    for address in ("11.0.0.0", "11.0.0.1", "11.0.0.6", "12.0.0.1")
    for near in itertools.product((0, 1, 2), repeat=len(TARGETS))
]

_QUALIFIED = st.builds(
    "{}{}".format,
    st.sampled_from(["", "", "", "+", "-", "?", "~"]),
    st.sampled_from(
        ["all", "ip4:11.0.0.0/29", "ip4:11.0.0.0/31", "ip4:11.0.0.1", "ip4:11.0.0.6", "a", "a/24", "a:A.example", "a:a.example/24", "a:d.example", "mx", "mx:b.example", "ptr", "include:a.example", "include:b.example", "include:A.example."]
    ),
)  # fmt: skip
_TEXTS = st.builds(
    lambda terms, redirect: " ".join(["v=spf1", *terms, *redirect]),
    st.lists(_QUALIFIED, max_size=6),
    st.sampled_from([(), (), ("redirect=b.example",)]),
)
_KINDS = st.fixed_dictionaries({t: st.sampled_from(["fine", "fine", "dead", "loop", "open"]) for t in TARGETS[:2]})


@settings(deadline=None)
@given(_TEXTS, _KINDS, st.booleans())
def test_no_sender_is_lost_or_added(text: str, kinds: dict[str, str], is_own: bool) -> None:
    """Nor is the record wider; where everybody passed, it is narrower."""
    tree = node(text, kinds, via=None if is_own else INCLUDED)
    proposal = proposed(tree)
    if proposal.text is None:
        return
    before, after = parse_spf(text), parse_spf(proposal.text)
    assert after.error is None
    kinds = {name: "none" if kind in ("dead", "loop") else kind for name, kind in kinds.items()}
    for client in CLIENTS:
        was, is_now = passes(before, client, kinds), passes(after, client, kinds)
        assert was == is_now or (was and Fault.OPEN in proposal.mended)


@given(_TEXTS)
def test_a_corrected_record_needs_no_correction(text: str) -> None:
    if (once := corrected(text, "d.example").text) is not None:
        assert corrected(once, "d.example").text is None


@given(st.text(alphabet="amx:/=.,;-~+? 1248%{}dinclurets\u3000\uff1a", max_size=60))
def test_no_text_raises_and_what_comes_out_is_valid(text: str) -> None:
    if (new := corrected(f"v=spf1 {text}", "d.example").text) is not None:
        record = parse_spf(new)
        assert record.error is None
        assert not misread_terms(record)
        assert record.all_term is None or record.all_term.qualifier != "+"


@given(_TEXTS)
def test_what_covers_a_redundant_term_stays(text: str) -> None:
    terms = [t for t in parse_spf(text).reached if t.kind == "mechanism"]
    found = list(redundancies(terms, "d.example"))
    assert len({r.term.position for r in found}) == len(found)
    for r in found:
        assert r.term.qualifier == r.covered_by.qualifier
        assert chain_ends(r.covered_by, {f.term.position: f.covered_by for f in found})


def chain_ends(term: SpfTerm, covered: dict[int, SpfTerm]) -> bool:
    def walk() -> Iterator[SpfTerm]:
        at = term
        for _ in range(20):
            yield at
            if at.position not in covered:
                return
            at = covered[at.position]
        raise AssertionError("terms cover each other in a circle")

    return bool(list(walk()))
