"""SPF of the client that really sent, against a name server on the loopback interface."""

from __future__ import annotations

import asyncio

import pytest
from spf_world import evaluate, running, zone

from bot.demo.nameserver import ALWAYS, Fault
from checks.engine import judge
from checks.evidence.message import ArcEvidence, MessageEvidence, SessionEvidence, SpfResultEvidence
from checks.evidence.ptr import ClientReverseEvidence
from checks.evidence.spf import SpfEvidence
from checks.model import Why
from checks.rules.spf_result import CHECK

OWN = "192.0.2.1"
FOREIGN = "203.0.113.9"


@pytest.mark.parametrize(
    ("record", "client_ip", "result", "mechanism"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", OWN, "pass", "ip4:192.0.2.0/24"),
        ("v=spf1 ip4:192.0.2.0/24 -all", FOREIGN, "fail", "-all"),
        ("v=spf1 ip4:192.0.2.0/24 ~all", FOREIGN, "softfail", "~all"),
        ("v=spf1 ip4:192.0.2.0/24 ?all", FOREIGN, "neutral", "?all"),
        ("v=spf1 ip4:192.0.2.0/24", FOREIGN, "neutral", ""),
        ("v=other", FOREIGN, "none", ""),
        ("v=spf1 moo -all", OWN, "permerror", ""),
        ("v=spf1 mx -all\nv=spf1 a -all", OWN, "permerror", ""),
        ("v=spf1 include:gone.example ip4:192.0.2.0/24 -all", OWN, "permerror", ""),
        ("v=spf1 include:d.example -all", OWN, "permerror", ""),
        ("v=spf1 -ip4:192.0.2.0/24 ~all", OWN, "fail", "-ip4:192.0.2.0/24"),
        ("v=spf1 ip4:192.0.2.0/24 exp=%{l}.exp.example -all", FOREIGN, "fail", "-all"),
        ("v=spf1 ip4:192.0.2.0/" + "9" * 4000, OWN, "permerror", ""),
        ("v=spf1 moo " + "a " * 20_000, OWN, "permerror", ""),
    ],
)
def test_results(record: str, client_ip: str, result: str, mechanism: str) -> None:
    told = evaluate({"d": record}, client_ip)
    assert (told.result, told.mechanism) == (result, mechanism)
    assert (told.scope, told.domain, told.client_ip) == ("mfrom", "d.example", client_ip)
    assert told.hard_fail == (mechanism == "-all")
    assert told.why is None


@pytest.mark.parametrize(
    "records",
    [
        {"d": "v=spf1 mx ~ip4:203.0.113.0/24 a -all"},
        {"d": "v=spf1 a ?Include:a.example mx ~all", "a": "v=spf1 ip4:203.0.113.9"},
        {"d": "v=spf1 a redirect=a.example", "a": "v=spf1 mx ~ip4:203.0.113.0/24 -all"},
        {"d": "v=spf1 a redirect=a.example", "a": "v=spf1 mx ~all"},
        {"d": "v=spf1 a mx"},
        {"d": "v=spf1 -all"},
    ],
)
def test_the_record_that_is_proposed_lets_the_client_pass(records: dict[str, str]) -> None:
    told = evaluate(records, FOREIGN)
    assert told.result in ("softfail", "neutral", "fail")
    mail = MessageEvidence(
        100, ("a",), "a@d.example", "d.example", "", (), ArcEvidence("none", 0), (), 70, False, ("from",)
    )
    (finding,) = judge(CHECK, told, mail, ClientReverseEvidence(None)).findings
    (change,) = finding.records
    assert change.new is not None
    assert evaluate(records | {"d": change.new}, FOREIGN).result == "pass"


@pytest.mark.parametrize("record", ["v=spf1 " + "ip4:192.0.2.1 " * 4000, "v=spf1 ip4:192.0.2.1 " + "a" * 60_000])
def test_what_a_record_of_huge_size_gives_is_not_told(record: str) -> None:
    for records in ({"d": record}, {"d": "v=spf1 include:a.example -all", "a": record}):
        told = evaluate(records, FOREIGN)
        assert (told.result, told.why) == ("temperror", Why.NOT_COVERED)


