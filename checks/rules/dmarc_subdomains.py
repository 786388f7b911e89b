"""Do the names below the organizational domain have the same protection?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcEvidence
from checks.evidence.domain import UseEvidence
from checks.evidence.mx import MxEvidence
from checks.model import Seen, Severity, Tier, Unreachable, Why
from checks.parse.dmarc_rewrite import weaker_tags
from checks.rules._dmarc_change import change_later

WEAKER_SUBDOMAINS = Rule(
    id="DMARC202",
    name="weaker-subdomains",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "name", "tags", "policy"),
    texts=Texts(
        title=Text(
            en="Names below `{domain}` are protected less than the domain itself: {tags:code} with p={policy}",
            ja="`{domain}` のサブドメインのDMARCポリシーが、本体より緩く設定されています: {tags:code} (p={policy})",
        ),
        why=Text(
            en="Whoever cannot forge the domain itself takes a name below it, also one that does not exist: readers hardly see the difference.",
            ja="本体のなりすましが防がれていても、サブドメインを使えば回避できます。実在しない名前でもよく、受信者が違いに気づくことは困難です。",
        ),
        fix=Text(
            en="When the reports show that the mail of all subdomains passes, remove {tags:code} from `{name}`: p={policy} then applies to them as well. A subdomain that is not ready can have a record of its own.",
            ja="すべてのサブドメインのメールが合格していることをレポートで確認できたら、`{name}` から {tags:code} を削除してください。サブドメインにもp={policy}が適用されます。準備中のサブドメインには、独自のレコードを登録できます。",
        ),
    ),
    variants={
        "nonexistent": Texts(
            title=Text(
                en="Names below `{domain}` that do not exist are protected less than the domain: {tags:code} with p={policy}",
                ja="`{domain}` の実在しないサブドメインのDMARCポリシーが、本体より緩く設定されています: {tags:code} (p={policy})",
            ),
            why=Text(
                en="Whoever cannot forge the domain itself makes up a name below it: readers hardly see the difference.",
                ja="本体のなりすましが防がれていても、実在しないサブドメインを使えば回避できます。受信者が違いに気づくことは困難です。",
            ),
            fix=Text(
                en="Remove {tags:code} from `{name}` when the reports show no mail of yours from such names; p={policy} or `sp` then applies. `np=reject` harms nobody who sends from names that exist.",
                ja="実在しない名前から自社のメールが送信されていないことをレポートで確認できたら、`{name}` から {tags:code} を削除してください(p={policy}または `sp` が適用されます)。実在する名前からの送信は、`np=reject` にしても影響を受けません。",
            ),
        ),
        "inherited": Texts(
            title=Text(
                en="`{domain}` inherits a weaker DMARC policy than its organization has: {tags:code} instead of p={policy}",
                ja="`{domain}` が継承しているDMARCポリシーは、組織ドメインより緩い設定です: p={policy}ではなく {tags:code}",
            ),
            why=Text(
                en="It has no record of its own, so the `sp` of `{name}` applies to it, and less is done against forged mail.",
                ja="独自のレコードがないため、`{name}` の `sp` が適用されます。その分、なりすましメールへの対処が緩くなります。",
            ),
            fix=Text(
                en="When its mail passes DMARC, give `{domain}` a record of its own with p={policy}; or remove {tags:code} from `{name}` when the mail of all subdomains passes.",
                ja="`{domain}` のメールがDMARCに合格していれば、独自のレコードをp={policy}で登録してください。すべてのサブドメインのメールが合格していれば、`{name}` から {tags:code} を削除する方法もあります。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc9989#section-4.7",),
    sample=Sample(
        bad="v=DMARC1; p=reject; sp=none; rua=mailto:dmarc-reports@example.co.jp",
        good="v=DMARC1; p=reject; rua=mailto:dmarc-reports@example.co.jp",
    ),
)


def judge(dmarc: DmarcEvidence, use: UseEvidence, mx: MxEvidence) -> Iterator[Finding]:
    match dmarc.record:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen(record) if not dmarc.is_suffix_record:
            pass
        case _:
            raise NotApplicable(Why.NO_RECORD)
    inherited = dmarc.at != dmarc.domain
    # The name exists, or it would not be checked: what it inherits is sp.
    weaker = [(tag, value) for tag, value in weaker_tags(record) if tag == "sp" or not inherited]
    if not weaker:
        return
    match dmarc.walk.organizational:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen(organizational) if organizational != dmarc.at:
            # Below the organizational domain nobody reads sp and np (section 4.7).
            return
    tags = {tag for tag, _ in weaker}
    yield WEAKER_SUBDOMAINS.found(
        dmarc.domain,
        variant="inherited" if inherited else "nonexistent" if tags == {"np"} else None,
        records=change_later(dmarc, use, mx),
        domain=dmarc.domain,
        name=f"_dmarc.{dmarc.at}",
        tags=tuple(f"{tag}={value}" for tag, value in weaker),
        policy=record.policy or "none",
    )


CHECK = Check(
    id="dmarc.subdomains",
    title=Text(en="DMARC of subdomains", ja="サブドメインのDMARC"),
    needs=(DmarcEvidence, UseEvidence, MxEvidence),
    rules=(WEAKER_SUBDOMAINS,),
    judge=judge,
)
