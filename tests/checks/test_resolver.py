"""What the resolvers are said to be able to do, against name servers on the loopback interface."""

from __future__ import annotations

import asyncio

import pytest

from bot.demo.nameserver import Fault, Nameserver, Validation, Zone
from checks import ResolverState, Why, resolver_state

ZEN, BARRACUDA, DBL = "zen.spamhaus.org", "b.barracudacentral.org", "dbl.spamhaus.org"
LISTS = {ZEN: "2.0.0.127 A 127.0.0.2", BARRACUDA: "2.0.0.127 A 127.0.0.2", DBL: "test A 127.0.1.2"}


def state(
    validation: Validation = "validating",
    *,
    lists: dict[str, str] = LISTS,
    faults: tuple[Fault, ...] = (),
    more: tuple[str, ...] = (),
) -> ResolverState:
    async def ask() -> ResolverState:
        zones = [Zone(name, f"{text}\n") for name, text in lists.items()]
        async with Nameserver(zones, faults=faults, validation=validation) as server:
            return await resolver_state([server.address, *more], deadline_s=0.6)

    return asyncio.run(ask())


def by_zone(found: ResolverState) -> dict[str, str]:
    return {each.zone: each.state for each in found.blocklists}


@pytest.mark.parametrize(("validation", "validates"), [("validating", True), ("echo", False), ("never", False)])
def test_a_resolver_validates_only_if_it_proves_it(validation: Validation, validates: bool) -> None:
    found = state(validation)
    assert found.validates is validates
    assert [server.validates for server in found.servers] == [validates]


def test_a_resolver_that_does_not_answer_is_not_said_to_be_unable() -> None:
    found = state(faults=(Fault(".", drop=1 << 30),))
    assert found.validates is None


def test_one_resolver_that_validates_suffices_where_the_other_is_silent_but_not_where_it_fails() -> None:
    assert state(more=("127.0.0.1:9",)).validates is True
    assert state("never", more=("127.0.0.1:9",)).validates is False


def test_lists_that_answer_their_test_entries_are_usable() -> None:
    assert by_zone(state()) == {ZEN: "answers", BARRACUDA: "answers", DBL: "answers"}


@pytest.mark.parametrize(
    "records",
    ["2.0.0.127 A 127.255.255.254", "other A 127.0.0.2", "* A 127.0.0.2", "2.0.0.127 A 192.0.2.80"],
    ids=["refusal", "not its test entry", "lists everything", "a resolver's invention"],
)
def test_a_list_that_answers_otherwise_refuses(records: str) -> None:
    found = state(lists=LISTS | {ZEN: records})
    assert by_zone(found) == {ZEN: "refuses", BARRACUDA: "answers", DBL: "answers"}
    zen = found.blocklists[0]
    assert zen.why is (Why.FILTERED if "192.0.2.80" in records else Why.BLOCKED)
    assert zen.advice is not None
    assert zen.answered == (() if records.startswith("other") else (records.split()[-1],))


def test_a_list_that_is_silent_or_fails_could_not_be_told() -> None:
    silent = Fault(f"2.0.0.127.{ZEN}", drop=1 << 30)
    failing = Fault(f"test.{DBL}", rcode="SERVFAIL")
    refusing = Fault(f"2.0.0.127.{BARRACUDA}", rcode="REFUSED")
    found = state(faults=(silent, failing, refusing))
    assert [(each.zone, each.state, each.why) for each in found.blocklists] == [
        (ZEN, "silent", Why.TIMEOUT),
        (BARRACUDA, "refuses", Why.REFUSED),
        (DBL, "silent", Why.SERVFAIL),
    ]


def test_a_text_that_is_no_name_server_is_said_to_be_none() -> None:
    with pytest.raises(ValueError, match="name server"):
        asyncio.run(resolver_state(["nonsense"]))