def test_hosts_and_includes_are_followed() -> None:
    records = {
        "d": "v=spf1 include:a.example -all\nMX 10 h.example.",
        "a": "v=spf1 redirect=b.example",
        "b": "v=spf1 mx:m.example -all",
        "m": "MX 10 h1.example.\nMX 20 h2.example.",
        "h1": "A 198.51.100.1",
        "h2": "A 192.0.2.1",
    }
    assert evaluate(records).result == "pass"
    assert evaluate(records, mail_from="x@elsewhere.example").result == "none"
    assert evaluate(records).record == "v=spf1 include:a.example -all"


def test_modifiers_are_read_in_any_case_and_unknown_ones_ignored() -> None:
    records = {"d": "v=spf1 x-a=1 x-a=2 Redirect=a.example EXP=none.example", "a": "v=spf1 ip4:192.0.2.1 -all"}
    assert evaluate(records).result == "pass"
    assert evaluate(records, FOREIGN).result == "fail"


def test_a_wide_tree_of_includes_cannot_use_up_the_evaluation() -> None:
    """Its records are asked for ahead, but not all, and the evaluation goes on beyond them."""
    letters = "efgijklmn"
    own = "v=spf1 ip4:198.51.100.1 " + " ".join(f"?include:{c}.example" for c in letters) + " mx -all"
    records = {"d": f"{own}\nMX 1 h.example.", "h": "A 192.0.2.1"}
    records |= {c: "v=spf1 -all " + " ".join(f"include:{c}{i}.example" for i in range(10)) for c in letters}
    assert evaluate(records).result == "pass"
    records |= {c: "v=spf1 " + " ".join(f"include:{c}{i}.example" for i in range(10)) for c in letters}
    records |= {f"{c}{i}": "v=spf1 ?all" for c in letters for i in range(10)}
    assert evaluate(records).result == "permerror"


def test_the_tree_of_the_run_is_not_asked_for_twice() -> None:
    async def asked() -> list[tuple[str, str]]:
        records = {"d": "v=spf1 include:a.example -all", "a": "v=spf1 ip4:192.0.2.1"}
        session = SessionEvidence(OWN, "mx.example", "a@d.example", None, None)
        async with running([zone(records)], session=session) as (run, server):
            await asyncio.gather(run.evidence(SpfResultEvidence), run.evidence(SpfEvidence))
            return server.log

    assert sorted(asyncio.run(asked())) == [("a.example", "TXT"), ("d.example", "TXT")]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault("a.example", "TXT", rcode="SERVFAIL"), Why.SERVFAIL),
        (Fault("a.example", "TXT", drop=ALWAYS), Why.TIMEOUT),
        (Fault("d.example", "TXT", rcode="REFUSED"), Why.REFUSED),
    ],
)
def test_a_failed_lookup_is_temporary(fault: Fault, why: Why) -> None:
    records = {"d": "v=spf1 include:a.example -all", "a": "v=spf1 ip4:192.0.2.1"}
    told = evaluate(records, faults=(fault,))
    assert (told.result, told.why) == ("temperror", why)
    assert evaluate(records, mail_from="x@d.example").result == "pass"


def test_a_failed_lookup_that_is_not_needed_does_no_harm() -> None:
    records = {"d": "v=spf1 ip4:192.0.2.1 include:a.example -all"}
    assert evaluate(records, faults=(Fault("a.example", "TXT", rcode="SERVFAIL"),)).result == "pass"


def test_when_the_time_of_the_report_is_over_the_result_is_temporary() -> None:
    told = evaluate({"d": "v=spf1 -all"}, faults=(Fault("d.example", "TXT", drop=ALWAYS),), deadline_s=0.1)
    assert (told.result, told.why) == ("temperror", Why.TIMEOUT)


def test_a_null_return_path_is_judged_by_helo() -> None:
    told = evaluate({"mx.d": "v=spf1 a -all\nA 192.0.2.1"}, mail_from="")
    assert (told.result, told.scope, told.domain, told.is_null_return_path) == ("pass", "helo", "mx.d.example", True)
    assert evaluate({"d": "v=spf1 -all"}, mail_from="").result == "none"


@pytest.mark.parametrize(
    "helo",
    ["localhost", "[192.0.2.1]", "192.0.2.1", "x." + "a" * 64 + ".example", "a..example", "a." * 130 + "example"],
)
def test_a_name_that_cannot_have_a_record_gives_none(helo: str) -> None:
    told = evaluate({"d": "v=spf1 -all"}, mail_from="", helo=helo)
    assert (told.result, told.scope) == ("none", "helo")


