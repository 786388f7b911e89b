"""Does the DMARC record use tags that are no more in use?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcEvidence
from checks.evidence.domain import UseEvidence
from checks.evidence.mx import MxEvidence
from checks.model import Seen, Severity, Tier, Unreachable, Why
from checks.parse.dmarc_rewrite import REMOVED_TAGS, held_back_to
from checks.rules._dmarc_change import change_later, change_now

REMOVED_TAG = Rule(
    id="DMARC104",
    name="removed-tag",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    facts=("name", "tags", "policy"),
    alternatives=((Severity.WARNING, Tier.NONE),),
    texts=Texts(
        title=Text(
            en="The DMARC record at `{name}` has tags that are no longer in use: {tags:code}",
            ja="`{name}` のDMARCレコードに、廃止されたタグがあります: {tags:code}",
        ),
        why=Text(
            en="RFC 9989 took `pct`, `rf` and `ri` out of DMARC; receivers ignore them. What mail gets from p={policy} does not hang on them here.",
            ja="`pct`、`rf`、`ri` はRFC 9989で廃止され、受信側は無視します。この設定(p={policy})では、削除してもメールの扱いは変わりません。",
        ),
        fix=Text(
            en="Delete {tags:code} from the record at `{name}`.",
            ja="`{name}` のレコードから {tags:code} を削除してください。",
        ),
    ),
    variants={
        "holds_back": Texts(
            title=Text(
                en="{tags:code} at `{name}` no longer holds p={policy} back",
                ja="`{name}` の {tags:code} は廃止されており、p={policy}は全体に適用されます",
            ),
            why=Text(
                en="RFC 9989 took `pct` out of DMARC: receivers that follow it apply p={policy} to all mail that fails, others to a part of it.",
                ja="`pct` はRFC 9989で廃止されました。新しい仕様に従う受信側は、不合格のメールすべてにp={policy}を適用し、古い仕様の受信側は一部だけに適用します。",
            ),
            fix=Text(
                en="When the reports show that all your own mail passes, delete the tag from `{name}`. Until then choose the next lower policy, or put `t=y` beside it, which asks for one step less.",
                ja="自社のメールがすべて合格していることをレポートで確認できたら、`{name}` からこのタグを削除してください。それまでは1段階緩いポリシーにするか、1段階緩い扱いを求める `t=y` を併記します。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc9989#appendix-C.5.2",),
    sample=Sample(
        bad="v=DMARC1; p=quarantine; pct=100; rua=mailto:dmarc-reports@example.co.jp",
        good="v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@example.co.jp",
    ),
)

_SHOWN = 40


def judge(dmarc: DmarcEvidence, use: UseEvidence, mx: MxEvidence) -> Iterator[Finding]:
    match dmarc.record:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen(record) if not dmarc.is_suffix_record:
            pass
        case _:
            raise NotApplicable(Why.NO_RECORD)
    removed = [tag for tag in record.tags if tag.name in REMOVED_TAGS]
    if not removed:
        return
    holds_back = any(t.name == "pct" and held_back_to(t.value, record.policy) is not None for t in removed)
    yield REMOVED_TAG.found(
        dmarc.at or "",
        severity=Severity.WARNING if holds_back else None,
        variant="holds_back" if holds_back else None,
        records=change_later(dmarc, use, mx) if holds_back else change_now(dmarc, use, mx),
        name=f"_dmarc.{dmarc.at}",
        tags=tuple(f"{tag.name}={tag.value}"[:_SHOWN] for tag in removed if not holds_back or tag.name == "pct"),
        policy=record.policy or "none",
    )


CHECK = Check(
    id="dmarc.tags",
    title=Text(en="DMARC tags", ja="DMARCのタグ"),
    needs=(DmarcEvidence, UseEvidence, MxEvidence),
    rules=(REMOVED_TAG,),
    judge=judge,
)
