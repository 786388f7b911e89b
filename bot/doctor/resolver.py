"""Do the resolvers validate DNSSEC, and do the blocklists answer them?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.doctor.finding import Finding, State
from bot.settings import Settings
from checks import BlocklistState, Fact, ResolverState, Text, Why, reason_text, resolver_state

_VALIDATES = Text(
    en="The resolver validates DNSSEC ({servers}).", ja="リゾルバーはDNSSEC検証を行っています({servers})。"
)
_DOES_NOT = Text(
    en="The resolver does not validate DNSSEC ({servers}): DNSSEC of checked domains cannot be judged.",
    ja="リゾルバーがDNSSEC検証を行っていません({servers})。検査対象のDNSSECを判定できません。",
)
_SILENT = Text(
    en="Whether the resolver validates DNSSEC could not be told: no usable answer from {servers}.",
    ja="リゾルバーがDNSSEC検証を行うかどうか確認できません。{servers} から有効な応答がありませんでした。",
)
_NONE = Text(en="No resolver is configured.", ja="リゾルバーが設定されていません。")
_OWN_RESOLVER = Text(
    en="Run unbound on this machine (`apt install unbound` is enough) and set `MAILCHECK_NAMESERVERS=127.0.0.1`.",
    ja="このマシンでunboundを動かし(`apt install unbound` だけで動作します)、`MAILCHECK_NAMESERVERS=127.0.0.1` を設定してください。",
)
_SEE_RESOLVER = Text(
    en="See whether the resolver runs and reaches the internet on port 53: `dig @127.0.0.1 +dnssec . SOA` must answer with the flag `ad`.",
    ja="リゾルバーが動作し、53番ポートでインターネットに到達できるか確認してください。`dig @127.0.0.1 +dnssec . SOA` の応答に `ad` フラグが付けば正常です。",
)


async def examine_resolver(settings: Settings) -> list[Finding]:
    keys = settings.blocklist_key_texts()
    state = await resolver_state(settings.nameservers or None, blocklist_keys=keys)
    return [_validation(state), *_lists(state)]


def _validation(state: ResolverState) -> Finding:
    if not state.servers:
        return Finding("resolver", State.WRONG, _NONE, {}, _OWN_RESOLVER)
    match state.validates:
        case True:
            return Finding("resolver", State.OK, _VALIDATES, _named(state, True))
        case False:
            return Finding("resolver", State.WRONG, _DOES_NOT, _named(state, False), _OWN_RESOLVER)
        case None:
            return Finding("resolver", State.UNKNOWN, _SILENT, _named(state, None), _SEE_RESOLVER)


def _named(state: ResolverState, validates: bool | None) -> dict[str, Fact]:
    return {"servers": tuple(each.address for each in state.servers if each.validates is validates)}


def _lists(state: ResolverState) -> Iterator[Finding]:
    for each in state.blocklists:
        yield _list(each)


def _list(found: BlocklistState) -> Finding:
    facts: dict[str, Fact] = {"title": found.title, "zone": found.zone}
    if found.state == "answers":
        seen = Text(
            en="{title} answers its test entry (`{zone}`).",
            ja="{title} のテスト用エントリーに正しい応答がありました(`{zone}`)。",
        )
        return Finding("blocklist", State.OK, seen, facts, subject=found.zone)
    if found.state == "refuses":
        facts["answers"] = found.answered[:5]
        return Finding("blocklist", State.WRONG, _refusal(found), facts, _advice(found), found.zone)
    reason = reason_text(found.why or Why.INTERNAL)
    seen = Text(
        en=f"Whether {{title}} (`{{zone}}`) answers could not be told: {reason.en}.",
        ja=f"{{title}}(`{{zone}}`)が応答するかどうか確認できません: {reason.ja}。",
    )
    return Finding("blocklist", State.UNKNOWN, seen, facts, _SEE_RESOLVER, found.zone)


def _advice(found: BlocklistState) -> Text:
    """What the checks say of it, where a key goes that they speak of, and what it means until then."""
    advice = [found.advice or _OTHER_RESOLVER, _UNTIL_THEN]
    if found.key:
        key = Text(
            en=f"Keys stand in `MAILCHECK_BLOCKLIST_KEYS` (`{found.key}=KEY`).",
            ja=f"キーは `MAILCHECK_BLOCKLIST_KEYS` に設定します(`{found.key}=キー`)。",
        )
        advice.insert(1, key)
    return Text(en=" ".join(each.en for each in advice), ja="".join(each.ja for each in advice))


def _refusal(found: BlocklistState) -> Text:
    if found.answered:
        return Text(
            en="{title} (`{zone}`) does not answer this resolver as documented; its test entry gives {answers:code}.",
            ja="{title}(`{zone}`)がこのリゾルバーに仕様どおり応答しません(テスト用エントリーへの応答: {answers:code})。",
        )
    if found.why is Why.REFUSED:
        return Text(
            en="{title} (`{zone}`) refuses this resolver.",
            ja="{title}(`{zone}`)がこのリゾルバーからの問い合わせを拒否しています。",
        )
    return Text(
        en="{title} (`{zone}`) says to this resolver that its own test entry does not exist.",
        ja="{title}(`{zone}`)はこのリゾルバーに対し、テスト用エントリーが存在しないと応答しています。",
    )


_OTHER_RESOLVER = Text(
    en="Ask it through a resolver of your own that forwards to nobody.",
    ja="フォワーダーを使わない自前のリゾルバーから問い合わせてください。",
)
_UNTIL_THEN = Text(
    en="Until it answers, it counts as not tested here.", ja="応答が得られるまで「ここでは未検査」と表示します。"
)
