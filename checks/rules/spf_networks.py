"""Are the networks in the SPF record those of senders: neither private nor wider than one owner's?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.spf import SpfEvidence, SpfNode, SpfTerm
from checks.model import Severity, Tier, Unreachable, Why
from checks.parse.spf_redundancy import Network, network_of, prefix_lengths
from checks.providers import service_of_sender
from checks.rules.spf_all import lets_everybody_send

_WIDEST = (16, 32)
"""Prefix lengths for IPv4 and IPv6: the size that one organisation is given at most, as a rule."""
_MAX_SHOWN = 5
_SHARED = ipaddress.IPv4Network("100.64.0.0/10")

PRIVATE_ADDRESS = Rule(
    id="SPF105",
    name="private-address",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "terms"),
    texts=Texts(
        title=Text(
            en="SPF of `{domain}` lists addresses that no receiver on the Internet ever sees: {terms:code}",
            ja="`{domain}` のSPFに、インターネット上では使われないアドレスがあります: {terms:code}",
        ),
        why=Text(
            en="Private and reserved addresses (RFC 1918, RFC 6890) never reach a receiver. They authorise nobody, and the public address of the server that was meant may be missing.",
            ja="プライベートアドレスや予約済みアドレス(RFC 1918、RFC 6890)は受信側に届かないため、記載しても効果がありません。本来記載すべきグローバルアドレスが漏れている可能性もあります。",
        ),
        fix=Text(
            en="In the TXT record of `{domain}` replace {terms:code} by the public address with which that server reaches the Internet; where it is listed already, delete them.",
            ja="`{domain}` のTXTレコードの {terms:code} を、そのサーバーが外部への送信に使うグローバルアドレスに置き換えます。すでに記載されている場合は削除します。",
        ),
    ),
    references=(
        "https://www.rfc-editor.org/rfc/rfc6890",
        "https://www.rfc-editor.org/rfc/rfc7208#section-5.6",
    ),
    sample=Sample(bad="v=spf1 ip4:192.168.10.5 ip4:11.1.0.10 ~all", good="v=spf1 ip4:11.1.0.10 ~all"),
)

_WIDE = Text(
    en="SPF of `{domain}` lists networks of a size that many others share: {terms:code}",
    ja="`{domain}` のSPFに、他社のサーバーも含まれる広いネットワークがあります: {terms:code}",
)
_WHY_WIDE = Text(
    en="Every server in there may send as `{domain}` and passes SPF, and with it DMARC: a rented one is enough. Gmail looks for suspicious SPF entries (550 5.7.24).",
    ja="この範囲にあるサーバーはどれも `{domain}` として送信でき、SPFに合格し、DMARCにも合格します。サーバーを1台借りるだけで悪用できます。Gmailは疑わしいSPFの記述を確認しています(550 5.7.24)。",
)

WIDE_NETWORK = Rule(
    id="SPF204",
    name="wide-network",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "terms", "holder", "through"),
    texts=Texts(
        title=_WIDE,
        why=_WHY_WIDE,
        fix=Text(
            en="In the TXT record of `{holder}` replace {terms:code} by the addresses that really send, or by the include of the service. No new record is shown: which these are, the record does not tell.",
            ja="`{holder}` のTXTレコードの {terms:code} を、実際に送信するサーバーのアドレスか、利用しているサービスの `include` に置き換えます。現在のレコードからは送信元がわからないため、変更後のレコードは示していません。",
        ),
    ),
    variants={
        "included": Texts(
            title=Text(
                en="Through `{through}` SPF of `{domain}` lists networks of a size that many others share: {terms:code}",
                ja="`{domain}` のSPFは `{through}` を通じて、他社も含む広いネットワークを許可しています: {terms:code}",
            ),
            why=_WHY_WIDE,
            fix=Text(
                en="Ask whoever runs `{holder}` whether all of {terms:code} sends mail for you. If you do not use that service any more, remove `{through}` from the TXT record of `{domain}`.",
                ja="{terms:code} のすべてが送信に使われているのか、`{holder}` の管理者に確認してください。そのサービスを使っていない場合は、`{domain}` のTXTレコードから `{through}` を削除します。",
            ),
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc7208#section-11.4",
        "https://support.google.com/a/answer/3726730",
    ),
    sample=Sample(bad="v=spf1 ip4:11.0.0.0/12 ~all", good="v=spf1 ip4:11.1.0.0/24 ~all"),
)


def judge(spf: SpfEvidence) -> Iterator[Finding]:
    if isinstance(spf.answer, Unreachable):
        raise CannotTell(spf.answer.why)
    tree = spf.tree
    if tree is None or tree.record is None:
        raise NotApplicable(Why.NO_RECORD)
    private = [t.text for t in tree.record.reached if (n := network_of(t)) is not None and _is_private(n)]
    if private:
        yield PRIVATE_ADDRESS.found(
            spf.domain,
            records=(RecordChange(spf.published_at, "TXT", tree.record.text, None),),
            domain=spf.domain,
            terms=tuple(private[:_MAX_SHOWN]),
        )
    # Where everybody passes, SPF201 says it.
    if not lets_everybody_send(spf):
        yield from {f.subject: f for f in _wide(spf, tree)}.values()
    if (why := tree.why_unknown) is not None:
        raise CannotTell(why)


def _is_private(network: Network) -> bool:
    if isinstance(network, ipaddress.IPv4Network) and network.subnet_of(_SHARED):
        return True
    return network.is_private or network.is_multicast or network.is_reserved or network.is_link_local


def _wide(spf: SpfEvidence, tree: SpfNode) -> Iterator[Finding]:
    for way in tree.paths():
        vias = [node.via for node in way if node.via is not None]
        node = way[-1]
        if node.record is None or node.record.error is not None:
            continue
        if any(v.qualifier not in ("+", "") or service_of_sender(v.target) is not None for v in vias):
            continue
        terms = [t.text for t in node.record.reached if t.qualifier == "+" and _is_wide(t)]
        if terms:
            yield _found(spf, tree, node, vias[0].text if vias else "", terms)


def _is_wide(term: SpfTerm) -> bool:
    network = network_of(term)
    if network is None and term.name not in ("a", "mx"):
        return False
    if network is not None and _is_private(network):
        return False
    return any(length < widest for length, widest in zip(prefix_lengths(term), _WIDEST, strict=True))


def _found(spf: SpfEvidence, tree: SpfNode, node: SpfNode, through: str, terms: list[str]) -> Finding:
    is_own = node is tree or node.domain.endswith("." + tree.domain)
    old = node.record.text if node.record else None
    return WIDE_NETWORK.found(
        node.domain,
        variant=None if is_own else "included",
        records=(RecordChange(node.published_at, "TXT", old, None),) if is_own else (),
        domain=spf.domain,
        terms=tuple(terms[:_MAX_SHOWN]),
        holder=node.domain,
        through=through,
    )


CHECK = Check(
    id="spf.networks",
    title=Text(en="Networks in SPF", ja="SPFに記載されたネットワーク"),
    needs=(SpfEvidence,),
    rules=(PRIVATE_ADDRESS, WIDE_NETWORK),
    judge=judge,
)
