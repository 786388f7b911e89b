"""What does the DMARC policy ask receivers to do?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcEvidence
from checks.evidence.domain import UseEvidence
from checks.model import Absent, Severity, Tier, Unreachable, Why
from checks.parse.dmarc import effective_policy

MONITORING_ONLY = Rule(
    id="DMARC201",
    name="monitoring-only",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.1",
    facts=("domain", "name"),
    alternatives=((Severity.WARNING, Tier.NONE),),
    texts=Texts(
        title=Text(en="DMARC of `{domain}` only monitors (p=none)", ja="`{domain}` のDMARCは監視のみ(p=none)です"),
        why=Text(
            en="That is the right way to start. But forged mail is delivered as before, and in Japan carriers are asked to honour quarantine and reject, not none.",
            ja="導入の第一歩としては適切です。ただし、なりすましメールはそのまま配送されます。総務省も通信事業者に、隔離(quarantine)・拒否(reject)のポリシー設定を求めています。",
        ),
        fix=Text(
            en="When the reports show that all your own sending passes, change `{name}` to p=quarantine, and some weeks later to p=reject. For domains of people who write to mailing lists, stay at quarantine.",
            ja="レポートで自社の送信がすべて合格していることを確認したら、`{name}` をp=quarantineに変更し、数週間後にp=rejectへ進めます。メーリングリストに投稿する利用者がいるドメインはquarantineにとどめます。",
        ),
    ),
    variants={
        "non_sending": Texts(
            title=Text(
                en="`{domain}` sends no mail, but its DMARC policy is p=none",
                ja="`{domain}` はメールを送信しないドメインですが、DMARCがp=noneです",
            ),
            why=Text(
                en="Everything that claims to come from it is forged, and p=none lets it through.",
                ja="このドメインを騙るメールはすべてなりすましですが、p=noneでは拒否されません。",
            ),
            fix=Text(
                en="Change `{name}` to p=reject. With no mail of your own there is nothing to wait for.",
                ja="`{name}` をp=rejectに変更してください。自社からの送信がないため、すぐに変更できます。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc9989#section-7.4",),
    sample=Sample(
        bad="v=DMARC1; p=none; rua=mailto:dmarc-reports@example.co.jp",
        good="v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@example.co.jp",
    ),
)

_POLICY = re.compile(r"(\b[pP][ \t]*=[ \t]*)none", re.IGNORECASE)


def judge(dmarc: DmarcEvidence, use: UseEvidence) -> Iterator[Finding]:
    match dmarc.record:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Absent():
            raise NotApplicable(Why.NO_RECORD)
    record = dmarc.record.value
    if effective_policy(record, is_own=dmarc.at == dmarc.domain) != "none" or record.policy not in (None, "none"):
        return
    name = f"_dmarc.{dmarc.at}"
    next_policy = "reject" if use.non_sending else "quarantine"
    new = _POLICY.sub(rf"\g<1>{next_policy}", record.text, count=1)
    yield MONITORING_ONLY.found(
        dmarc.domain,
        variant="non_sending" if use.non_sending else None,
        records=[RecordChange(name, "TXT", record.text, new if new != record.text else None)],
        domain=dmarc.domain,
        name=name,
    )


CHECK = Check(
    id="dmarc.policy",
    title=Text(en="DMARC policy", ja="DMARCポリシー"),
    needs=(DmarcEvidence, UseEvidence),
    rules=(MONITORING_ONLY,),
    judge=judge,
)
