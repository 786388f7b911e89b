"""What does the DMARC policy ask receivers to do?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcEvidence
from checks.evidence.domain import UseEvidence
from checks.model import Seen, Severity, Tier, Unreachable, Why
from checks.parse.dmarc import effective_policy

MISSING_POLICY = Rule(
    id="DMARC103",
    name="missing-policy",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("domain", "name"),
    texts=Texts(
        title=Text(
            en="The DMARC record at `{name}` has no policy (`p=`)",
            ja="`{name}` のDMARCレコードにポリシー(`p=`)がありません",
        ),
        why=Text(
            en="Without `p=` it counts as p=none where it has a valid report address (`rua`), else DMARC is not applied at all. Gmail refuses bulk mail for it in either case.",
            ja="`p=` がない場合、有効なレポート宛先(`rua`)があればp=noneとして扱われ、なければDMARC自体が適用されません。Gmailはどちらの場合も、大量送信者の要件を満たさないものとして扱います。",
        ),
        fix=Text(
            en="Add the policy to the record of `{domain}` as shown. With p=none delivery does not change.",
            ja="`{domain}` のレコードに、示したとおりポリシーを追加してください。p=noneであれば配送に影響はありません。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc9989#section-4.10.1", "https://support.google.com/a/answer/81126"),
    sample=Sample(
        bad="v=DMARC1; rua=mailto:dmarc-reports@example.co.jp",
        good="v=DMARC1; p=none; rua=mailto:dmarc-reports@example.co.jp",
    ),
)

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
                en="Publish p=reject at `{name}`. With no mail of your own there is nothing to wait for.",
                ja="`{name}` にp=rejectを登録してください。自社からの送信がないため、すぐに適用できます。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc9989#section-7.4",),
    sample=Sample(
        bad="v=DMARC1; p=none; rua=mailto:dmarc-reports@example.co.jp",
        good="v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@example.co.jp",
    ),
)

_VERSION = re.compile(r"^[vV][ \t]*=[ \t]*DMARC1")
_POLICY = re.compile(r"(\b[pP][ \t]*=[ \t]*)none", re.IGNORECASE)


def judge(dmarc: DmarcEvidence, use: UseEvidence) -> Iterator[Finding]:
    match dmarc.record:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen(record) if not dmarc.is_suffix_record:
            pass
        case _:
            raise NotApplicable(Why.NO_RECORD)
    is_own = dmarc.at == dmarc.domain
    if not any(tag.name == "p" for tag in record.tags):
        name = f"_dmarc.{dmarc.at}"
        new = _VERSION.sub(r"\g<0>; p=none", record.text, count=1)
        yield MISSING_POLICY.found(
            dmarc.at or "", records=[RecordChange(name, "TXT", record.text, new)], domain=dmarc.at or "", name=name
        )
        return
    if record.policy != "none" or effective_policy(record, is_own=is_own) != "none":
        return
    name = f"_dmarc.{dmarc.domain if use.non_sending else dmarc.at}"
    yield MONITORING_ONLY.found(
        dmarc.domain,
        variant="non_sending" if use.non_sending else None,
        records=[_next_step(name, record.text, is_own=is_own, non_sending=bool(use.non_sending))],
        domain=dmarc.domain,
        name=name,
    )


def _next_step(name: str, text: str, *, is_own: bool, non_sending: bool) -> RecordChange:
    """For a name without mail p=reject at the name itself, whatever its organization does; else quarantine, later."""
    if non_sending and not is_own:
        return RecordChange(name, "TXT", None, "v=DMARC1; p=reject")
    new = _POLICY.sub(rf"\g<1>{'reject' if non_sending else 'quarantine'}", text, count=1)
    return RecordChange(name, "TXT", text, new if new != text else None, later=not non_sending)


CHECK = Check(
    id="dmarc.policy",
    title=Text(en="DMARC policy", ja="DMARCポリシー"),
    needs=(DmarcEvidence, UseEvidence),
    rules=(MISSING_POLICY, MONITORING_ONLY),
    judge=judge,
)
