"""Does the SPF record fit into a DNS answer that reaches every receiver?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.spf import SpfEvidence
from checks.model import Absent, Severity, Tier, Unreachable, Why
from checks.parse.spf import spf_records
from checks.parse.spf_proposal import proposed
from checks.parse.spf_size import MAX_ANSWER, MAX_RECORD, answer_octets
from checks.rules._spf_change import ALL_CERTAIN, WITH_END, changes_end, with_end

_LONG = Text(
    en="The SPF record of `{domain}` is {octets} octets long; more than {limit} do not fit into a plain DNS answer",
    ja="`{domain}` のSPFレコードが長すぎます({octets}オクテット、推奨は{limit}まで)",
)
_WHY_LONG = Text(
    en="Beyond 512 octets an answer needs larger UDP packets or TCP (RFC 7208 section 3.4). Where a firewall stops these, receivers get no SPF record: mail is deferred or does not pass.",
    ja="応答が512オクテットを超えると、大きなUDPパケットかTCPが必要です(RFC 7208の3.4節)。ファイアウォールがこれを通さない環境では、受信側がSPFレコードを取得できず、配送の遅延やSPFの不合格につながります。",
)

_CORRECTED = Texts(
    title=_LONG,
    why=_WHY_LONG,
    fix=Text(
        en="Replace the TXT record of `{domain}` by the new one shown, which is short enough. It contains "
        + ALL_CERTAIN.en
        + ".",
        ja="`{domain}` のTXTレコードを下記の変更後のレコードに置き換えると、上限内に収まります("
        + ALL_CERTAIN.ja
        + "を含みます)。",
    ),
)

RECORD_TOO_LONG = Rule(
    id="SPF307",
    name="record-too-long",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "octets", "limit", "records_at_name"),
    texts=Texts(
        title=_LONG,
        why=_WHY_LONG,
        fix=Text(
            en="In the TXT record of `{domain}` delete services you no longer use, let others send with a return path on a subdomain of its own, such as `news.{domain}`, and merge neighbouring networks. Do not put the addresses of a service in place of its include: they change.",
            ja="`{domain}` のTXTレコードから、使っていないサービスを削除します。配信サービスは専用サブドメイン(例: `news.{domain}`)のReturn-Pathに移し、隣り合うネットワークはまとめます。サービスの `include` をIPアドレスに置き換えないでください(提供元がアドレスを変更すると合格しなくなります)。",
        ),
    ),
    variants={
        "corrected": _CORRECTED,
        f"corrected_{WITH_END}": with_end(_CORRECTED),
        "answer": Texts(
            title=Text(
                en="The DNS answer with the SPF record of `{domain}` has about {octets} octets; over {limit} it may be lost",
                ja="`{domain}` のTXTレコード全体の応答が大きすぎます(約{octets}オクテット、推奨は{limit}まで)",
            ),
            why=Text(
                en="All {records_at_name} TXT records of the name come in one answer. Over {limit} octets it is cut off and asked for again over TCP; where a firewall stops that, receivers get no SPF record.",
                ja="この名前の{records_at_name}個のTXTレコードは、1つの応答にまとめて返されます。{limit}オクテットを超えるとTCPでの再問い合わせになり、ファイアウォールがTCPを通さない環境では、受信側がSPFレコードを取得できません。",
            ),
            fix=Text(
                en="Delete TXT records of `{domain}` that are no longer needed, above all those with which services once verified the domain. The SPF record itself need not change.",
                ja="`{domain}` のTXTレコードのうち不要なもの、特に過去のドメイン所有権確認に使ったものを削除します。SPFレコード自体の変更は不要です。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc7208#section-3.4", "https://www.rfc-editor.org/rfc/rfc9715"),
    sample=Sample(
        bad="v=spf1 " + " ".join(f"ip4:11.1.{i}.10" for i in range(0, 120, 3)) + " ~all",
        good="v=spf1 ip4:11.1.0.0/17 ~all",
    ),
)


def judge(spf: SpfEvidence) -> Iterator[Finding]:
    match spf.answer:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Absent():
            raise NotApplicable(Why.NO_RECORD)
    tree = spf.tree
    if tree is None or tree.record is None:
        raise NotApplicable(Why.NO_RECORD)
    txts = spf.answer.value.values
    octets = sum(len(txt) for txt in txts if spf_records([txt]))
    whole = answer_octets(spf.domain, txts, spf.answer.value.alias_of)
    if octets > MAX_RECORD:
        new = proposed(tree).text
        new = new if new and len(new) <= MAX_RECORD else None
        ends = changes_end(tree.record, new)
        yield RECORD_TOO_LONG.found(
            spf.domain,
            variant=None if new is None else f"corrected_{WITH_END}" if ends else "corrected",
            records=(RecordChange(spf.published_at, "TXT", tree.record.text, new),),
            octets=octets,
            limit=MAX_RECORD,
            domain=spf.domain,
            records_at_name=len(txts),
        )
    elif whole > MAX_ANSWER:
        yield RECORD_TOO_LONG.found(
            spf.domain, variant="answer", octets=whole, limit=MAX_ANSWER, domain=spf.domain, records_at_name=len(txts)
        )


CHECK = Check(
    id="spf.size",
    title=Text(en="Size of the SPF record", ja="SPFレコードの大きさ"),
    needs=(SpfEvidence,),
    rules=(RECORD_TOO_LONG,),
    judge=judge,
)
