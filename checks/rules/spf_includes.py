"""Does every include and redirect lead to one SPF record?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.spf import SpfEvidence, SpfNode, SpfTerm
from checks.model import Absent, Seen, Severity, Tier, Unreachable, Why
from checks.parse.spf_proposal import Fault, proposed
from checks.rules._spf_change import ALL_CERTAIN, MAX_SHOWN, WITH_END, changes_end, with_end
from checks.rules.spf_record import MULTIPLE_SPF_RECORDS

_TITLE = Text(
    en="The SPF of `{domain}` leads to `{target}`, which has no SPF record",
    ja="`{domain}` のSPFが参照する `{target}` にSPFレコードがありません",
)

_WHY = Text(
    en="At `{term}` receivers give up with permerror: only senders that stand before it in the record pass SPF, all others do not.",
    ja="受信側は `{term}` に達すると結果をpermerrorとします。レコード内でこれより前にある送信元だけが合格し、ほかの送信元はSPFに合格しません。",
)
_WHY_NOBODY = Text(
    en="At `{term}` receivers give up with permerror. Nothing before it in the record gives a pass, so no mail at all passes SPF now.",
    ja="受信側は `{term}` に達すると結果をpermerrorとします。レコード内でこれより前に合格となる送信元の記載がないため、現在、SPFに合格するメールは1通もありません。",
)
_WHY_REDIRECT = Text(
    en="At `{term}` receivers answer permerror instead of a result: mail that no earlier term lists fails SPF with an error.",
    ja="受信側は `{term}` に達すると結果をpermerrorとします。それより前のメカニズムに一致しない送信元は、すべてエラーになります。",
)
_REMOVED = Texts(
    title=_TITLE,
    why=_WHY,
    fix=Text(
        en="Remove `{term}` from the TXT record of `{holder}` (the new record shown contains "
        + ALL_CERTAIN.en
        + "). If you still use that service, take its present include from its documentation.",
        ja="`{holder}` のTXTレコードから `{term}` を削除します(下記の変更後のレコードは、"
        + ALL_CERTAIN.ja
        + "を含みます)。そのサービスを引き続き使う場合は、提供元の案内にある現在の `include` に置き換えてください。",
    ),
)

_BY_HAND = Texts(
    title=_TITLE,
    why=_WHY,
    fix=Text(
        en="In the TXT record of `{holder}` replace `{term}` by the present include of that service, or by the servers that send today. No new record is shown: without `{term}` the rest would not list your senders, or cannot be read.",
        ja="`{holder}` のTXTレコードの `{term}` を、そのサービスの現在の `include` か、現在の送信サーバーに置き換えます。削除するだけでは送信元がなくなるか、レコードにほかの誤りが残るため、変更後のレコードは示していません。",
    ),
)
NOBODY = "nobody"
"""The wordings for a record that lists nobody before the include."""

INCLUDE_WITHOUT_SPF = Rule(
    id="SPF304",
    name="include-without-spf",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("domain", "target", "term", "holder", "through", "answer"),
    texts=_REMOVED,
    variants={
        WITH_END: with_end(_REMOVED),
        "by_hand": _BY_HAND,
        NOBODY: replace(_REMOVED, why=_WHY_NOBODY),
        f"{NOBODY}_{WITH_END}": with_end(replace(_REMOVED, why=_WHY_NOBODY)),
        f"{NOBODY}_by_hand": replace(_BY_HAND, why=_WHY_NOBODY),
        "redirect_by_hand": Texts(
            title=_TITLE,
            why=_WHY_REDIRECT,
            fix=Text(
                en="Point `{term}` in the TXT record of `{holder}` to a domain that has an SPF record, or list your senders in its place, with `~all` at the end. No new record is shown: the present one does not tell who sends.",
                ja="`{holder}` のTXTレコードの `{term}` に、SPFレコードのあるドメインを指定するか、代わりに送信元を記載して末尾を `~all` にします。現在のレコードからは送信元がわからないため、変更後のレコードは示していません。",
            ),
        ),
        "redirect": Texts(
            title=_TITLE,
            why=_WHY_REDIRECT,
            fix=Text(
                en="In the TXT record of `{holder}` replace `{term}` by `~all` (the new record shown contains "
                + ALL_CERTAIN.en
                + ") and list your senders, or point it to a domain that has an SPF record.",
                ja="`{holder}` のTXTレコードの `{term}` を `~all` に置き換えて(下記の変更後のレコードは、"
                + ALL_CERTAIN.ja
                + "を含みます)送信元を記載するか、SPFレコードのあるドメインを指定します。",
            ),
        ),
        "foreign": Texts(
            title=_TITLE,
            why=Text(
                en="`{term}` stands in the record of `{holder}`, which your `{through}` leads to. Receivers that come to it answer permerror: senders that stand after `{through}` do not pass SPF.",
                ja="`{term}` は、`{through}` の参照先である `{holder}` のレコードにあります。受信側はここに達すると結果をpermerrorとするため、`{through}` より後にある送信元はSPFに合格しません。",
            ),
            fix=Text(
                en="Tell whoever runs `{holder}`: only they can repair it. If you no longer use that service, remove `{through}` from the TXT record of `{domain}`.",
                ja="`{holder}` の管理者に修正を依頼してください(自社では修正できません)。そのサービスを使っていない場合は、`{domain}` のTXTレコードから `{through}` を削除します。",
            ),
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc7208#section-5.2",
        "https://www.rfc-editor.org/rfc/rfc7208#section-6.1",
    ),
    sample=Sample(
        bad="v=spf1 include:_spf.no-longer-there.example mx ~all",
        good="v=spf1 mx ~all",
    ),
)


def judge(spf: SpfEvidence) -> Iterator[Finding]:
    if isinstance(spf.answer, Unreachable):
        raise CannotTell(spf.answer.why)
    if spf.tree is None:
        raise NotApplicable(Why.NO_RECORD)
    ways = [way for way in spf.tree.paths() if len(way) > 1]
    found = [f for way in ways for f in _faults(way)]
    if not found and (why := spf.tree.why_unknown) is not None:
        raise CannotTell(why)
    # A name that several includes lead to is one finding.
    yield from {f.subject: f for f in reversed(found)}.values()


def _faults(way: tuple[SpfNode, ...]) -> Iterator[Finding]:
    owner, holder, node = way[0], way[-2], way[-1]
    term, through = node.via, way[1].via
    if term is None or through is None:
        return
    match node.records:
        case Absent(how):
            is_own = holder.domain == owner.domain or holder.domain.endswith("." + owner.domain)
            records = _change(holder) if is_own else ()
            yield INCLUDE_WITHOUT_SPF.found(
                node.domain,
                variant=_own_wording(term, holder, records, owner) if is_own else "foreign",
                records=records,
                domain=owner.domain,
                target=node.domain,
                term=term.text,
                holder=holder.domain,
                through=through.text,
                answer=how,
            )
        case Seen(records) if len(records) > 1:
            yield MULTIPLE_SPF_RECORDS.found(
                node.domain,
                variant="included",
                domain=node.domain,
                count=len(records),
                published=records[:MAX_SHOWN],
                owner=owner.domain,
                term=through.text,
            )


def _own_wording(term: SpfTerm, holder: SpfNode, records: Sequence[RecordChange], owner: SpfNode) -> str | None:
    is_certain = all(change.new is not None for change in records)
    if term.name == "redirect":
        return "redirect" if is_certain else "redirect_by_hand"
    ending = WITH_END if any(changes_end(holder.record, change.new) for change in records) else ""
    nobody = NOBODY if holder is owner and _lists_nobody_before(term, owner) else ""
    return "_".join(filter(None, (nobody, ending if is_certain else "by_hand"))) or None


def _lists_nobody_before(term: SpfTerm, owner: SpfNode) -> bool:
    """Whether nothing that could give a pass stands before; an include without a record gives none."""
    dead = {child.via for child in owner.children if isinstance(child.records, Absent)}
    reached = owner.record.reached if owner.record else ()
    return all(t.qualifier != "+" or t in dead for t in takewhile(lambda t: t != term, reached))


def _change(holder: SpfNode) -> tuple[RecordChange, ...]:
    """The holder's record without all its dead references, so that one change repairs it."""
    if holder.record is None:
        return ()
    new = proposed(holder).for_fault(Fault.DEAD)
    return (RecordChange(holder.published_at, "TXT", holder.record.text, new),)


CHECK = Check(
    id="spf.includes",
    title=Text(en="SPF includes", ja="SPFの参照先(include、redirect)"),
    needs=(SpfEvidence,),
    rules=(INCLUDE_WITHOUT_SPF, MULTIPLE_SPF_RECORDS),
    judge=judge,
    required=True,
)
