"""Are there terms in the SPF record that it had better be without?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.data.unneeded_includes import unneeded_include
from checks.evidence.domain import UseEvidence
from checks.evidence.spf import SpfEvidence, SpfNode
from checks.model import Severity, Tier, Unreachable, Why
from checks.parse.spf_proposal import Fault, Proposal, proposed
from checks.parse.spf_redundancy import Redundancy, redundancies
from checks.rules._spf_change import ALL_CERTAIN, WITH_END, changes_end, with_end

_MAX_SHOWN = 5

PTR_MECHANISM = Rule(
    id="SPF306",
    name="ptr-mechanism",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "term"),
    texts=Texts(
        title=Text(
            en="SPF of `{domain}` uses `{term}`, which should not be published any more",
            ja="`{domain}` のSPFが、使用すべきでない `{term}` を使っています",
        ),
        why=Text(
            en="RFC 7208 section 5.5 rules it out: it is slow, loads the reverse zones, and fails when one of their servers does not answer. Some receivers skip it, so that its senders do not pass.",
            ja="RFC 7208の5.5節で使わないよう定められています。処理が遅く、逆引きゾーンに負荷をかけ、逆引きのDNSサーバーが応答しないと判定できません。無視する受信側もあり、その場合は送信元がSPFに合格しません。",
        ),
        fix=Text(
            en="Find the servers that pass by `{term}` alone (those with a reverse name below the domain that no other term lists), list them as `ip4:` or `ip6:` in the TXT record of `{domain}`, then delete `{term}`. No new record is shown: the present one does not tell which servers these are.",
            ja="`{term}` だけで合格しているサーバー(逆引き名がこのドメインの下にあり、ほかのメカニズムに含まれないもの)を調べ、`{domain}` のTXTレコードに `ip4:` または `ip6:` で記載してから、`{term}` を削除します。現在のレコードからは該当するサーバーがわからないため、変更後のレコードは示していません。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc7208#section-5.5",),
    sample=Sample(bad="v=spf1 mx ptr ~all", good="v=spf1 mx ip4:11.1.0.10 ~all"),
)

_REPEATED = Text(
    en="The SPF record of `{domain}` has terms that others in it already cover: {redundant:code}",
    ja="`{domain}` のSPFレコードに、重複したメカニズムがあります: {redundant:code}",
)
_WHY_REPEATED = Text(
    en="Without these the same servers may send: {covered:code} (`2×`: stands there twice, one is enough; `a ⊂ b`: b allows all that a does). A repeated `include`, `a` or `mx` uses up some of the 10 DNS lookups that receivers make.",
    ja="次の重複をなくしても、許可される送信元は変わりません: {covered:code}(`2×` は2回の記載で、1つで足ります。`a ⊂ b` はaの許可する範囲がすべてbに含まれることを示します)。`include`、`a`、`mx` の重複は、受信側が行うDNS参照(上限10回)を無駄に使います。",
)
_UNNEEDED = Text(
    en="`{redundant}` in the SPF of `{domain}` is not needed for mail from {service}",
    ja="`{domain}` のSPFの `{redundant}` は、{service} からの送信には不要です",
)

_LEFT_OUT = Texts(
    title=_REPEATED,
    why=_WHY_REPEATED,
    fix=Text(
        en="Replace the TXT record of `{domain}` by the new one shown, in which they are left out. It contains "
        + ALL_CERTAIN.en
        + ".",
        ja="`{domain}` のTXTレコードを、重複を除いた下記のレコードに置き換えます(" + ALL_CERTAIN.ja + "を含みます)。",
    ),
)

REDUNDANT_TERM = Rule(
    id="SPF311",
    name="redundant-term",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "redundant", "covered", "service", "lookups", "read"),
    texts=_LEFT_OUT,
    variants={
        WITH_END: with_end(_LEFT_OUT),
        "by_hand": Texts(
            title=_REPEATED,
            why=_WHY_REPEATED,
            fix=Text(
                en="Delete {redundant:code} from the TXT record of `{domain}`, once its syntax error is mended.",
                ja="構文エラーを修正したうえで、`{domain}` のTXTレコードから {redundant:code} を削除します。",
            ),
        ),
        "subdomain": Texts(
            title=_UNNEEDED,
            why=Text(
                en="{service} sends with a return path on a subdomain of yours, or on its own domain, and receivers look for SPF there (as of {read}). In this record the include authorises nobody who needs it and costs {lookups} of the 10 DNS lookups.",
                ja="{service} のReturn-Pathは専用のサブドメインか、サービス側のドメインになり、受信側はそこのSPFを確認します({read} 時点)。このレコードの `include` は使われず、上限10回のDNS参照のうち{lookups}回を消費しています。",
            ),
            fix=Text(
                en="Look at a mail that you sent through {service}: if its Return-Path does not end in `@{domain}`, delete `{redundant}` from the TXT record of `{domain}`. The record on the subdomain stays.",
                ja="{service} を使って自社ドメインから送信したメールで、Return-Pathが `@{domain}` で終わっていないことを確認し、`{domain}` のTXTレコードから `{redundant}` を削除します。サブドメインのレコードはそのまま残します。",
            ),
        ),
        "service": Texts(
            title=_UNNEEDED,
            why=Text(
                en="{service} sends with a return path of its own, and receivers look for SPF there (as of {read}). In this record the include authorises nobody who needs it and costs {lookups} of the 10 DNS lookups; what authenticates these mails is DKIM.",
                ja="{service} のReturn-Pathはサービス側のドメインで、受信側はそこのSPFを確認します({read} 時点)。このレコードの `include` は使われず、上限10回のDNS参照のうち{lookups}回を消費しています。認証にはDKIMが使われます。",
            ),
            fix=Text(
                en="Look at a mail that you sent through {service}: if its Return-Path does not end in `@{domain}` and it is signed with DKIM for your domain, delete `{redundant}` from the TXT record of `{domain}`.",
                ja="{service} を使って自社ドメインから送信したメールで、Return-Pathが `@{domain}` で終わっておらず、自社ドメインのDKIMで署名されていることを確認し、`{domain}` のTXTレコードから `{redundant}` を削除します。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc7208#section-4.6.4",),
    sample=Sample(
        bad="v=spf1 mx ip4:11.1.0.0/24 ip4:11.1.0.10 ~all",
        good="v=spf1 mx ip4:11.1.0.0/24 ~all",
    ),
)


def judge(spf: SpfEvidence, use: UseEvidence) -> Iterator[Finding]:
    if isinstance(spf.answer, Unreachable):
        raise CannotTell(spf.answer.why)
    tree = spf.tree
    if tree is None or tree.record is None:
        raise NotApplicable(Why.NO_RECORD)
    proposal = proposed(tree)
    for term in tree.record.reached:
        if term.name == "ptr":
            yield PTR_MECHANISM.found(
                spf.domain,
                records=(RecordChange(spf.published_at, "TXT", tree.record.text, None),),
                domain=spf.domain,
                term=term.text,
            )
            break
    yield from _repeated(spf, tree, proposal)
    if not use.is_below:
        yield from _unneeded(spf, tree)
    if (why := tree.why_unknown) is not None:
        raise CannotTell(why)


def _repeated(spf: SpfEvidence, tree: SpfNode, proposal: Proposal) -> Iterator[Finding]:
    reached = [t for t in tree.record.reached if t.kind == "mechanism"] if tree.record else []
    found = list(redundancies(reached, tree.domain, tree.children))
    if not found:
        return
    new = proposal.text if proposal.mended & {Fault.REDUNDANT, Fault.SYNTAX} else None
    yield REDUNDANT_TERM.found(
        spf.domain,
        variant="by_hand" if new is None else WITH_END if changes_end(tree.record, new) else None,
        records=(RecordChange(spf.published_at, "TXT", tree.record.text if tree.record else None, new),),
        domain=spf.domain,
        redundant=tuple(_short(r.term.text) for r in found[:_MAX_SHOWN]),
        covered=tuple(map(_pair, found[:_MAX_SHOWN])),
        service="",
        lookups=0,
        read="",
    )


def _pair(found: Redundancy) -> str:
    """`mx (2×)` for what is listed twice, `ip4:11.1.0.7 ⊂ ip4:11.1.0.0/24` for what lies in another."""
    term, other = _short(found.term.text), _short(found.covered_by.text)
    return f"{term} (2×)" if term.lower() == other.lower() else f"{term} ⊂ {other}"


def _unneeded(spf: SpfEvidence, tree: SpfNode) -> Iterator[Finding]:
    """Named, but never left out of a proposal: whether one service is set up in an unusual way only its user knows."""
    below = {child.via: child.lookups for child in tree.children}
    seen: set[str] = set()
    for term in tree.record.reached if tree.record else ():
        row = unneeded_include(term.target) if term.name == "include" else None
        if row is None or term.target.lower() in seen:
            continue
        seen.add(term.target.lower())
        yield REDUNDANT_TERM.found(
            term.target.lower(),
            variant=row.return_path,
            records=(RecordChange(spf.published_at, "TXT", tree.record.text if tree.record else None, None),),
            domain=spf.domain,
            redundant=(_short(term.text),),
            covered=(),
            service=row.service,
            lookups=1 + below.get(term, 0),
            read=row.read.isoformat(),
        )


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


CHECK = Check(
    id="spf.terms",
    title=Text(en="SPF terms that are redundant or discouraged", ja="SPFの重複・非推奨のメカニズム"),
    needs=(SpfEvidence, UseEvidence),
    rules=(PTR_MECHANISM, REDUNDANT_TERM),
    judge=judge,
)
