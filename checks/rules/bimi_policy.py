"""Is DMARC strict enough for the BIMI logo to be shown?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.bimi import BimiEvidence, BimiRecord
from checks.evidence.dmarc import DmarcEvidence
from checks.model import Seen, Severity, Tier, Unreachable, Why
from checks.rules._enforcement import weakness

_WHY = Text(
    en="Gmail, Yahoo, Apple and others show a BIMI logo only if DMARC is p=quarantine or p=reject, for all mail and for subdomains too. So no logo is shown.",
    ja="Gmail、米国Yahoo、Appleなどは、DMARCがp=quarantineまたはp=rejectで、すべてのメールとサブドメインに適用される場合だけBIMIのロゴを表示します。現状では表示されません。",
)

WITHOUT_ENFORCEMENT = Rule(
    id="BIMI201",
    name="bimi-without-enforcement",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "name", "weakness"),
    texts=Texts(
        title=Text(
            en="`{domain}` has a BIMI logo, but its DMARC has `{weakness}`",
            ja="`{domain}` はBIMIのロゴを公開していますが、DMARCが `{weakness}` です",
        ),
        why=_WHY,
        fix=Text(
            en="When DMARC reports show that all your own mail passes, change `{weakness}` at `{name}`: p=quarantine or p=reject, no sp=none, no t=y, no pct.",
            ja="自社のメールがすべて合格していることをDMARCレポートで確認してから、`{name}` の `{weakness}` を変更してください。p=quarantineまたはp=rejectとし、sp=none、t=y、pctは使いません。",
        ),
    ),
    variants={
        "missing": Texts(
            title=Text(
                en="`{domain}` has a BIMI logo, but no DMARC policy applies to it",
                ja="`{domain}` はBIMIのロゴを公開していますが、適用されるDMARCポリシーがありません",
            ),
            why=_WHY,
            fix=Text(
                en="Publish DMARC at `{name}`, first with p=none and reports. When these show that all your own mail passes, change it to p=quarantine or p=reject.",
                ja="`{name}` にDMARCを登録します。まずp=noneとレポートの宛先を設定し、自社のメールがすべて合格していることを確認してから、p=quarantineまたはp=rejectに変更してください。",
            ),
        )
    },
    references=("https://support.google.com/a/answer/10911320", "https://bimigroup.org/implementation-guide/"),
    sample=Sample(bad="v=DMARC1; p=none", good="v=DMARC1; p=quarantine"),
)


def judge(bimi: BimiEvidence, dmarc: DmarcEvidence) -> Iterator[Finding]:
    match bimi.record:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen(BimiRecord() as record) if record.logo or record.certificate:
            pass
        case _:
            raise NotApplicable(Why.NO_RECORD)
    weak = weakness(dmarc)
    if weak is None:
        return
    yield WITHOUT_ENFORCEMENT.found(
        bimi.domain,
        variant=None if weak else "missing",
        domain=bimi.domain,
        name=f"_dmarc.{dmarc.at or bimi.domain}",
        weakness=weak,
    )


CHECK = Check(
    id="bimi.policy",
    title=Text(en="DMARC for BIMI", ja="BIMIとDMARC"),
    needs=(BimiEvidence, DmarcEvidence),
    rules=(WITHOUT_ENFORCEMENT,),
    judge=judge,
)
