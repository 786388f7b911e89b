"""A small DNS server that answers as a validating recursive resolver would, for the zones it is given.

It does not sign or verify: whether a zone is signed, unsigned or bogus is stated, and the answers carry what a
resolver makes of that (AD, SERVFAIL with an extended error, an answer when checking is disabled). It misbehaves on
request, so that the demo and the tests meet silent, refusing, lying and truncating servers on the loopback interface.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.zone
from dns.rdatatype import RdataType

from bot.demo.upstream import Upstream

ZoneState: TypeAlias = Literal["signed", "unsigned", "bogus", "silent", "refused", "servfail"]
Validation: TypeAlias = Literal["validating", "never", "echo"]

_SOA = "@ 300 IN SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 300\n"
_MAX_ALIASES = 8
_NO_REACHABLE_AUTHORITY = dns.edns.EDEOption(dns.edns.EDECode.NO_REACHABLE_AUTHORITY, "at delegation")
_BOGUS = dns.edns.EDEOption(dns.edns.EDECode.DNSSEC_BOGUS, "signature crypto failed")


@dataclass(frozen=True, slots=True)
class Zone:
    """`records`: lines of a master file (RFC 1035 section 5), names relative to the zone; TTL, SOA may be left out.

    `state`: what a validating resolver finds. signed: AD. bogus: SERVFAIL with EDE 6 unless CD. silent: no answer.
    servfail: its servers cannot be reached, SERVFAIL with EDE 22. refused: REFUSED.
    """

    name: str
    records: str = ""
    state: ZoneState = "unsigned"


ALWAYS = 1 << 30


@dataclass(slots=True)
class Fault:
    """How the server misbehaves at one name, and type unless None. Counts are of queries still to be treated so.

    `drop`: no answer. `wrong_id`: a forged NXDOMAIN with another id goes before the true answer; `wrong_question`:
    one for another name. `truncate`: over UDP nothing but TC. `lame`: a referral upwards. `rcode` ("SERVFAIL" ...) with
    the extended error `ede`, to the first `rcodes` queries, or only to those without CD (`only_checked`). `no_edns`:
    FORMERR to whoever sends EDNS. `delay_s`: the answer comes that much later.
    """

    name: str
    rdtype: str | None = None
    drop: int = 0
    wrong_id: int = 0
    wrong_question: int = 0
    truncate: bool = False
    lame: bool = False
    no_edns: bool = False
    delay_s: float = 0.0
    rcode: str = ""
    rcodes: int = ALWAYS
    only_checked: bool = False
    ede: tuple[int, str] | None = None

    def hits(self, name: str, rdtype: str) -> bool:
        return self.name.lower() in (name, f"{name}.") and self.rdtype in (None, rdtype)


@dataclass(frozen=True, slots=True, eq=False)
class _Data:
    """A zone read: its records by name, and every name that exists, empty non-terminals among them."""

    origin: dns.name.Name
    state: ZoneState
    nodes: dict[dns.name.Name, dict[RdataType, dns.rdataset.Rdataset]]
    names: frozenset[dns.name.Name]

    @classmethod
    def read(cls, zone: Zone) -> _Data:
        origin = dns.name.from_text(zone.name)
        text = f"$TTL 300\n{_SOA if ' SOA ' not in zone.records else ''}{zone.records}\n"
        data = dns.zone.from_text(text, origin=origin, relativize=False, check_origin=False)
        names = {origin}
        for name in data.nodes:
            while name != origin:
                names.add(name)
                name = name.parent()
        nodes = {name: {rdataset.rdtype: rdataset for rdataset in node} for name, node in data.nodes.items()}
        return cls(origin, zone.state, nodes, frozenset(names))

    def node(self, name: dns.name.Name) -> dict[RdataType, dns.rdataset.Rdataset] | None:
        """The records at the name, by a wildcard if need be (RFC 4592 section 3.3.1); None: the name does not exist."""
        if name in self.names:
            return self.nodes.get(name, {})
        encloser = name.parent()
        while encloser not in self.names:
            encloser = encloser.parent()
        return self.nodes.get(dns.name.Name((b"*", *encloser.labels)))

    def soa(self) -> dns.rrset.RRset:
        rdataset = self.nodes[self.origin][RdataType.SOA]
        return dns.rrset.from_rdata_list(self.origin, rdataset.ttl, list(rdataset))


@dataclass(slots=True)
class _Found:
    """What resolution of one question came to. `silent`: nobody answered."""

    rcode: dns.rcode.Rcode = dns.rcode.NOERROR
    answer: list[dns.rrset.RRset] = field(default_factory=list)
    authority: list[dns.rrset.RRset] = field(default_factory=list)
    secure: bool = True
    ede: dns.edns.EDEOption | None = None
    silent: bool = False


class Nameserver:
    """`async with Nameserver(zones) as ns:` serves UDP and TCP at `ns.address` ("127.0.0.1:PORT") until the block ends.

    `empty_zones`: names below which nothing exists (NXDOMAIN). Other names go to the `upstream` resolvers ("IP" or
    "IP:port", in order) as they came, or without upstream are REFUSED. `validation` "never": AD is never set; "echo":
    AD of the answer is AD of the query. `log`: the questions as (name, type). The root and 10.in-addr.arpa are known.
    """

    def __init__(
        self,
        zones: Iterable[Zone] = (),
        *,
        faults: Iterable[Fault] = (),
        empty_zones: Iterable[str] = (),
        upstream: Sequence[str] = (),
        validation: Validation = "validating",
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Raises dns.exception.DNSException for records that are no master file lines."""
        # The root of which only SOA and NS matter, and a private zone as every resolver serves it itself (RFC 6303).
        known = [Zone(".", "@ NS a.root-servers.invalid.", "signed"), Zone("10.in-addr.arpa", "@ NS localhost.")]
        known += [Zone(name) for name in empty_zones]
        self._zones = {data.origin: data for data in map(_Data.read, [*known, *zones])}
        self.faults = list(faults)
        self.log: list[tuple[str, str]] = []
        self.address = ""
        self._upstream = Upstream(upstream)
        self._validation = validation
        self._host = host
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        """Raises OSError where the port is taken."""
        loop = asyncio.get_running_loop()
        for attempt in range(10):
            self._tcp = await asyncio.start_server(self._serve_tcp, self._host, self._port)
            port = self._tcp.sockets[0].getsockname()[1]
            try:
                self._udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(self), local_addr=(self._host, port))
                break
            except OSError:
                # Free for TCP and taken for UDP: another random port will do.
                self._tcp.close()
                if self._port or attempt == 9:
                    raise
        self.address = f"[{self._host}]:{port}" if ":" in self._host else f"{self._host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._udp.abort()
        self._tcp.close()
        for writer in self._writers:
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._tcp.wait_closed()

    def datagram(self, wire: bytes, client: tuple[Any, ...]) -> None:
        """One query by UDP."""
        task = asyncio.create_task(self._serve_udp(wire, client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve_udp(self, wire: bytes, client: tuple[Any, ...]) -> None:
        for response in await self._respond(wire, tcp=False):
            self._udp.sendto(response, client)

    async def _serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        if (session := asyncio.current_task()) is not None:
            self._tasks.add(session)
            session.add_done_callback(self._tasks.discard)
        try:
            while True:
                wire = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
                for response in await self._respond(wire, tcp=True):
                    writer.write(len(response).to_bytes(2, "big") + response)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has gone or the server ends; nobody awaits a session, and asyncio would log what it raises
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _respond(self, wire: bytes, *, tcp: bool) -> list[bytes]:
        """The messages to send back, in order; none where the server is silent."""
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return []
        if not isinstance(query, dns.message.QueryMessage) or len(query.question) != 1:
            return []
        asked = query.question[0]
        name, rdtype = _text(asked.name), dns.rdatatype.to_text(asked.rdtype)
        self.log.append((name, rdtype))
        fault = next((f for f in self.faults if f.hits(name, rdtype)), Fault(""))
        if fault.drop:
            fault.drop -= 1
            return []
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if self._zone(asked.name) is None and self._upstream:
            answer = await self._upstream.forward(wire, tcp=tcp)
            return [] if answer is None else [answer]
        found = self._faulty(query, fault) or await self._resolve(asked.name, asked.rdtype, query.flags)
        if found.silent:
            return []
        response = self._message(query, found, lame=fault.lame)
        return [*_forgeries(query, fault), self._fit(query, response, tcp=tcp, truncate=fault.truncate)]

    def _faulty(self, query: dns.message.QueryMessage, fault: Fault) -> _Found | None:
        if fault.no_edns and query.edns >= 0:
            return _Found(dns.rcode.FORMERR)
        if fault.rcode and fault.rcodes and not (fault.only_checked and query.flags & dns.flags.CD):
            fault.rcodes -= 1
            ede = dns.edns.EDEOption(dns.edns.EDECode.make(fault.ede[0]), fault.ede[1]) if fault.ede else None
            return _Found(dns.rcode.from_text(fault.rcode), ede=ede)
        if fault.lame:
            return _Found(
                authority=[dns.rrset.from_text(".", 300, "IN", "NS", "a.root-servers.invalid.")], secure=False
            )
        return None

    def _zone(self, name: dns.name.Name) -> _Data | None:
        """The zone that the name is in. The root itself is known, what is below it is not."""
        for depth in range(len(name.labels), 1, -1):
            zone = self._zones.get(name.split(depth)[1])
            if zone is not None:
                return zone
        return self._zones[name] if name == dns.name.root else None

    async def _resolve(self, name: dns.name.Name, rdtype: RdataType, flags: int) -> _Found:
        found = _Found()
        for _ in range(_MAX_ALIASES + 2):
            zone = self._zone(name)
            if zone is None:
                return await self._outside(found, name, rdtype)
            match zone.state:
                case "silent":
                    return _Found(silent=True)
                case "refused":
                    return _Found(dns.rcode.REFUSED)
                case "servfail":
                    return _Found(dns.rcode.SERVFAIL, ede=_NO_REACHABLE_AUTHORITY)
                case "bogus" if not flags & dns.flags.CD:
                    return _Found(dns.rcode.SERVFAIL, ede=_BOGUS)
            found.secure = found.secure and zone.state == "signed"
            node = zone.node(name)
            rdataset = node.get(rdtype) if node else None
            chosen = rdataset or (node.get(RdataType.CNAME) if node else None)
            if chosen is None:
                found.rcode = dns.rcode.NXDOMAIN if node is None else dns.rcode.NOERROR
                found.authority.append(zone.soa())
                return found
            found.answer.append(dns.rrset.from_rdata_list(name, chosen.ttl, list(chosen)))
            if rdataset is not None:
                return found
            name = chosen[0].target
        return _Found(dns.rcode.SERVFAIL)

    async def _outside(self, found: _Found, name: dns.name.Name, rdtype: RdataType) -> _Found:
        """An alias, or the name itself, leads out of our zones."""
        if not found.answer:
            return _Found(dns.rcode.REFUSED)
        query = dns.message.make_query(name, rdtype, use_edns=0, flags=dns.flags.RD | dns.flags.AD)
        wire = await self._upstream.forward(query.to_wire(), tcp=True)
        if wire is None:
            return _Found(dns.rcode.SERVFAIL, ede=_NO_REACHABLE_AUTHORITY)
        rest = dns.message.from_wire(wire)
        found.rcode = rest.rcode()
        found.answer += rest.answer
        found.authority += rest.authority
        found.secure = found.secure and bool(rest.flags & dns.flags.AD)
        return found

    def _message(self, query: dns.message.QueryMessage, found: _Found, *, lame: bool) -> dns.message.Message:
        response = dns.message.make_response(query, recursion_available=not lame)
        response.set_rcode(found.rcode)
        response.answer = found.answer
        response.authority = found.authority
        wants_ad = bool(query.flags & dns.flags.AD) or bool(query.ednsflags & dns.flags.DO)
        resolved = found.rcode in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
        match self._validation:
            case "validating":
                authentic = found.secure and resolved and wants_ad and not query.flags & dns.flags.CD
            case "echo":
                authentic = bool(query.flags & dns.flags.AD)
            case "never":
                authentic = False
        if authentic:
            response.flags |= dns.flags.AD
        if found.ede is not None and query.edns >= 0:
            response.use_edns(0, payload=1232, options=[found.ede])
        return response

    def _fit(
        self, query: dns.message.QueryMessage, response: dns.message.Message, *, tcp: bool, truncate: bool
    ) -> bytes:
        wire = response.to_wire(max_size=65535)
        limit = max(512, query.payload) if query.edns >= 0 else 512
        if not tcp and (truncate or len(wire) > limit):
            response.answer, response.authority = [], []
            response.flags |= dns.flags.TC
            wire = response.to_wire()
        return wire


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: Nameserver) -> None:
        self._server = server

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self._server.datagram(data, addr)


def _forgeries(query: dns.message.QueryMessage, fault: Fault) -> list[bytes]:
    """What an attacker off the path would send: says NXDOMAIN, but does not fit the query."""
    forged: list[bytes] = []
    if fault.wrong_id:
        fault.wrong_id -= 1
        lie = dns.message.make_response(query, recursion_available=True)
        lie.set_rcode(dns.rcode.NXDOMAIN)
        lie.id = query.id ^ 0x5A5A
        forged.append(lie.to_wire())
    if fault.wrong_question:
        fault.wrong_question -= 1
        other = dns.message.make_query("other.invalid.", "A", id=query.id)
        lie = dns.message.make_response(other, recursion_available=True)
        lie.set_rcode(dns.rcode.NXDOMAIN)
        forged.append(lie.to_wire())
    return forged


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()
