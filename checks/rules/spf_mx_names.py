"""Does each `mx` of the SPF record stay within the ten names that a receiver looks up for it?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.spf import SpfEvidence, SpfLookupEvidence, SpfNode, SpfTerm
from checks.model import Severity, Tier, Unreachable, Why
from checks.parse.spf_course import MAX_MX_NAMES as LIMIT
from checks.parse.spf_course import Answers

_TITLE = Text(
    en="`{term}` in the SPF of `{domain}` leads to {count} mail servers; receivers allow {limit}",
    ja="`{domain}` のSPFの `{term}` が参照するメールサーバーは{count}台で、上限の{limit}台を超えています",
)
_WHY = Text(
    en="At `{term}` receivers give up with permerror as soon as it leads to more than {limit} MX records: only senders that stand before it pass SPF, all others do not.",
    ja="受信側は、`{term}` の参照先のMXレコードが{limit}件を超えていると、そこで結果をpermerrorとします。これより前に記載された送信元だけが合格し、ほかの送信元はSPFに合格しません。",
)

TOO_MANY_MX_ADDRESSES = Rule(
    id="SPF308",
    name="too-many-mx-addresses",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    facts=("domain", "term", "holder", "through", "count", "limit"),
    texts=Texts(
        title=_TITLE,
        why=_WHY,
        fix=Text(
            en="In the TXT record of `{holder}` replace `{term}` by the networks of the servers that send, as `ip4:` and `ip6:`; servers that only receive need not be listed. No new record is shown: which of them send, the DNS does not tell.",
            ja="`{holder}` のTXTレコードの `{term}` を、実際に送信するサーバーのネットワーク(`ip4:`、`ip6:`)に置き換えます。受信専用のサーバーは記載不要です。どれが送信するかはDNSからわからないため、変更後のレコードは示していません。",
        ),
    ),
    variants={
        "foreign": Texts(
            title=_TITLE,
            why=_WHY,
            fix=Text(
                en="Tell whoever runs `{holder}`: only they can change `{term}` in its TXT record. If you do not use that service, remove `{through}` from the TXT record of `{domain}`.",
                ja="`{holder}` の管理者に、TXTレコードの `{term}` の修正を依頼してください(自社では変更できません)。そのサービスを使っていない場合は、`{domain}` のTXTレコードから `{through}` を削除します。",
            ),
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc7208#section-4.6.4",
        "https://www.rfc-editor.org/rfc/rfc7208#section-5.4",
    ),
    sample=Sample(
        bad="v=spf1 mx ~all  (with 11 MX records)",
        good="v=spf1 ip4:192.0.2.0/24 ~all",
    ),
)


def judge(spf: SpfEvidence, lookups: SpfLookupEvidence) -> Iterator[Finding]:
    if isinstance(spf.answer, Unreachable):
        raise CannotTell(spf.answer.why)
    if spf.tree is None or spf.tree.record is None:
        raise NotApplicable(Why.NO_RECORD)
    answers = lookups.by_record()
    ways = list(spf.tree.paths())
    # A name that several terms lead to is one finding: the first, in the order of evaluation.
    found = {f.subject: f for way in reversed(ways) for f in reversed(list(_crowded(way, answers)))}
    yield from reversed(found.values())
    if not found and (why := _why_open(spf.tree, answers)) is not None:
        raise CannotTell(why)


def _crowded(way: tuple[SpfNode, ...], answers: Answers) -> Iterator[Finding]:
    owner, holder = way[0], way[-1]
    through = way[1].via.text if len(way) > 1 and way[1].via is not None else ""
    is_own = holder.domain == owner.domain or holder.domain.endswith("." + owner.domain)
    record = holder.record
    for term in _mx_terms(holder):
        told = answers.get(holder.domain, {}).get(term)
        if record is None or told is None or told.mx_records <= LIMIT:
            continue
        yield TOO_MANY_MX_ADDRESSES.found(
            term.target.lower() or holder.domain,
            variant=None if is_own else "foreign",
            records=(RecordChange(holder.published_at, "TXT", record.text, None),) if is_own else (),
            domain=owner.domain,
            term=term.text[:80],
            holder=holder.domain,
            through=through[:80],
            count=told.mx_records,
            limit=LIMIT,
        )


def _mx_terms(node: SpfNode) -> list[SpfTerm]:
    """Those of its terms whose names the DNS tells; in a record with an error receivers come to none."""
    if node.record is None or node.record.error is not None:
        return []
    return [t for t in node.record.reached if t.name == "mx" and not t.has_macro]


def _why_open(tree: SpfNode, answers: Answers) -> Why | None:
    if (why := tree.why_unknown) is not None:
        return why
    for *_, node in tree.paths():
        for term in _mx_terms(node):
            told = answers.get(node.domain, {}).get(term)
            if told is None:
                return Why.NOT_COVERED
            if not told.mx_records and told.why_ipv4 is not None:
                return told.why_ipv4
    return None


CHECK = Check(
    id="spf.mx",
    title=Text(en="Mail servers in SPF (mx)", ja="SPFの `mx` の参照先"),
    needs=(SpfEvidence, SpfLookupEvidence),
    rules=(TOO_MANY_MX_ADDRESSES,),
    judge=judge,
)
