"""The SPF tree as it is really asked for, against a name server on the loopback interface."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from spf_world import published, running, zone

from bot.demo.nameserver import ALWAYS, Fault
from checks.evidence.message import SessionEvidence, SpfResultEvidence
from checks.evidence.spf import SpfEvidence, SpfNode
from checks.model import Absent, Seen, Unreachable, Why
from checks.parse.spf import MAX_TERMS
from checks.probes.spf import MAX_RECORDS


def tree(records: Mapping[str, str], *, faults: tuple[Fault, ...] = ()) -> SpfNode:
    found = published(records, faults=faults).tree
    assert found is not None
    return found


def test_a_tree_is_followed_to_its_leaves_and_counted() -> None:
    root = tree(
        {
            "d": "v=spf1 mx include:A.example a:h.example redirect=r.example",
            "a": "v=spf1 include:b.example ip4:192.0.2.0/24 exists:%{i}.x.example ~all",
            "b": "v=spf1 a mx ptr -all include:never.example",
            "r": "v=spf1 ip4:198.51.100.1 -all",
        }
    )
    a, r = root.children
    assert (root.lookups, a.lookups, a.children[0].lookups, r.lookups) == (9, 5, 3, 0)
    assert [child.domain for child in root.children] == ["a.example", "r.example"]
    assert a.via is not None
    assert a.via.text == "include:A.example"
    assert root.why_unknown is None


def test_redirect_beside_all_is_not_followed() -> None:
    root = tree({"d": "v=spf1 redirect=r.example ~all"})
    assert (root.lookups, root.children) == (0, ())


def test_no_record_and_several_records_have_no_tree() -> None:
    assert published({"d": "v=other"}).records == ()
    assert isinstance(published({"e": "A 192.0.2.1"}).answer, Absent)
    several = published({"d": "v=spf1 mx -all\nv=spf1 a -all"})
    assert len(several.records) == 2
    assert several.tree is None


def test_a_name_server_that_fails_is_not_absence() -> None:
    evidence = published({"d": "v=spf1 -all"}, faults=(Fault("d.example", "TXT", rcode="SERVFAIL"),))
    assert isinstance(evidence.answer, Unreachable)
    assert evidence.answer.why is Why.SERVFAIL


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault("a.example", "TXT", rcode="SERVFAIL"), Why.SERVFAIL),
        (Fault("a.example", "TXT", drop=ALWAYS), Why.TIMEOUT),
        (Fault("a.example", "TXT", rcode="REFUSED"), Why.REFUSED),
    ],
)
def test_a_failed_include_keeps_its_reason(fault: Fault, why: Why) -> None:
    root = tree({"d": "v=spf1 include:a.example include:b.example -all", "b": "v=spf1 a -all"}, faults=(fault,))
    assert root.why_unknown is why
    assert root.lookups == 3


def test_an_include_target_without_record_is_absent() -> None:
    root = tree({"d": "v=spf1 include:none.example include:other.example include:x..example -all", "other": "v=other"})
    assert [child.records for child in root.children] == [Absent("nxdomain"), Absent("nodata"), Absent("nxdomain")]
    assert root.why_unknown is None


def test_a_loop_is_noticed_and_not_asked_for_again() -> None:
    async def asked() -> tuple[SpfEvidence, list[tuple[str, str]]]:
        records = {"d": "v=spf1 include:a.example -all", "a": "v=spf1 include:D.example include:a.example -all"}
        async with running([zone(records)]) as (run, server):
            return await run.evidence(SpfEvidence), server.log

    evidence, log = asyncio.run(asked())
    assert evidence.tree is not None
    assert [child.loops for child in evidence.tree.children[0].children] == [True, True]
    assert sorted(log) == [("a.example", "TXT"), ("d.example", "TXT")]
    assert evidence.tree.why_unknown is None


def test_a_target_with_macros_is_not_followed() -> None:
    root = tree({"d": "v=spf1 include:%{i}._spf.example a -all"})
    assert [(child.cut, child.children) for child in root.children] == [(True, ())]
    assert root.lookups == 2
    assert root.why_unknown is None


def test_depth_and_size_are_bounded() -> None:
    deep = {"d": "v=spf1 include:n0.example -all"}
    deep |= {f"n{i}": f"v=spf1 include:n{i + 1}.example -all" for i in range(40)}
    assert 10 < tree(deep).lookups < 20
    wide = {"d": "v=spf1 " + " ".join(f"include:w{i}.example" for i in range(9)) + " -all"}
    wide |= {f"w{i}": "v=spf1 " + " ".join(f"include:x{j}.example" for j in range(12)) for i in range(9)}
    wide |= {f"x{j}": "v=spf1 -all" for j in range(12)}
    root = tree(wide)
    assert len(list(root.paths())) == MAX_RECORDS
    assert root.lookups > 100


def test_a_huge_record_that_many_terms_lead_to_is_kept_once_and_in_part() -> None:
    huge = "v=spf1 " + "a:b.example " * 5_000
    root = tree({"d": "v=spf1 " + "include:b.example " * 58 + "-all", "b": huge})
    assert len({id(child.record) for child in root.children}) == 1
    assert root.lookups == 58 + 58 * MAX_TERMS
    assert len(repr(root)) < 6_000_000
    assert root.why_unknown is Why.NOT_COVERED


def test_a_record_of_lookups_alone_costs_no_more_than_a_receivers() -> None:
    async def asked(record: str) -> tuple[SpfEvidence, int]:
        records = {"d": f"{record}\nA 192.0.2.1", "a": "v=spf1 a:x.example/0"}
        async with running([zone(records)]) as (run, server):
            return await run.evidence(SpfEvidence), len(set(server.log))

    many = " ".join(f"a:h{i}.example/0" for i in range(190))
    assert asyncio.run(asked(f"v=spf1 {many} -all"))[1] == 1 + 10
    evidence, queries = asyncio.run(
        asked("v=spf1 mx include:a.example " + "ptr " * 6 + "a/0 a/1 ip4:192.0.2.0/24 ~all")
    )
    assert evidence.passing_networks == ("192.0.2.1/0", "192.0.2.0/24")
    assert queries == 4


def test_one_level_is_asked_at_once() -> None:
    async def asked() -> float:
        records = {"d": "v=spf1 " + " ".join(f"include:n{i}.example" for i in range(8)) + " -all"}
        records |= {f"n{i}": "v=spf1 -all" for i in range(8)}
        faults = [Fault(f"n{i}.example", "TXT", delay_s=0.3) for i in range(8)]
        async with running([zone(records)], faults=faults) as (run, _):
            begun = asyncio.get_running_loop().time()
            assert (await run.evidence(SpfEvidence)).tree is not None
            return asyncio.get_running_loop().time() - begun

    assert asyncio.run(asked()) < 2.0


@pytest.mark.parametrize(
    ("records", "term", "at"),
    [
        ({"d": "v=spf1 mx +all"}, "+all", "d.example"),
        ({"d": "v=spf1 include:a.example -all", "a": "v=spf1 ALL"}, "ALL", "a.example"),
        (
            {"d": "v=spf1 redirect=a.example", "a": "v=spf1 include:b.example ~all", "b": "v=spf1 all"},
            "all",
            "b.example",
        ),
        ({"d": "v=spf1 -include:a.example ?include:a.example ~all", "a": "v=spf1 +all"}, "", ""),
        ({"d": "v=spf1 -all +all"}, "", ""),
        ({"d": "v=spf1 mx moo +all"}, "", ""),
        ({"d": "v=spf1 ?all"}, "", ""),
        ({"d": "v=spf1 exists:H.example -all", "h": "A 192.0.2.1"}, "exists:H.example", "d.example"),
        (
            {"d": "v=spf1 include:a.example -all", "a": "v=spf1 +exists:h.example", "h": "A 192.0.2.1"},
            "+exists:h.example",
            "a.example",
        ),
        ({"d": "v=spf1 exists:gone.example exists:h.example -all", "h": "AAAA 2001:db8::1"}, "", ""),
        ({"d": "v=spf1 -exists:h.example ?exists:h.example ~all", "h": "A 192.0.2.1"}, "", ""),
        ({"d": "v=spf1 exists:%{i}.h.example exists:h..example -all", "h": "A 192.0.2.1"}, "", ""),
        ({"d": "v=spf1 " + "ptr " * 10 + "exists:h.example -all", "h": "A 192.0.2.1"}, "", ""),
    ],
)
def test_what_passes_everybody(records: Mapping[str, str], term: str, at: str) -> None:
    evidence = published(records)
    assert (evidence.passes_all, evidence.passes_all_at, evidence.passes_all_why) == (term, at, None)


def test_whether_an_exists_passes_everybody_may_be_unknown() -> None:
    faults = (Fault("h.example", "A", rcode="SERVFAIL"),)
    evidence = published({"d": "v=spf1 exists:h.example -all"}, faults=faults)
    assert (evidence.passes_all, evidence.passes_all_why) == ("", Why.SERVFAIL)
    known = published({"d": "v=spf1 exists:h.example +all"}, faults=faults)
    assert (known.passes_all, known.passes_all_why) == ("+all", None)


@pytest.mark.parametrize(("term", "asked"), [("a:h.example/1", "A"), ("mx:h.example/1", "MX"), ("mx:h.example/1", "A")])
def test_whether_a_wide_network_passes_may_be_unknown(term: str, asked: str) -> None:
    records = {"d": f"v=spf1 {term} -all", "h": "MX 10 h.example.\nA 192.0.2.1"}
    evidence = published(records, faults=(Fault("h.example", asked, rcode="SERVFAIL"),))
    assert (evidence.passing_networks, evidence.passes_all_why) == ((), Why.SERVFAIL)
    assert published(records).passing_networks == ("192.0.2.1/1",)


def test_networks_that_pass() -> None:
    evidence = published(
        {
            "d": "v=spf1 ip4:192.0.2.0/24 ~ip4:0.0.0.0/0 include:a.example ?include:b.example a/1 mx//8 a:h.example/24 -all ip4:0.0.0.0/0\n"
            "A 198.51.100.1\nMX 10 h.example.",
            "h": "AAAA 2001:db8::1\nA 203.0.113.5",
            "a": "v=spf1 ip6:2001:db8::/32 -ip4:10.0.0.0/8",
            "b": "v=spf1 ip4:0.0.0.0/0",
        }
    )
    assert evidence.passing_networks == ("192.0.2.0/24", "2001:db8::/32", "198.51.100.1/1", "2001:db8::1/8")


LIMIT_TREES = [
    {
        "d": "v=spf1 mx a include:a.example ~all",
        "a": "v=spf1 a:h.example include:b.example ?all",
        "b": "v=spf1 exists:void.example",
    },
    {
        "d": "v=spf1 include:a.example redirect=b.example",
        "a": "v=spf1 a:h.example -all",
        "b": "v=spf1 mx:h.example -all a",
    },
    {"d": "v=spf1 " + " ".join(f"a:h{i}.example" for i in range(10)) + " -all"},
]


@pytest.mark.parametrize("records", LIMIT_TREES)
def test_the_count_is_that_of_an_evaluation_that_nothing_matches(records: Mapping[str, str]) -> None:
    """pyspf answers permerror from the eleventh lookup on; with one more it must, with the count as it is it must not."""
    hosts = {"h": "A 192.0.2.1\nMX 10 h.example."} | {f"h{i}": "A 192.0.2.1" for i in range(20)}

    async def evaluate(domain: str, extra: int) -> tuple[int, str | None]:
        more = " ".join(f"a:h{i}.example" for i in range(extra))
        padded = {"p": f"v=spf1 {more} include:d.example -all"}
        own = {"d": records["d"] + ("\nA 192.0.2.1\nMX 10 h.example.")}
        session = SessionEvidence("203.0.113.99", "mx.example", f"a@{domain}", None, None)
        async with running([zone({**hosts, **records, **own, **padded})], domain=domain, session=session) as (run, _):
            evidence = await run.evidence(SpfEvidence)
            assert evidence.tree is not None
            return evidence.tree.lookups, (await run.evidence(SpfResultEvidence)).result

    lookups, result = asyncio.run(evaluate("d.example", 0))
    assert result != "permerror"
    room = 10 - lookups - 1
    if room >= 0:
        at_limit = asyncio.run(evaluate("p.example", room))
        assert at_limit == (10, "fail")
    assert asyncio.run(evaluate("p.example", room + 1))[1] == "permerror"


def test_seen_records_stay_in_the_tree() -> None:
    root = tree({"d": "v=spf1 include:a.example -all", "a": "v=spf1 mx\nv=spf1 a"})
    (child,) = root.children
    assert isinstance(child.records, Seen)
    assert len(child.records.value) == 2
    assert child.record is None
