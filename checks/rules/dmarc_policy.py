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
            en="To collect reports first is right. But with p=none DMARC stops no forged mail.",
            ja="まずレポートを集める段階としては適切です。ただし、p=noneのままでは、なりすましメールをDMARCで止めることはできません。",
        ),
        fix=Text(
            en="Not yet, but when the reports show that all your own mail passes: change `{name}` to p=quarantine, and some weeks later to p=reject. If people of the domain write to mailing lists, stay at quarantine.",
            ja="すぐに変更する必要はありません。自社のメールがすべて合格していることをレポートで確認できたら、`{name}` をp=quarantineに、数週間後にp=rejectに変更します。メーリングリストに投稿する利用者がいる場合は、quarantineにとどめます。",
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
                ja="このドメインをかたるメールはすべてなりすましですが、p=noneでは拒否されません。",
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
        records=[
            RecordChange(name, "TXT", record.text, new if new != record.text else None, later=not use.non_sending)
        ],
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