def test_ipv6() -> None:
    records = {"d": "v=spf1 ip6:2001:db8::/32 a:h.example -all", "h": "AAAA 2001:db9::1"}
    assert evaluate(records, "2001:db8::5").result == "pass"
    assert evaluate(records, "2001:db9::1").result == "pass"
    assert evaluate(records, "::ffff:192.0.2.1").result == "fail"
    told = evaluate(records, "2001:dba::1")
    assert (told.result, told.hard_fail, told.only_ipv4_listed) == ("fail", True, False)


def test_ipv6_where_only_ipv4_is_listed() -> None:
    records = {
        "d": "v=spf1 include:a.example mx -all\nMX 10 h.example.",
        "a": "v=spf1 ip4:192.0.2.0/24",
        "h": "A 192.0.2.2",
    }
    assert evaluate(records, "2001:db8::5").only_ipv4_listed
    assert not evaluate(records, FOREIGN).only_ipv4_listed


@pytest.mark.parametrize(
    ("local", "name"),
    [
        ("plain", "plain.l.example"),
        ('"odd@local"', '"odd@local".l.example'),
        ("a\\300b", "a\\300b.l.example"),
        ("with space", "with space.l.example"),
    ],
)
def test_odd_local_parts_reach_macros_as_they_are(local: str, name: str) -> None:
    async def asked() -> tuple[SpfResultEvidence, list[tuple[str, str]]]:
        session = SessionEvidence(OWN, "mx.example", f"{local}@d.example", None, None)
        async with running(
            [zone({"d": "v=spf1 exists:%{l}.l.example -all", "*.l": "A 127.0.0.2"})], session=session
        ) as (
            run,
            server,
        ):
            return await run.evidence(SpfResultEvidence), server.log

    told, log = asyncio.run(asked())
    assert told.result == "pass"
    assert len([rdtype for _, rdtype in log if rdtype == "A"]) == 1


def test_a_local_part_outside_ascii_matches_no_macro() -> None:
    """RFC 8616 section 4."""
    records = {"d": "v=spf1 exists:%{l}.l.example ~all", "*.l": "A 127.0.0.2"}
    assert evaluate(records, mail_from="用户@d.example").result == "softfail"


def test_local_parts_that_make_impossible_names() -> None:
    records = {"d": "v=spf1 exists:%{l}.l.example exists:%{l}.%{d} -all", "*.l": "A 127.0.0.2"}
    for local in ("a" * 64, "a..b", ".", "a." * 120, "%", ""):
        assert evaluate(records, mail_from=f"{local}@d.example").result in ("fail", "pass")


def test_an_idn_return_path_is_asked_for_by_its_a_label() -> None:
    told = evaluate({"xn--fiqs8s": "v=spf1 ip4:192.0.2.1 -all"}, mail_from="a@中国.example.")
    assert (told.result, told.domain) == ("pass", "xn--fiqs8s.example")


def test_ptr_never_makes_a_temporary_error() -> None:
    """Section 5.5: the mechanism does not match then."""
    assert evaluate({"d": "v=spf1 ptr ~all"}).result == "softfail"


@pytest.mark.parametrize(
    "session",
    [
        None,
        SessionEvidence(None, "mx.example", "a@d.example", None, None),
        SessionEvidence("not an address", "mx.example", "a@d.example", None, None),
        SessionEvidence(OWN, "mx.example", None, None, None),
        SessionEvidence(OWN, None, "", None, None),
    ],
)
def test_without_the_session_nothing_is_evaluated(session: SessionEvidence | None) -> None:
    async def asked() -> SpfResultEvidence:
        async with running([zone({"d": "v=spf1 -all"})], session=session) as (run, _):
            return await run.evidence(SpfResultEvidence)

    assert asyncio.run(asked()).result is None


def test_many_evaluations_at_once_do_not_mix() -> None:
    async def asked() -> list[str | None]:
        records = {f"d{i}": f"v=spf1 ip4:192.0.2.{i} -all" for i in range(20)}

        async def one(i: int, ip: int) -> str | None:
            session = SessionEvidence(f"192.0.2.{ip}", "mx.example", f"a@d{i}.example", None, None)
            async with running([zone(records)], domain=f"d{i}.example", session=session) as (run, _):
                return (await run.evidence(SpfResultEvidence)).result

        return await asyncio.gather(*(one(i, i if i % 2 else 99) for i in range(20)))

    assert asyncio.run(asked()) == ["pass" if i % 2 else "fail" for i in range(20)]
