"""What reports side by side share: each name is looked up once, and no report waits or fails for another's sake."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bot.demo.nameserver import Fault, Nameserver, Zone
from checks.model import Absent, Answer, Known, Seen, Unreachable, Why
from checks.net.dns import Dns

ZONES = (
    Zone("good.example", '@ TXT "v=spf1 -all"\nfleeting 0 TXT "now"'),
    Zone("slow.example", "@ A 192.0.2.1"),
    Zone("silent.example", state="silent"),
)
ASKED = ("good.example", "TXT")


def with_gateway(
    use: Callable[[Nameserver, Dns], Awaitable[None]], *, faults: Sequence[Fault] = (), try_s: float = 0.5
) -> None:
    async def main() -> None:
        async with Nameserver(ZONES, faults=faults) as ns:
            gateway = Dns([ns.address], try_s=try_s)
            await use(ns, gateway)
            await gateway.aclose()

    asyncio.run(main())


def texts(known: Known[Answer[Any]]) -> tuple[Any, ...]:
    assert isinstance(known, Seen), known
    return known.value.values


def test_a_question_under_way_is_shared_and_counted_for_whoever_sent_it() -> None:
    async def use(ns: Nameserver, gateway: Dns) -> None:
        first, second = gateway.run(), gateway.run()
        answers = await asyncio.gather(first.txt("good.example"), second.txt("Good.example."))
        assert [texts(answer) for answer in answers] == [(b"v=spf1 -all",)] * 2
        assert ns.log.count(ASKED) == 1
        assert (first.queries, second.queries) == (1, 0)

    with_gateway(use)


def test_an_answer_is_shared_while_reports_are_under_way_and_no_longer() -> None:
    async def use(ns: Nameserver, gateway: Dns) -> None:
        under_way = asyncio.ensure_future(gateway.run().addresses("slow.example", "A"))
        assert texts(await gateway.run().txt("good.example"))
        assert texts(await gateway.run().txt("good.example"))
        assert isinstance(await gateway.run().txt("none.good.example"), Absent)
        assert isinstance(await gateway.run().txt("none.good.example"), Absent)
        assert not under_way.done()
        assert (ns.log.count(ASKED), ns.log.count(("none.good.example", "TXT"))) == (1, 1)
        await under_way
        assert texts(await gateway.run().txt("good.example"))
        assert ns.log.count(ASKED) == 2

    with_gateway(use, faults=[Fault("slow.example", delay_s=0.4)], try_s=5.0)


def test_neither_a_failure_nor_an_answer_with_ttl_0_is_handed_on() -> None:
    async def use(ns: Nameserver, gateway: Dns) -> None:
        under_way = asyncio.ensure_future(gateway.run().addresses("slow.example", "A"))
        failed = await gateway.run().txt("good.example")
        assert isinstance(failed, Unreachable)
        assert texts(await gateway.run().txt("good.example")), "the next report is told the truth"
        for _ in range(2):
            assert texts(await gateway.run().txt("fleeting.good.example")) == (b"now",)
        assert not under_way.done()
        assert ns.log.count(("fleeting.good.example", "TXT")) == 2
        under_way.cancel()

    faults = [Fault("slow.example", delay_s=2.0), Fault("good.example", rcode="SERVFAIL", rcodes=1)]
    with_gateway(use, faults=faults, try_s=5.0)


def test_what_is_asked_again_is_asked_by_itself() -> None:
    async def use(ns: Nameserver, gateway: Dns) -> None:
        run = gateway.run()
        assert isinstance(await run.txt("good.example"), Unreachable)
        other = gateway.run()
        answers = await asyncio.gather(other.txt("good.example"), run.ask_again("good.example", "TXT"))
        assert all(texts(answer) for answer in answers)
        assert ns.log.count(ASKED) == 3

    with_gateway(use, faults=[Fault("good.example", rcode="SERVFAIL", rcodes=1)])


def test_the_end_of_one_report_is_not_the_end_of_its_neighbours_question() -> None:
    async def use(ns: Nameserver, gateway: Dns) -> None:
        hurried, patient, gone = gateway.run(0.1), gateway.run(5.0), gateway.run(5.0)
        asked = [asyncio.ensure_future(run.addresses("slow.example", "A")) for run in (hurried, patient, gone)]
        await asyncio.sleep(0.05)
        asked[2].cancel()
        told = await asked[0]
        assert isinstance(told, Unreachable)
        assert told.why is Why.TIMEOUT
        assert texts(await asked[1]) == ("192.0.2.1",)
        assert ns.log.count(("slow.example", "A")) == 1

    with_gateway(use, faults=[Fault("slow.example", delay_s=0.3)], try_s=5.0)


def test_a_question_that_nobody_wants_any_more_is_begun_anew_by_the_next() -> None:
    async def use(ns: Nameserver, gateway: Dns) -> None:
        both = [asyncio.ensure_future(gateway.run().addresses("slow.example", "A")) for _ in range(2)]
        await asyncio.sleep(0.05)
        for each in both:
            each.cancel()
        await asyncio.gather(*both, return_exceptions=True)
        ns.faults.clear()
        assert texts(await gateway.run().addresses("slow.example", "A")) == ("192.0.2.1",)

    with_gateway(use, faults=[Fault("slow.example", delay_s=3.0)], try_s=5.0)


def test_who_comes_late_has_patience_of_his_own() -> None:
    async def use(ns: Nameserver, gateway: Dns) -> None:
        first, late = gateway.run(), gateway.run()
        both = [asyncio.ensure_future(first.addresses("silent.example", "A"))]
        await asyncio.sleep(0.4)
        both.append(asyncio.ensure_future(late.addresses("silent.example", "A")))
        await asyncio.sleep(0.05)
        assert (first.queries, late.queries) == (1, 1)
        for each in both:
            each.cancel()

    with_gateway(use, try_s=0.2)


def test_a_report_that_is_done_is_not_kept_by_those_that_shared_its_questions() -> None:
    async def use(ns: Nameserver, gateway: Dns) -> None:
        under_way = asyncio.ensure_future(gateway.run().addresses("slow.example", "A"))
        first, second = gateway.run(), gateway.run()
        await first.txt("good.example")
        await second.txt("good.example")
        assert ns.log.count(ASKED) == 1
        gone = weakref.ref(first)
        del first
        gc.collect()
        assert gone() is None
        under_way.cancel()

    with_gateway(use, faults=[Fault("slow.example", delay_s=2.0)], try_s=5.0)


def test_whoever_counts_the_answers_costs_no_report_its_own() -> None:
    def refuse(told: Known[Answer[Any]]) -> None:
        raise RuntimeError("no room for another number")

    async def main() -> None:
        async with Nameserver(ZONES) as ns:
            gateway = Dns([ns.address], on_answer=refuse)
            answers = await asyncio.gather(*(gateway.run().txt("good.example") for _ in range(3)))
            assert [texts(answer) for answer in answers] == [(b"v=spf1 -all",)] * 3
            await gateway.aclose()

    asyncio.run(main())
