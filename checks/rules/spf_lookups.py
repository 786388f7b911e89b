"""Does a receiver get through the SPF record within ten DNS lookups?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.spf import SpfEvidence, SpfNode, SpfRecord, SpfTerm
from checks.model import Severity, Tier, Unreachable, Why
from checks.parse.spf import parse_spf
from checks.parse.spf_course import MAX_LOOKUPS as LIMIT
from checks.parse.spf_course import course
from checks.parse.spf_proposal import Fault, proposed
from checks.rules._spf_change import ALL_CERTAIN, WITH_END, changes_end, with_end

_NEAR = LIMIT - 1
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

_COUNT = Text(
    en="SPF of `{domain}` needs {lookups} DNS lookups; receivers stop at {limit}",
    ja="`{domain}` のSPFはDNSルックアップが{lookups}回必要です(上限は{limit}回)",
)
_REPEATED = Texts(
    title=_COUNT,
    why=_WHY,
    fix=Text(
        en="The record of `{domain}` repeats terms. Replace it by the new one shown, which has nothing twice and is within the limit. It contains "
        + ALL_CERTAIN.en
        + ".",
        ja="`{domain}` のレコードには同じメカニズムが重複しています。重複を除いた下記のレコードに置き換えると、上限内に収まります("
        + ALL_CERTAIN.ja
        + "を含みます)。",
    ),
)

TOO_MANY_LOOKUPS = Rule(
    id="SPF301",
    name="too-many-lookups",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("domain", "lookups", "limit", "excess", "branches", "unreached", "example", "rest", "tree"),
    texts=Texts(title=_COUNT, why=_WHY, fix=_FIX),
    variants={
        "at_least": Texts(
            title=Text(
                en="SPF of `{domain}` needs at least {lookups} DNS lookups; receivers stop at {limit}",
                ja="`{domain}` のSPFはDNSルックアップが少なくとも{lookups}回必要です(上限は{limit}回)",
            ),
            why=_WHY,
            fix=_FIX,
        ),
        "repeated": _REPEATED,
        f"repeated_{WITH_END}": with_end(_REPEATED),
    },
    references=("https://www.rfc-editor.org/rfc/rfc7208#section-4.6.4", "https://support.google.com/a/answer/33786"),
    sample=Sample(
        bad="v=spf1 a mx a:a.example a:b.example a:c.example a:d.example a:e.example a:f.example a:g.example a:h.example a:i.example ~all",
        good="v=spf1 a mx a:a.example a:b.example ip4:192.0.2.0/24 ~all",
    ),
)


_NEAR_WHY = Text(
    en="Running total, term by term: {branches:code}. One more service in the record, or one more include at a service that you already use, and receivers answer permerror: senders listed beyond the limit then fail SPF.",
    ja="レコードの順に累計すると {branches:code} です。サービスを追加したとき、または利用中のサービスが `include` を増やしたときに上限を超え、受信側は結果をpermerrorとします。上限より後に記載された送信元はSPFに合格しなくなります。",
)
_NEAR_FIX = Text(
    en="Delete includes of services that you no longer use from the TXT record of `{domain}` before you add another. A new service can use a return path on a subdomain of its own, such as `news.{domain}`, which has its own SPF record and its own {limit} lookups.",
    ja="サービスを追加する前に、使っていないサービスの `include` を `{domain}` のTXTレコードから削除してください。新しいサービスのReturn-Pathを専用のサブドメイン(例: `news.{domain}`)にする方法もあります。サブドメインのSPFレコードは、別に{limit}回まで参照できます。",
)

LOOKUPS_NEAR_LIMIT = Rule(
    id="SPF302",
    name="lookups-near-limit",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "lookups", "limit", "branches", "tree"),
    texts=Texts(
        title=Text(
            en="SPF of `{domain}` needs {lookups} DNS lookups; the limit is {limit}",
            ja="`{domain}` のSPFはDNSルックアップが{lookups}回必要で、上限の{limit}回に近づいています",
        ),
        why=_NEAR_WHY,
        fix=_NEAR_FIX,
    ),
    variants={
        "at_least": Texts(
            title=Text(
                en="SPF of `{domain}` needs at least {lookups} DNS lookups; the limit is {limit}",
                ja="`{domain}` のSPFはDNSルックアップが少なくとも{lookups}回必要で、上限の{limit}回に近づいています",
            ),
            why=_NEAR_WHY,
            fix=_NEAR_FIX,
        ),
        "at_limit": Texts(
            title=Text(
                en="SPF of `{domain}` needs all {limit} DNS lookups that receivers make",
                ja="`{domain}` のSPFはDNSルックアップが{limit}回必要で、上限に達しています",
            ),
            why=_NEAR_WHY,
            fix=_NEAR_FIX,
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc7208#section-4.6.4", "https://support.google.com/a/answer/33786"),
    sample=Sample(
        bad="v=spf1 a mx a:a.example a:b.example a:c.example a:d.example a:e.example a:f.example a:g.example ~all",
        good="v=spf1 a mx a:a.example a:b.example ip4:192.0.2.0/24 ~all",
    ),
)

_LOOP_TITLE = Text(
    en="SPF of `{domain}` never ends: `{term}` in `{holder}` leads back to a record that led to it",
    ja="`{domain}` のSPFは参照が循環しています(`{holder}` の `{term}` が参照元のレコードに戻ります)",
)
_LOOP_WHY = Text(
    en="The way round is {way:code}. Receivers go round until {limit} lookups are used up and answer permerror: only senders listed before that point pass SPF, all others do not.",
    ja="参照は {way:code} の順に循環しています。受信側は{limit}回の上限に達するまで循環をたどり、結果をpermerrorとします。合格するのはそれより前に記載された送信元だけで、ほかの送信元はSPFに合格しません。",
)

_LOOP_CUT = Texts(
    title=_LOOP_TITLE,
    why=_LOOP_WHY,
    fix=Text(
        en="Remove `{term}` from the TXT record of `{holder}` (the new record shown contains "
        + ALL_CERTAIN.en
        + "): it adds no sender that is not listed already.",
        ja="`{holder}` のTXTレコードから `{term}` を削除します(下記の変更後のレコードは、"
        + ALL_CERTAIN.ja
        + "を含みます)。循環する参照によって追加される送信元はないため、影響はありません。",
    ),
)

INCLUDE_LOOP = Rule(
    id="SPF305",
    name="include-loop",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    facts=("domain", "term", "holder", "through", "way", "limit"),
    texts=_LOOP_CUT,
    variants={
        WITH_END: with_end(_LOOP_CUT),
        "by_hand": Texts(
            title=_LOOP_TITLE,
            why=_LOOP_WHY,
            fix=Text(
                en="In the TXT record of `{holder}` replace `{term}` by the servers that send. No new record is shown: without `{term}` the rest would not list your senders, or cannot be read.",
                ja="`{holder}` のTXTレコードの `{term}` を、実際に送信するサーバーに置き換えます。削除するだけでは送信元がなくなるか、レコードにほかの誤りが残るため、変更後のレコードは示していません。",
            ),
        ),
        "foreign": Texts(
            title=_LOOP_TITLE,
            why=_LOOP_WHY,
            fix=Text(
                en="Tell whoever runs `{holder}`: only they can remove `{term}` from its TXT record. If you do not use that service, remove `{through}` from the TXT record of `{domain}`.",
                ja="`{holder}` の管理者に、TXTレコードから `{term}` を削除するよう依頼してください(自社では変更できません)。そのサービスを使っていない場合は、`{domain}` のTXTレコードから `{through}` を削除します。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc7208#section-4.6.4",),
    sample=Sample(bad="v=spf1 mx include:d.example ~all  (at d.example itself)", good="v=spf1 mx ~all"),
)


def judge(spf: SpfEvidence) -> Iterator[Finding]:
    if isinstance(spf.answer, Unreachable):
        raise CannotTell(spf.answer.why)
    tree = spf.tree
    if tree is None or tree.record is None:
        raise NotApplicable(Why.NO_RECORD)
    reached = course(tree, {}, 4)
    # Where no receiver stops although there are more: something that matches every client ends it before.
    lookups = tree.lookups if reached.stop else reached.lookups
    loops = _loops(tree) if reached.stop else {}
    yield from (_loop(spf, way) for way in loops.values())
    if lookups > LIMIT:
        yield _too_many(spf, tree, tree.record)
    elif loops:
        return
    elif (why := tree.why_unknown) is not None:
        raise CannotTell(why)
    elif lookups >= _NEAR:
        yield LOOKUPS_NEAR_LIMIT.found(
            spf.domain,
            variant="at_least" if _has_open_target(tree) else "at_limit" if lookups == LIMIT else None,
            domain=spf.domain,
            lookups=lookups,
            limit=LIMIT,
            branches=tuple(_running_total(_branches(tree))),
            tree=tuple(islice(_lines(tree), _MAX_LINES)),
        )


def _too_many(spf: SpfEvidence, tree: SpfNode, record: SpfRecord) -> Finding:
    branches = _branches(tree)
    is_whole = tree.why_unknown is None and not _has_open_target(tree)
    change = _enough(tree, branches) if is_whole else None
    variant = "repeated" if change else None if is_whole else "at_least"
    if changes_end(record, change):
        variant = f"repeated_{WITH_END}"
    example = _droppable(branches, tree.lookups - LIMIT)
    return TOO_MANY_LOOKUPS.found(
        spf.domain,
        variant=variant,
        records=(RecordChange(spf.published_at, "TXT", record.text, change),),
        domain=spf.domain,
        lookups=tree.lookups,
        limit=LIMIT,
        excess=tree.lookups - LIMIT,
        branches=tuple(_running_total(branches)),
        unreached=_short(_first_unreached(tree)),
        example=tuple(_short(term.text) for term, _ in example),
        rest=tree.lookups - sum(count for _, count in example),
        tree=tuple(islice(_lines(tree), _MAX_LINES)),
    )


def _enough(tree: SpfNode, branches: Sequence[tuple[SpfTerm, int]]) -> str | None:
    """The corrected record, where it is within the limit because of the repetitions that it no longer has."""
    if (text := proposed(tree).for_fault(Fault.REDUNDANT)) is None:
        return None
    counts = {term.text.lower(): count for term, count in branches}
    left = sum(counts.get(t.text.lower(), 1) for t in parse_spf(text).reached if t.needs_lookup)
    return text if left <= LIMIT else None


def _has_open_target(tree: SpfNode) -> bool:
    """Whether an include or redirect leads to a name that depends on the mail."""
    return any(way[-1].via is not None and way[-1].via.has_macro for way in tree.paths())


def _loops(tree: SpfNode) -> dict[str, tuple[SpfNode, ...]]:
    """The first way that ends in a loop, by the name of the record that closes it: one finding for each record."""
    found: dict[str, tuple[SpfNode, ...]] = {}
    for way in tree.paths():
        if way[-1].loops:
            found.setdefault(way[-2].domain, way)
    return found


def _loop(spf: SpfEvidence, way: tuple[SpfNode, ...]) -> Finding:
    holder, node = way[-2], way[-1]
    through = way[1].via
    is_own = holder.domain == spf.domain or holder.domain.endswith("." + spf.domain)
    new = proposed(holder).for_fault(Fault.LOOP) if is_own else None
    names = [n.domain for n in way]
    variant = "foreign" if not is_own else "by_hand" if new is None else None
    if changes_end(holder.record, new):
        variant = WITH_END
    return INCLUDE_LOOP.found(
        holder.domain,
        variant=variant,
        records=(RecordChange(holder.published_at, "TXT", holder.record.text, new),)
        if is_own and holder.record
        else (),
        domain=spf.domain,
        term=_short(node.via.text if node.via else ""),
        holder=holder.domain,
        through=_short(through.text if through else ""),
        way=tuple(names[names.index(node.domain) :]),
        limit=LIMIT,
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
    rules=(TOO_MANY_LOOKUPS, LOOKUPS_NEAR_LIMIT, INCLUDE_LOOP),
    judge=judge,
    required=True,
)
