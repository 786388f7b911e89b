"""The DNS gateway against a real server on the loopback interface that behaves well or badly."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from quiet import QUIET, free_port

from bot.demo.nameserver import ALWAYS, Fault, Nameserver, Validation, Zone
from checks.model import Absent, Answer, ExtendedError, Known, MxHost, Seen, Unreachable, Why
from checks.net.dns import Dns, DnsRun

RECORDS = r"""
@ MX 20 backup
@ MX 10 Mail.Good.Example.
@ TXT "v=spf1 ip4:192.0.2.1" " -all"
@ TXT "second"
mail A 192.0.2.2
mail A 192.0.2.1
mail AAAA 2001:db8::1
alias CNAME alias2
alias2 CNAME mail
dangling CNAME nowhere
out CNAME mail.plain.example.
loop CNAME loop2
loop2 CNAME loop
c0 CNAME c1
c1 CNAME c2
c2 CNAME c3
c3 CNAME c4
c4 CNAME c5
c5 CNAME c6
c6 CNAME c7
c7 CNAME c8
c8 CNAME c9
c9 A 192.0.2.9
a.empty A 192.0.2.4
*.wild TXT "wild"
odd TXT "\200\000\255"
nullmx MX 0 .
"""
ZONES = (
    Zone("good.example", RECORDS, "signed"),
    Zone("plain.example", "@ A 192.0.2.3\nmail A 192.0.2.3"),
    Zone("bogus.example", "@ TXT hello", "bogus"),
    Zone("silent.example", state="silent"),
    Zone("refused.example", state="refused"),
    Zone("failing.example", state="servfail"),
    Zone("2.0.192.in-addr.arpa", "1 PTR Mail.Good.example."),
    Zone("8.b.d.0.1.0.0.2.ip6.arpa", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 PTR mail.good.example."),
)

Use = Callable[[Nameserver, DnsRun], Awaitable[None]]


def with_server(
    use: Use,
    *,
    faults: Sequence[Fault] = (),
    validation: Validation = "validating",
    try_s: float = 0.15,
    deadline_s: float = 5.0,
) -> None:
    async def main() -> None:
        async with Nameserver(ZONES, faults=faults, validation=validation) as ns:
            gateway = Dns([ns.address], try_s=try_s)
            await use(ns, gateway.run(deadline_s))
            await gateway.aclose()

    asyncio.run(main())


def values(known: Known[Answer[Any]]) -> tuple[Any, ...]:
    assert isinstance(known, Seen), known
    return known.value.values


def why(known: Known[Answer[Any]]) -> Why:
    assert isinstance(known, Unreachable), known
    return known.why


def test_answers_have_the_documented_values() -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        assert values(await run.txt("GOOD.example.")) == (b"second", b"v=spf1 ip4:192.0.2.1 -all")
        assert values(await run.mx("good.example")) == (
            MxHost(10, "mail.good.example"),
            MxHost(20, "backup.good.example"),
        )
        assert values(await run.mx("nullmx.good.example")) == (MxHost(0, ""),)
        assert values(await run.addresses("mail.good.example", "A")) == ("192.0.2.1", "192.0.2.2")
        assert values(await run.addresses("mail.good.example", "AAAA")) == ("2001:db8::1",)
        assert values(await run.txt("odd.good.example")) == (b"\xc8\x00\xff",)
        assert values(await run.ptr("192.0.2.1")) == ("mail.good.example",)
        assert values(await run.ptr("::ffff:192.0.2.1")) == ("mail.good.example",)
        assert values(await run.ptr("2001:db8::1")) == ("mail.good.example",)
        assert values(await run.ask("good.example", "SOA"))[0].startswith("ns.invalid. ")

    with_server(use)


def test_absence_is_told_apart() -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        assert await run.txt("mail.good.example") == Absent("nodata")
        assert await run.txt("nothing.good.example") == Absent("nxdomain")
        assert await run.txt("empty.good.example") == Absent("nodata"), "an empty non-terminal exists"
        assert values(await run.txt("x.y.wild.good.example")) == (b"wild",)
        assert await run.txt("dangling.good.example") == Absent("nxdomain")

    with_server(use)


def test_aliases_are_followed_within_bounds() -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        answer = await run.addresses("alias.good.example", "A")
        assert isinstance(answer, Seen)
        assert (answer.value.name, answer.value.alias_of) == ("alias.good.example", "mail.good.example")
        assert answer.value.authentic
        across = await run.addresses("out.good.example", "A")
        assert isinstance(across, Seen)
        assert not across.value.authentic, "part of the chain is unsigned"
        assert values(await run.ask("alias.good.example", "CNAME")) == ("alias2.good.example",)
        assert values(await run.addresses("c1.good.example", "A")) == ("192.0.2.9",), "8 aliases are followed"
        assert why(await run.addresses("c0.good.example", "A")) is Why.SERVFAIL
        assert why(await run.addresses("loop.good.example", "A")) is Why.SERVFAIL

    with_server(use)


def test_failures_are_told_apart_and_never_absence() -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        assert why(await run.txt("silent.example")) is Why.TIMEOUT
        assert why(await run.txt("refused.example")) is Why.REFUSED
        assert why(await run.txt("elsewhere.test")) is Why.REFUSED
        failing = await run.txt("failing.example")
        assert why(failing) is Why.SERVFAIL
        assert isinstance(failing, Unreachable)
        assert failing.extended == (ExtendedError(22, "at delegation"),)
        assert why(await run.txt("lame.good.example")) in (Why.SERVFAIL, Why.REFUSED), "a referral is not NODATA"
        assert why(await run.txt("yx.good.example")) is Why.SERVFAIL

    with_server(use, faults=[Fault("lame.good.example", lame=True), Fault("yx.good.example", rcode="YXDOMAIN")])


def test_bogus_is_servfail_but_an_answer_with_checking_disabled() -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        bogus = await run.txt("bogus.example")
        assert isinstance(bogus, Unreachable)
        assert (bogus.why, bogus.extended[0].code) == (Why.SERVFAIL, 6)
        answer = await run.ask("bogus.example", "TXT", checking_disabled=True)
        assert values(answer) == (b"hello",)
        assert isinstance(answer, Seen)
        assert not answer.value.authentic

    with_server(use)


def test_an_answer_in_place_of_the_domain_is_not_believed() -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        assert why(await run.txt("good.example")) is Why.FILTERED

    with_server(use, faults=[Fault("good.example", rcode="NXDOMAIN", ede=(15, "by policy"))])


@pytest.mark.parametrize(
    "name", ["", "..", "a..example", ".example", "x" * 64 + ".example", "a." * 130 + "example", "日本.example"]
)
def test_names_that_cannot_be_asked_for(name: str) -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        assert why(await run.txt(name)) is Why.BAD_NAME
        assert ns.log == []

    with_server(use)


def test_odd_octets_in_names_are_asked_for_as_they_are() -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        assert await run.txt("a\\b \xe9\x00.good.example") == Absent("nxdomain")
        assert ns.log[0][0] == r"a\\b\032\233\000.good.example"
        assert why(await run.ptr("mail.good.example")) is Why.BAD_NAME
        assert why(await run.ask("good.example", "NONSENSE")) is Why.BAD_NAME

    with_server(use)


def test_lost_packets_are_sent_again() -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        assert values(await run.addresses("mail.good.example", "A"))
        assert ns.log.count(("mail.good.example", "A")) == 3
        assert run.queries == 1

    with_server(use, faults=[Fault("mail.good.example", drop=2)], try_s=0.05)


def test_an_answer_that_comes_after_the_retransmission_counts() -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        assert values(await run.addresses("mail.good.example", "A"))

    with_server(use, faults=[Fault("mail.good.example", delay_s=0.4)], try_s=0.1)


@pytest.mark.parametrize(
    "fault",
    [Fault("mail.good.example", wrong_id=ALWAYS), Fault("mail.good.example", wrong_question=ALWAYS)],
    ids=["wrong id", "wrong question"],
)
def test_forged_answers_are_ignored(fault: Fault) -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        assert values(await run.addresses("mail.good.example", "A")) == ("192.0.2.1", "192.0.2.2")
        assert ns.log.count(("mail.good.example", "A")) == 1

    with_server(use, faults=[fault], try_s=1.0)


def test_truncated_answers_are_fetched_over_tcp() -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        assert values(await run.addresses("mail.good.example", "A")) == ("192.0.2.1", "192.0.2.2")
        assert ns.log.count(("mail.good.example", "A")) == 2
        assert run.queries == 1

    with_server(use, faults=[Fault("mail.good.example", truncate=True)])


def test_answers_too_large_for_udp_arrive_whole_and_absurd_ones_not_at_all() -> None:
    async def main() -> None:
        many = "\n".join(f'large TXT "{i:03} {"x" * 200}"' for i in range(60))
        absurd = "\n".join(f"absurd A 10.0.{i // 256}.{i % 256}" for i in range(1001))
        async with Nameserver([Zone("big.example", f"{many}\n{absurd}")]) as ns:
            gateway = Dns([ns.address])
            run = gateway.run()
            assert len(values(await run.txt("large.big.example"))) == 60
            assert why(await run.addresses("absurd.big.example", "A")) is Why.SERVFAIL
            await gateway.aclose()

    asyncio.run(main())


def test_servers_that_do_not_know_edns_are_asked_without() -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        assert values(await run.addresses("mail.good.example", "A"))
        assert ns.log.count(("mail.good.example", "A")) == 2

    with_server(use, faults=[Fault("mail.good.example", no_edns=True)])


def test_the_same_question_asked_at_once_goes_out_once() -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        answers = await asyncio.gather(*(run.txt("plain.example") for _ in range(50)))
        assert set(answers) == {Absent("nodata")}
        await run.txt("Plain.example.")
        assert ns.log == [("plain.example", "TXT")]
        assert run.queries == 1

    with_server(use)


def test_400_questions_at_once_are_all_answered_with_at_most_150_outstanding() -> None:
    class Counting(Nameserver):
        """Holds every answer back for a moment, and counts how many questions wait at the same time."""

        waiting = most = 0

        async def _respond(self, wire: bytes, *, tcp: bool) -> list[bytes]:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            await asyncio.sleep(0.05)
            self.waiting -= 1
            return await super()._respond(wire, tcp=tcp)

    async def main() -> None:
        async with Counting([Zone("many.example", "* A 192.0.2.1")]) as ns:
            gateway = Dns([ns.address], try_s=5.0)
            run = gateway.run()
            answers = await asyncio.gather(*(run.addresses(f"n{i}.many.example", "A") for i in range(400)))
            assert all(values(answer) == ("192.0.2.1",) for answer in answers)
            assert 100 < ns.most <= 150
            assert run.queries == len(ns.log) == 400
            await gateway.aclose()

    asyncio.run(main())


def test_the_deadline_ends_open_and_new_questions() -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        begun = time.monotonic()
        answers = await asyncio.gather(*(run.txt(f"n{i}.silent.example") for i in range(200)))
        assert {why(answer) for answer in answers} == {Why.TIMEOUT}
        assert why(await run.txt("good.example")) is Why.TIMEOUT
        assert not await run.validates()
        assert time.monotonic() - begun < 8

    with_server(use, deadline_s=0.3, try_s=10.0)


def test_the_next_server_is_asked_before_giving_up() -> None:
    async def main() -> None:
        silent = Zone("good.example", state="silent")
        failing = Zone("good.example", state="servfail")
        async with (
            Nameserver([silent]) as first,
            Nameserver([failing]) as second,
            Nameserver() as third,
            Nameserver(ZONES) as last,
        ):
            gateway = Dns([ns.address for ns in (first, second, third, last)], try_s=0.1)
            run = gateway.run()
            assert values(await run.addresses("mail.good.example", "A"))
            assert all(("mail.good.example", "A") in ns.log for ns in (first, second, third))
            assert values(await run.txt("good.example"))
            assert ("good.example", "TXT") not in first.log, "one that was silent is asked last for a while"
            await gateway.aclose()
            without_last = Dns([ns.address for ns in (first, second, third)], try_s=0.05)
            assert why(await without_last.run().txt("good.example")) is Why.SERVFAIL
            assert why(await without_last.run().txt("foreign.test")) is Why.REFUSED
            await without_last.aclose()

    asyncio.run(main())


def test_a_less_strict_server_does_not_hide_a_named_dnssec_fault() -> None:
    async def main() -> None:
        bogus, plain = Zone("x.example", "@ TXT a", "bogus"), Zone("x.example", "@ TXT a")
        async with Nameserver([bogus]) as strict, Nameserver([plain], validation="never") as lax:
            gateway = Dns([strict.address, lax.address])
            run = gateway.run()
            assert why(await run.txt("x.example")) is Why.SERVFAIL
            assert not await run.validates(), "one of the two does not validate"
            await gateway.aclose()

    asyncio.run(main())


def test_a_resolver_that_no_longer_validates_is_not_believed_for_ever() -> None:
    async def main() -> None:
        signed, port = Zone("x.example", "@ TXT a", "signed"), free_port()
        address = f"{QUIET}:{port}"
        believing, doubting = Dns([address]), Dns([address], proof_s=0.0)
        async with Nameserver([signed], host=QUIET, port=port):
            for gateway in (believing, doubting):
                assert await gateway.run().validates()
        async with Nameserver([signed], validation="never", host=QUIET, port=port) as changed:
            assert await believing.run().validates()
            assert changed.log == [], "a proof is not asked for each time"
            assert not await doubting.run().validates()
        for gateway in (believing, doubting):
            await gateway.aclose()

    asyncio.run(main())


def test_a_resolver_that_is_down_is_told_quickly() -> None:
    async def main() -> None:
        gateway = Dns([f"{QUIET}:{free_port(socket.SOCK_DGRAM)}"])
        run = gateway.run()
        begun = time.monotonic()
        assert why(await run.txt("good.example")) is Why.NETWORK
        assert not await run.validates()
        assert time.monotonic() - begun < 10
        await gateway.aclose()

    asyncio.run(main())


def test_no_configured_server_and_a_closed_gateway_are_told() -> None:
    async def main() -> None:
        gateway = Dns([])
        run = gateway.run()
        assert why(await run.txt("good.example")) is Why.NETWORK
        assert not await run.validates()
        await gateway.aclose()
        assert why(await run.mx("good.example")) is Why.NETWORK

    asyncio.run(main())


@pytest.mark.parametrize(("validation", "expected"), [("validating", True), ("never", False), ("echo", False)])
def test_only_a_resolver_that_proves_it_is_believed_to_validate(validation: Validation, expected: bool) -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        proofs = await asyncio.gather(*(run.validates() for _ in range(20)))
        assert set(proofs) == {expected}
        signed, plain = await run.txt("good.example"), await run.ask("plain.example", "A")
        absent = await run.txt("nothing.good.example")
        assert isinstance(signed, Seen)
        assert isinstance(plain, Seen)
        assert isinstance(absent, Absent)
        assert (signed.value.authentic, plain.value.authentic, absent.authentic) == (expected, False, expected)
        assert ns.log.count((".", "SOA")) == 1
        assert ns.log.count(("10.in-addr.arpa", "SOA")) == 1

    with_server(use, validation=validation)


def test_the_proof_is_shared_by_the_runs_and_tried_again_after_a_failure() -> None:
    async def main() -> None:
        async with Nameserver(ZONES, faults=[Fault(".", rcode="SERVFAIL")]) as ns:
            gateway = Dns([ns.address])
            assert not await gateway.run().validates()
            ns.faults.clear()
            assert await gateway.run().validates()
            assert await gateway.run().validates()
            assert ns.log.count((".", "SOA")) == 2
            await gateway.aclose()

    asyncio.run(main())


def test_cancelling_one_who_asks_leaves_the_others_and_cancelling_all_ends_the_question() -> None:
    async def use(ns: Nameserver, run: DnsRun) -> None:
        first, second = (asyncio.ensure_future(run.txt("good.example")) for _ in range(2))
        await asyncio.sleep(0.05)
        first.cancel()
        assert values(await second)
        assert first.cancelled()
        before = len(asyncio.all_tasks())
        lone = asyncio.ensure_future(run.txt("silent.example"))
        await asyncio.sleep(0.05)
        lone.cancel()
        await asyncio.gather(lone, return_exceptions=True)
        await asyncio.sleep(0.01)
        assert len(asyncio.all_tasks()) == before
        ns.faults.clear()

    with_server(use, faults=[Fault("good.example", delay_s=0.1)], try_s=1.0)


def test_who_gives_up_makes_room_for_the_next_and_never_asks_when_his_turn_comes() -> None:
    async def main() -> None:
        async with Nameserver(ZONES) as ns:
            gateway = Dns([ns.address], max_outstanding=1)
            run = gateway.run()
            asking = asyncio.ensure_future(run.txt("silent.example"))
            given_up, wanted = run.txt("a.good.example"), run.addresses("mail.good.example", "A")
            given_up.cancel()
            await asyncio.sleep(0.05)
            assert not wanted.done()
            asking.cancel()
            assert values(await wanted) == ("192.0.2.1", "192.0.2.2")
            assert ("a.good.example", "TXT") not in ns.log
            assert await run.txt("a.good.example") == Absent("nxdomain"), "whoever asks later begins anew"
            await gateway.aclose()

    asyncio.run(main())


def test_closing_ends_what_is_under_way() -> None:
    async def main() -> None:
        async with Nameserver(ZONES) as ns:
            gateway = Dns([ns.address])
            asking = asyncio.ensure_future(gateway.run().txt("silent.example"))
            await asyncio.sleep(0.05)
            await gateway.aclose()
            assert why(await asking) is Why.NETWORK

    asyncio.run(main())


def test_garbage_on_the_wire_is_malformed_or_ignored() -> None:
    class Garbage(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            for reply in (b"", b"\x00", data[:2], data, data[:2] + b"\x81\x80" + b"\x00\x01" * 4 + b"\xc0\x0c" * 9):
                self.transport.sendto(reply, addr)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(Garbage, local_addr=("127.0.0.1", 0))
        gateway = Dns([f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"], try_s=0.2)
        assert why(await gateway.run().txt("good.example")) is Why.SERVFAIL
        await gateway.aclose()
        transport.close()

    asyncio.run(main())
