"""The nameserver of the demo answers as a validating resolver does, as seen by dnspython's own client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import dns.asyncquery
import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from bot.demo.domains import BLOCKLISTS, SAMPLE_DOMAINS, SIGNERS, sample_faults, sample_zones
from bot.demo.nameserver import Fault, Nameserver, Zone
from bot.demo.signing import make_signing_keys
from checks.data.blocklists import blocklists
from checks.model import Absent, MxHost, Seen, Unreachable, Why
from checks.net.dns import Dns, DnsRun

ZONES = (
    Zone("example", "", "signed"),
    Zone("good.example", "@ TXT hello\na.b A 192.0.2.1\nalias CNAME www.other.test.\n", "signed"),
    Zone("plain.example", "@ TXT hello"),
    Zone("broken.example", "@ TXT hello", "bogus"),
)


async def ask(
    ns: Nameserver, name: str, rdtype: str = "TXT", flags: str = "RD AD", *, tcp: bool = False
) -> dns.message.Message:
    query = dns.message.make_query(name, rdtype, use_edns=0, flags=dns.flags.from_text(flags))
    host, port = ns.address.split(":")
    by = dns.asyncquery.tcp if tcp else dns.asyncquery.udp
    return await by(query, host, timeout=3.0, port=int(port))


def serve(use: Callable[[Nameserver], Awaitable[None]], **faults: Fault) -> None:
    async def main() -> None:
        async with Nameserver(ZONES, empty_zones=["list.test"], faults=faults.values()) as ns:
            await use(ns)

    asyncio.run(main())


@pytest.mark.parametrize("tcp", [False, True])
def test_signed_data_is_authentic_for_those_who_ask(tcp: bool) -> None:
    async def use(ns: Nameserver) -> None:
        for name, rdtype, authentic in [
            ("good.example", "TXT", True),
            ("nothing.good.example", "TXT", True),
            ("nothing.example", "TXT", True),
            ("plain.example", "TXT", False),
            (".", "SOA", True),
            ("10.in-addr.arpa", "SOA", False),
        ]:
            response = await ask(ns, name, rdtype, tcp=tcp)
            assert bool(response.flags & dns.flags.AD) is authentic, name
            assert response.flags & dns.flags.RA
        assert not (await ask(ns, "good.example", flags="RD", tcp=tcp)).flags & dns.flags.AD

    serve(use)


def test_names_that_exist_and_names_that_do_not() -> None:
    async def use(ns: Nameserver) -> None:
        between = await ask(ns, "b.good.example")
        assert (between.rcode(), between.answer) == (dns.rcode.NOERROR, [])
        assert between.authority[0].rdtype == dns.rdatatype.SOA
        assert (await ask(ns, "c.good.example")).rcode() == dns.rcode.NXDOMAIN
        assert (await ask(ns, "2.0.0.127.list.test", "A")).rcode() == dns.rcode.NXDOMAIN
        assert (await ask(ns, "elsewhere.test", "A")).rcode() == dns.rcode.REFUSED
        assert ns.log[0] == ("b.good.example", "TXT")

    serve(use)


def test_bogus_is_hidden_unless_checking_is_disabled() -> None:
    async def use(ns: Nameserver) -> None:
        hidden = await ask(ns, "broken.example")
        assert hidden.rcode() == dns.rcode.SERVFAIL
        assert [e.code for e in hidden.extended_errors()] == [dns.edns.EDECode.DNSSEC_BOGUS]
        shown = await ask(ns, "broken.example", flags="RD AD CD")
        assert shown.rcode() == dns.rcode.NOERROR
        assert not shown.flags & dns.flags.AD

    serve(use)


@pytest.mark.parametrize("tcp", [False, True])
def test_other_names_are_handed_on_upstream(tcp: bool) -> None:
    async def main() -> None:
        large = "\n".join(f'large TXT "{i:03} {"x" * 200}"' for i in range(20))
        other = Zone("other.test", f"www A 192.0.2.7\n{large}", "signed")
        async with (
            Nameserver([other]) as upstream,
            Nameserver(ZONES, upstream=["127.0.0.1:1", upstream.address]) as ns,
        ):
            direct = await ask(ns, "www.other.test", "A", tcp=tcp)
            assert direct.answer[0][0].to_text() == "192.0.2.7"
            assert direct.flags & dns.flags.AD
            through = await ask(ns, "alias.good.example", "A", tcp=tcp)
            assert [rrset.rdtype for rrset in through.answer] == [dns.rdatatype.CNAME, dns.rdatatype.A]
            assert through.flags & dns.flags.AD
            assert bool((await ask(ns, "large.other.test", tcp=tcp)).flags & dns.flags.TC) is not tcp

    asyncio.run(main())


def test_the_end_of_the_server_is_quiet_although_clients_are_connected(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with Nameserver(ZONES, faults=[Fault("good.example", delay_s=30.0)]) as ns:
            host, port = ns.address.split(":")
            idle, waiting = [await asyncio.open_connection(host, int(port)) for _ in range(2)]
            query = dns.message.make_query("good.example", "TXT").to_wire()
            waiting[1].write(len(query).to_bytes(2, "big") + query)
            await asyncio.sleep(0.1)
            assert ns.log == [("good.example", "TXT")]
        for _, writer in (idle, waiting):
            writer.close()

    asyncio.run(main())
    assert caplog.records == []


def test_an_alias_to_nowhere_fails() -> None:
    async def use(ns: Nameserver) -> None:
        assert (await ask(ns, "alias.good.example", "A")).rcode() == dns.rcode.SERVFAIL

    serve(use)


def with_samples(use: Callable[[DnsRun], Awaitable[None]]) -> None:
    async def main() -> None:
        keys = make_signing_keys(SIGNERS)
        async with Nameserver(sample_zones(keys), faults=sample_faults()) as ns:
            gateway = Dns([ns.address], try_s=0.1, tries=2)
            await use(gateway.run())
            await gateway.aclose()

    asyncio.run(main())


def test_the_sample_domains_are_what_they_say() -> None:
    async def use(run: DnsRun) -> None:
        for sample in SAMPLE_DOMAINS:
            answer = await run.ask(sample.name, "SOA")
            if sample.name == "bogus-dnssec.example":
                assert isinstance(answer, Unreachable)
                assert (answer.why, answer.extended[0].code) == (Why.SERVFAIL, 6)
            else:
                assert isinstance(answer, Seen)
                assert answer.value.authentic
            assert sample.description.en != sample.description.ja
        assert isinstance(await run.txt("_dmarc.good.example"), Seen)
        assert isinstance(await run.txt("mail2026._domainkey.good.example"), Seen)
        assert await run.txt("_dmarc.no-dmarc.example") == Absent("nxdomain")
        assert await run.txt("_dmarc.example") == Absent("nxdomain")
        for name, why in [
            ("_dmarc.slow.example", Why.TIMEOUT),
            ("_spf.silent-service.example", Why.TIMEOUT),
            ("_spf.failing-service.example", Why.SERVFAIL),
        ]:
            slow = await run.txt(name)
            assert isinstance(slow, Unreachable)
            assert slow.why is why
        parked = await run.mx("parked.example")
        assert isinstance(parked, Seen)
        assert parked.value.values == (MxHost(0, ""),)

    with_samples(use)


def test_the_mail_servers_of_the_samples_have_reverse_names_that_lead_back() -> None:
    async def use(run: DnsRun) -> None:
        for last in (110, 120, 130, 140, 141, 150, 160, 10, 20):
            address = f"192.88.99.{last}"
            names = await run.ptr(address)
            assert isinstance(names, Seen)
            back = await run.addresses(names.value.values[0], "A")
            assert isinstance(back, Seen)
            assert back.value.values == (address,)

    with_samples(use)


def test_the_spf_record_over_the_limit_needs_13_lookups() -> None:
    async def count(run: DnsRun, domain: str) -> int:
        answer = await run.txt(domain)
        assert isinstance(answer, Seen), domain
        terms = answer.value.values[0].decode().split()[1:]
        below = [await count(run, term.removeprefix("include:")) for term in terms if term.startswith("include:")]
        return sum(term in ("a", "mx") for term in terms) + len(below) + sum(below)

    async def use(run: DnsRun) -> None:
        assert await count(run, "spf-limit.example") == 13

    with_samples(use)


def test_every_blocklist_that_is_asked_answers_its_test_entry_and_nothing_else() -> None:
    known = [*blocklists("ip"), *blocklists("domain")]
    assert {bl.zone: bl.kind for bl in known} == BLOCKLISTS

    async def use(run: DnsRun) -> None:
        for bl in known:
            entry, other = ("2.0.0.127", "10.0.0.127") if bl.kind == "ip" else ("test", "good.example")
            entry = bl.test or entry
            listed = await run.addresses(f"{entry}.{bl.zone}", "A")
            assert isinstance(listed, Seen)
            assert all(bl.means_listed(code) for code in listed.value.values)
            assert await run.addresses(f"{other}.{bl.zone}", "A") == Absent("nxdomain")

    with_samples(use)
