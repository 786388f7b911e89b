"""How does the SPF record end, and is everything in it reached?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.spf import SpfEvidence, SpfNode, SpfTerm
from checks.model import Severity, Tier, Unreachable, Why
from checks.parse.spf_proposal import Fault, proposed, unreached_terms
from checks.rules._spf_change import ALL_CERTAIN, WITH_END, changes_end, with_end

_MAX_SHOWN = 5

_UNREACHED = Text(
    en="In the SPF record of `{domain}` receivers never get to {unreached:code}: `{end}` stands before or beside it",
    ja="`{domain}` のSPFレコードの {unreached:code} は `{end}` があるため評価されません",
)
_WHY_UNREACHED = Text(
    en="`all` matches every address, so the evaluation ends there; `redirect` is ignored wherever the record has an `all` (RFC 7208 sections 5.1 and 6.1). Senders listed only in these terms do not pass SPF.",
    ja="`all` はすべてのアドレスに一致するため、評価はそこで終わります。`redirect` も `all` があると無視されます(RFC 7208の5.1節、6.1節)。これらのメカニズムにだけ記載した送信元はSPFに合格しません。",
)

_LEFT_OUT = Texts(
    title=_UNREACHED,
    why=_WHY_UNREACHED,
    fix=Text(
        en="Replace the TXT record of `{domain}` by the new one shown, which contains "
        + ALL_CERTAIN.en
        + ". That these are left out in it changes no result.",
        ja="`{domain}` のTXTレコードを、これらのメカニズムを除いた下記のレコードに置き換えます("
        + ALL_CERTAIN.ja
        + "を含みます)。これらを除いても判定結果は変わりません。",
    ),
)

_OPENED = Text(
    en="Make sure that all your senders are listed, then replace the TXT record of `{domain}` by the new one shown. In it the mechanisms that stood behind `{end}` stand before `~all`, and count again.",
    ja="送信元がすべて記載されていることを確認し、`{domain}` のTXTレコードを下記のレコードに置き換えます。`{end}` より後にあったメカニズムは `~all` の前に移したため、評価されるようになります。",
)

TERMS_AFTER_ALL = Rule(
    id="SPF104",
    name="terms-after-all",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "unreached", "end"),
    texts=_LEFT_OUT,
    variants={
        WITH_END: with_end(_LEFT_OUT),
        "opened": Texts(title=_UNREACHED, why=_WHY_UNREACHED, fix=_OPENED),
        "opened_redirect": Texts(
            title=_UNREACHED,
            why=_WHY_UNREACHED,
            fix=Text(
                en=_OPENED.en + " The `redirect=` is left out: if it names senders of yours, add it as `include:`.",
                ja=_OPENED.ja
                + "`redirect=` は除いているため、送信に使っている場合は `include:` として加えてください。",
            ),
        ),
        "by_hand": Texts(
            title=_UNREACHED,
            why=_WHY_UNREACHED,
            fix=Text(
                en="In the TXT record of `{domain}` move {unreached:code} before `{end}` if they send for you (a `redirect=` as `include:`), and delete what does not, so that `{end}` comes last.",
                ja="`{domain}` のTXTレコードで、{unreached:code} が正規の送信元であれば `{end}` より前に移し(`redirect=` は `include:` に変えます)、使っていないものは削除して、`{end}` を末尾にします。",
            ),
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc7208#section-5.1",
        "https://www.rfc-editor.org/rfc/rfc7208#section-6.1",
    ),
    sample=Sample(bad="v=spf1 mx ~all ip4:192.0.2.1", good="v=spf1 mx ip4:192.0.2.1 ~all"),
)

_NEUTRAL = Text(
    en="SPF of `{domain}` ends in `?all`: it says nothing about servers that it does not list",
    ja="`{domain}` のSPFは `?all` で終わり、記載のないサーバーについて何も判定していません",
)
_ENDED_ELSEWHERE = Text(
    en="The record that ends so is that of `{holder}`, and only its operator can change it. Once all your senders are listed, turn the `redirect=` in the TXT record of `{domain}` into `include:` with the same name, and put `~all` at the end.",
    ja="この末尾になっているのは `{holder}` のレコードで、変更できるのはその管理者だけです。送信元がすべて記載されていることを確認し、`{domain}` のTXTレコードの `redirect=` を同じ名前の `include:` に変え、末尾に `~all` を加えてください。",
)
_WHY_NEUTRAL = Text(
    en="Receivers get the result `neutral` and treat forged mail like mail of a domain without SPF. Bulk senders need a `pass`; `?all` protects nobody.",
    ja="結果がneutralになり、なりすましメールもSPFのないドメインのメールと同じ扱いになります。`?all` ではなりすましを防げません。また、大量送信者にはSPFのpassが求められます。",
)

NEUTRAL_ALL = Rule(
    id="SPF202",
    name="neutral-all",
    severity=Severity.WARNING,
    tier=Tier.MAIL,
    since="0.2",
    facts=("domain", "holder"),
    texts=Texts(
        title=_NEUTRAL,
        why=_WHY_NEUTRAL,
        fix=Text(
            en="Make sure that all your senders are listed, then replace `?all` by `~all` in the TXT record of `{holder}` (the new record shown contains "
            + ALL_CERTAIN.en
            + ").",
            ja="送信元がすべて記載されていることを確認し、`{holder}` のTXTレコードの `?all` を `~all` に変更します(下記の変更後のレコードは、"
            + ALL_CERTAIN.ja
            + "を含みます)。",
        ),
    ),
    variants={
        "foreign": Texts(title=_NEUTRAL, why=_WHY_NEUTRAL, fix=_ENDED_ELSEWHERE),
        "by_hand": Texts(
            title=_NEUTRAL,
            why=_WHY_NEUTRAL,
            fix=Text(
                en="In the TXT record of `{holder}` list the servers and services that send with this domain and end it in `~all`; if none does, publish `v=spf1 -all`. No corrected record is shown: the present one does not tell for certain who sends.",
                ja="`{holder}` のTXTレコードに、このドメインで送信するサーバーやサービスを記載し、末尾を `~all` にします。送信しないドメインであれば `v=spf1 -all` を公開します。現在のレコードからは送信元を確定できないため、変更後のレコードは示していません。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc7208#section-8.2", "https://support.google.com/a/answer/33786"),
    sample=Sample(bad="v=spf1 mx ?all", good="v=spf1 mx ~all"),
)

_OPEN_END = Text(
    en="SPF of `{domain}` has no end: neither `all` nor `redirect`",
    ja="`{domain}` のSPFに `all` も `redirect` もありません",
)
_WHY_OPEN_END = Text(
    en="For servers that it does not list the result is neutral, as with `?all`: receivers treat forged mail like mail of a domain without SPF.",
    ja="記載のないサーバーの結果は `?all` と同じくneutralになり、なりすましメールもSPFのないドメインのメールと同じ扱いになります。",
)

NO_ALL = Rule(
    id="SPF203",
    name="no-all",
    severity=Severity.WARNING,
    tier=Tier.MAIL,
    since="0.2",
    facts=("domain", "holder"),
    texts=Texts(
        title=_OPEN_END,
        why=_WHY_OPEN_END,
        fix=Text(
            en="Make sure that all your senders are listed, then end the TXT record of `{holder}` in `~all` (the new record shown contains "
            + ALL_CERTAIN.en
            + ").",
            ja="送信元がすべて記載されていることを確認し、`{holder}` のTXTレコードの末尾に `~all` を加えます(下記の変更後のレコードは、"
            + ALL_CERTAIN.ja
            + "を含みます)。",
        ),
    ),
    variants={
        "foreign": Texts(
            title=Text(
                en="SPF of `{domain}` leads by `redirect=` to the record of `{holder}`, which has no `all`",
                ja="`{domain}` のSPFの `redirect=` の先にある `{holder}` のレコードに `all` がありません",
            ),
            why=_WHY_OPEN_END,
            fix=_ENDED_ELSEWHERE,
        ),
        "by_hand": Texts(
            title=_OPEN_END,
            why=_WHY_OPEN_END,
            fix=Text(
                en="In the TXT record of `{holder}` list the servers and services that send with this domain and end it in `~all`; if none does, publish `v=spf1 -all`. No corrected record is shown: the present one does not tell for certain who sends.",
                ja="`{holder}` のTXTレコードに、このドメインで送信するサーバーやサービスを記載し、末尾を `~all` にします。送信しないドメインであれば `v=spf1 -all` を公開します。現在のレコードからは送信元を確定できないため、変更後のレコードは示していません。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc7208#section-4.7", "https://support.google.com/a/answer/33786"),
    sample=Sample(bad="v=spf1 mx", good="v=spf1 mx ~all"),
)


def judge(spf: SpfEvidence) -> Iterator[Finding]:
    if isinstance(spf.answer, Unreachable):
        raise CannotTell(spf.answer.why)
    tree = spf.tree
    if tree is None or tree.record is None:
        raise NotApplicable(Why.NO_RECORD)
    if tree.record.cut:
        raise CannotTell(Why.NOT_COVERED)
    if (end := tree.record.all_term) is not None and (unreached := unreached_terms(tree.record)):
        yield _terms_after(tree, end, unreached)
    last = _last(tree)
    if isinstance(last.records, Unreachable) and not (last.loops or last.cut):
        raise CannotTell(last.records.why)
    if last.record is None or last.record.cut:
        return
    if (end := last.record.all_term) is not None:
        if end.qualifier == "?":
            yield _unended(NEUTRAL_ALL, tree, last)
    elif last.record.error is None and not any(t.name == "redirect" for t in last.record.terms):
        # Of a record with an error the broken term may be the `all`.
        yield _unended(NO_ALL, tree, last)


def _last(tree: SpfNode) -> SpfNode:
    """The record whose end decides for whom nothing matches: the last of those that `redirect` leads along."""
    node = tree
    while (child := next((c for c in node.children if c.via and c.via.name == "redirect"), None)) is not None:
        node = child
    return node


def _terms_after(tree: SpfNode, end: SpfTerm, unreached: tuple[SpfTerm, ...]) -> Finding:
    new = proposed(tree).for_fault(Fault.UNREACHED)
    variant = WITH_END if changes_end(tree.record, new) else None
    if variant and end.qualifier in ("+", "") and any(t.kind == "mechanism" and t.name != "all" for t in unreached):
        # What stands behind `+all` passed all the same, and is kept.
        variant = "opened_redirect" if any(t.name == "redirect" for t in unreached) else "opened"
    return TERMS_AFTER_ALL.found(
        tree.domain,
        variant="by_hand" if new is None else variant,
        records=(RecordChange(tree.published_at, "TXT", tree.record.text if tree.record else None, new),),
        domain=tree.domain,
        unreached=tuple(_short(t.text) for t in unreached[:_MAX_SHOWN]),
        end=end.text,
    )


def _unended(rule: Rule, tree: SpfNode, last: SpfNode) -> Finding:
    is_own = last is tree or last.domain.endswith("." + tree.domain)
    new = proposed(last).for_fault(Fault.END) if is_own else None
    old = last.record.text if last.record else None
    return rule.found(
        tree.domain,
        variant=None if new else "by_hand" if is_own else "foreign",
        records=(RecordChange(last.published_at, "TXT", old, new),) if is_own else (),
        domain=tree.domain,
        holder=last.domain,
    )


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


CHECK = Check(
    id="spf.end",
    title=Text(en="End of the SPF record", ja="SPFレコードの末尾"),
    needs=(SpfEvidence,),
    rules=(TERMS_AFTER_ALL, NEUTRAL_ALL, NO_ALL),
    judge=judge,
)
