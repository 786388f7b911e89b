"""What the resolvers can do that the checks rest on: for whoever runs them, not for a report of a domain."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from checks.catalogue import Text
from checks.data.blocklists import Blocklist
from checks.model import Why
from checks.net.dns import Dns
from checks.net.exchange import Server
from checks.probes.listing import BlocklistAccess, TestResult

_KINDS: tuple[Literal["ip"], Literal["domain"]] = ("ip", "domain")
_REFUSALS = (Why.BLOCKED, Why.REFUSED, Why.FILTERED, Why.INTERNAL)


@dataclass(frozen=True, slots=True)
class ServerState:
    """One resolver ("IP:port"). `validates` DNSSEC: None where it did not answer the questions that tell."""

    address: str
    validates: bool | None


@dataclass(frozen=True, slots=True)
class BlocklistState:
    """One decisive list that the checks ask, by its test entries (RFC 5782 section 5).

    answers: as documented. refuses: it, or the resolver, answers otherwise, and the checks do not believe it. silent:
    could not tell. `why`: what failed, None where it answers. `answered`: the addresses that came for the test entry.
    `advice`: what whoever runs this can do about it, None where there is nothing to do. `key`: the name under which a
    key for the list can be given, "" where it takes none.
    """

    zone: str
    title: str
    state: Literal["answers", "refuses", "silent"]
    why: Why | None = None
    answered: tuple[str, ...] = ()
    advice: Text | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class ResolverState:
    """`servers`: those that the checks would ask, in their order; none where the system names none."""

    servers: tuple[ServerState, ...]
    blocklists: tuple[BlocklistState, ...]

    @property
    def validates(self) -> bool | None:
        """As the checks take it: at least one resolver proved it, no other failed the proof. None: none answered."""
        proofs = {server.validates for server in self.servers}
        if False in proofs:
            return False
        return True if True in proofs else None


async def resolver_state(
    nameservers: Sequence[str] | None = None,
    *,
    deadline_s: float = 10.0,
    blocklist_keys: Mapping[str, str] | None = None,
) -> ResolverState:
    """Ask the resolvers (None: those of the system) what they can do; takes `deadline_s` seconds at most.

    `blocklist_keys` as of `Checker`. Raises ValueError with a sentence for a text that is no name server or no key.
    """
    dns = Dns(nameservers)
    try:
        access = BlocklistAccess(dns, blocklist_keys)
        lists = [bl for kind in _KINDS for bl in access.lists(kind) if bl.decisive]
        servers, states = await asyncio.gather(
            asyncio.gather(*(_server(dns, server, deadline_s) for server in dns.servers)),
            asyncio.gather(*(_blocklist(access, bl, deadline_s) for bl in lists)),
        )
        return ResolverState(tuple(servers), tuple(states))
    finally:
        await dns.aclose()


async def _server(dns: Dns, server: Server, deadline_s: float) -> ServerState:
    try:
        async with asyncio.timeout(deadline_s):
            return ServerState(str(server), await dns.proved(server))
    except TimeoutError:
        return ServerState(str(server), None)


async def _blocklist(access: BlocklistAccess, bl: Blocklist, deadline_s: float) -> BlocklistState:
    try:
        async with asyncio.timeout(deadline_s):
            result = await access.test(bl, "ipv4" if bl.kind == "ip" else "domain")
    except TimeoutError:
        return BlocklistState(bl.zone, bl.title, "silent", Why.TIMEOUT, key=bl.key)
    if result.fault is None:
        return BlocklistState(bl.zone, bl.title, "answers", None, result.answered, key=bl.key)
    state: Literal["refuses", "silent"] = "refuses" if result.fault.why in _REFUSALS else "silent"
    advice = _advice(bl, result, has_key=access.has_key(bl))
    return BlocklistState(bl.zone, bl.title, state, result.fault.why, result.answered, advice, bl.key)


def _advice(bl: Blocklist, result: TestResult, *, has_key: bool) -> Text | None:
    match result.fault.why if result.fault else None:
        case Why.FILTERED:
            return _REWRITES
        case Why.BLOCKED | Why.REFUSED if has_key:
            return _OTHER_KEY
        case Why.BLOCKED if "127.255.255.255" in result.answered:
            return _TOO_MANY
        case Why.BLOCKED | Why.REFUSED:
            return _WITH_KEY if bl.key else _OWN_RESOLVER
    return None


_OWN_RESOLVER = Text(
    en="Ask it through a resolver of your own that forwards to nobody; some lists want the address of that resolver "
    "registered with them.",
    ja="フォワーダーを使わない自前のリゾルバーから問い合わせてください。リゾルバーのアドレスを事前に登録する必要があるリストもあります。",
)
_WITH_KEY = Text(
    en="Ask it through a resolver of your own that forwards to nobody, or set the key that this list gives you.",
    ja="フォワーダーを使わない自前のリゾルバーから問い合わせるか、このリストが発行するキーを設定してください。",
)
_OTHER_KEY = Text(
    en="It refuses although a key is set: see in the account there whether the key is right, active and not used up.",
    ja="キーを設定していますが、拒否されています。発行元のアカウントで、キーが正しく有効であること、利用量の上限を超えていないことを確認してください。",
)
_TOO_MANY = Text(
    en="It counts more queries from this resolver than it answers for free. Set the key that it gives you, or check "
    "fewer domains.",
    ja="このリゾルバーからの問い合わせ数が無料で利用できる上限を超えています。リストが発行するキーを設定するか、検査するドメインを減らしてください。",
)
_REWRITES = Text(
    en="The resolver, or one behind it, answers in place of the list. Use a resolver of your own that forwards to "
    "nobody.",
    ja="リゾルバー(またはその先のリゾルバー)がリストの応答を書き換えています。フォワーダーを使わない自前のリゾルバーを使ってください。",
)
