"""Does a receiver get through the SPF record within ten DNS lookups?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.spf import SpfEvidence, SpfNode, SpfTerm
from checks.model import Severity, Tier, Unreachable, Why
from checks.parse.spf_rewrite import without_repeats, without_terms

LIMIT = 10
_MAX_SHOWN = 14
_MAX_LINES = 80

_WHY = Text(
    en="Running total, term by term: {branches:code}. The limit is passed at `{unreached}`: senders listed there or after it get permerror, only those before it pass.",
    ja="レコードの順に累計すると {branches:code} となり、`{unreached}` で上限を超えます。そこに記載された送信元とそれより後の送信元は、permerrorとなってSPFに合格しません。合格するのは、それより前の送信元だけです。",
)
_FIX = Text(
    en="Save at least {excess} in the TXT record of `{domain}`: delete includes of services you no longer use. A newsletter or invoice service can use a return path on a subdomain of its own, such as `news.{domain}`; its include moves there. With {example:code} moved like that, for example, {rest} remain.",
    ja="`{domain}` のTXTレコードの参照を{excess}回以上減らしてください。使っていないサービスの `include` は削除します。配信や請求書のサービスは、Return-Pathを専用のサブドメイン(例: `news.{domain}`)にし、`include` もそこへ移します。たとえば {example:code} の送信元をこのように移してから外すと、{rest}回になります。",
)

TOO_MANY_LOOKUPS = Rule(
    id="SPF301",
    name="too-many-lookups",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("domain", "lookups", "limit", "excess", "branches", "unreached", "example", "rest", "tree"),
    texts=Texts(
        title=Text(
            en="SPF of `{domain}` needs {lookups} DNS lookups; receivers stop at {limit}",
            ja="`{domain}` のSPFはDNSルックアップが{lookups}回必要です(上限は{limit}回)",
        ),
        why=_WHY,
        fix=_FIX,
    ),
    variants={
        "at_least": Texts(
            title=Text(
                en="SPF of `{domain}` needs at least {lookups} DNS lookups; receivers stop at {limit}",
                ja="`{domain}` のSPFはDNSルックアップが少なくとも{lookups}回必要です(上限は{limit}回)",
            ),
            why=_WHY,
            fix=_FIX,
        ),
        "repeated": Texts(
            title=Text(
                en="SPF of `{domain}` needs {lookups} DNS lookups; receivers stop at {limit}",
                ja="`{domain}` のSPFはDNSルックアップが{lookups}回必要です(上限は{limit}回)",
            ),
            why=_WHY,
            fix=Text(
                en="The record of `{domain}` repeats terms. Replace it by the one shown with this finding, in which each stands once: that is within the limit.",
                ja="`{domain}` のレコードには同じ項目が重複しています。重複を除いたレコード(下記)に置き換えると、上限内に収まります。",
            ),
        ),
        "loop": Texts(
            title=Text(
                en="SPF of `{domain}` never ends: `{unreached}` leads back to a record that led to it",
                ja="`{domain}` のSPFは参照が循環しています(`{unreached}` が参照元のレコードに戻ります)",
            ),
            why=Text(
                en="Running total, term by term: {branches:code}. Receivers go round until {limit} lookups are used up and answer permerror: only senders listed before that point pass.",
                ja="レコードの順に累計すると {branches:code} となります。受信側は{limit}回に達するまで循環をたどり、結果をpermerrorとします。合格するのは、それより前に記載された送信元だけです。",
            ),
            fix=Text(
                en="Remove `{unreached}` from the record that holds it: it adds no sender that is not listed already.",
                ja="`{unreached}` を、記載されているレコードから削除します。循環する参照によって追加される送信元はないため、影響はありません。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc7208#section-4.6.4", "https://support.google.com/a/answer/33786"),
    sample=Sample(
        bad="v=spf1 a mx a:a.example a:b.example a:c.example a:d.example a:e.example a:f.example a:g.example a:h.example a:i.example ~all",
        good="v=spf1 a mx a:a.example a:b.example ip4:192.0.2.0/24 ~all",
    ),
)


def judge(spf: SpfEvidence) -> Iterator[Finding]:
    if isinstance(spf.answer, Unreachable):
        raise CannotTell(spf.answer.why)
    tree = spf.tree
    if tree is None or tree.record is None:
        raise NotApplicable(Why.NO_RECORD)
    circle = next((way for way in tree.paths() if way[-1].loops), ())
    loop = circle[-1].via if circle else None
    why_unknown = tree.why_unknown
    if loop is None and tree.lookups <= LIMIT:
        if why_unknown is not None:
            raise CannotTell(why_unknown)
        return
    branches = _branches(tree)
    once = {term.text.lower().removeprefix("+"): count for term, count in branches}
    variant, change = "at_least" if why_unknown is not None else None, None
    if loop is not None:
        variant, change = "loop", without_terms(tree.record, loop) if len(circle) == 2 else None
    elif sum(once.values()) <= LIMIT and why_unknown is None and (change := without_repeats(tree.record)):
        variant = "repeated"
    example = _droppable(branches, tree.lookups - LIMIT)
    yield TOO_MANY_LOOKUPS.found(
        spf.domain,
        variant=variant,
        records=(RecordChange(spf.published_at, "TXT", tree.record.text, change),),
        domain=spf.domain,
        lookups=tree.lookups,
        limit=LIMIT,
        excess=max(tree.lookups - LIMIT, 1),
        branches=tuple(_running_total(branches)),
        unreached=_short(loop.text if loop else _first_unreached(tree)),
        example=tuple(_short(term.text) for term, _ in example),
        rest=tree.lookups - sum(count for _, count in example),
        tree=tuple(islice(_lines(tree), _MAX_LINES)),
    )


def _branches(tree: SpfNode) -> list[tuple[SpfTerm, int]]:
    """The terms of a record that cost lookups, in order, with everything below them."""
    below = {child.via: child.lookups for child in tree.children}
    return [(t, 1 + below.get(t, 0)) for t in (tree.record.reached if tree.record else ()) if t.needs_lookup]


def _running_total(branches: Sequence[tuple[SpfTerm, int]]) -> Iterator[str]:
    """Each term with the lookups used up to and with it, in the order of evaluation."""
    used = 0
    for term, count in branches[:_MAX_SHOWN]:
        used += count
        yield f"{_short(term.text)} = {used}"


def _droppable(branches: Sequence[tuple[SpfTerm, int]], excess: int) -> list[tuple[SpfTerm, int]]:
    """An example of terms that save `excess` lookups, or of as many as can be shown: includes first, the last ones first, since they came last."""
    last_first = sorted(range(len(branches)), key=lambda i: (branches[i][0].name != "include", -i))
    dropped: list[int] = []
    saved = 0
    for index in last_first:
        if saved >= excess or len(dropped) == _MAX_SHOWN:
            break
        dropped.append(index)
        saved += branches[index][1]
    return [branches[index] for index in sorted(dropped)]


def _first_unreached(tree: SpfNode) -> str:
    """The term of the domain's own record in which the lookup beyond the limit falls."""
    used = 0
    for term, count in _branches(tree):
        used += count
        if used > LIMIT:
            return term.text
    return ""


def _lines(node: SpfNode, depth: int = 0) -> Iterator[str]:
    """The whole tree, a term a line, indented by depth."""
    below = {child.via: child for child in node.children}
    for term, count in _branches(node):
        yield f"{'  ' * depth}{_short(term.text)} ({count})"
        if term in below:
            yield from _lines(below[term], depth + 1)


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


CHECK = Check(
    id="spf.lookups",
    title=Text(en="SPF lookups", ja="SPFの参照回数(DNSルックアップ)"),
    needs=(SpfEvidence,),
    rules=(TOO_MANY_LOOKUPS,),
    judge=judge,
    required=True,
)
