"""What does the DMARC policy ask receivers to do?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcEvidence, DmarcRecord, MonitoringEvidence
from checks.evidence.domain import UseEvidence
from checks.evidence.mx import MxEvidence
from checks.model import Seen, Severity, Tier, Unreachable, Why
from checks.parse.dmarc import POLICIES, effective_policy
from checks.rules._dmarc_change import change_later, change_now, change_without_mail

LONG_DAYS = 90
"""After so many days p=none is a beginning no more."""

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
            ja="下記のとおり、`{domain}` のレコードにポリシーを追加してください。p=noneであれば配送に影響はありません。",
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
    facts=("domain", "name", "days"),
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
        "inherited": Texts(
            title=Text(
                en="`{domain}` inherits a DMARC policy that only monitors (p=none)",
                ja="`{domain}` が継承しているDMARCポリシーは監視のみ(p=none)です",
            ),
            why=Text(
                en="It has no record of its own and inherits from `{name}`. To collect reports first is right, but with p=none DMARC stops no forged mail.",
                ja="独自のレコードがないため、`{name}` の設定を継承しています。まずレポートを集める段階としては適切ですが、p=noneのままでは、なりすましメールをDMARCで止めることはできません。",
            ),
            fix=Text(
                en="Not yet, but when the reports show that the mail of all names below passes: change `{name}` to p=quarantine, and some weeks later to p=reject. If people write to mailing lists from there, stay at quarantine.",
                ja="すぐに変更する必要はありません。配下のすべての名前のメールが合格していることをレポートで確認できたら、`{name}` をp=quarantineに、数週間後にp=rejectに変更します。メーリングリストに投稿する利用者がいる場合は、quarantineにとどめます。",
            ),
        ),
        "without_reports": Texts(
            title=Text(
                en="DMARC of `{domain}` only monitors (p=none), and no reports come",
                ja="`{domain}` のDMARCは監視のみ(p=none)で、レポートも受け取っていません",
            ),
            why=Text(
                en="p=none is there to collect reports. Without a report address it neither stops forged mail nor shows you anything.",
                ja="p=noneはレポートを集めるための設定です。有効なレポート宛先がないため、なりすましメールを止められないうえ、状況も把握できません。",
            ),
            fix=Text(
                en="First give `{name}` a report address (`rua`). Read the reports for some weeks; when all your own mail passes, change to p=quarantine, later to p=reject. If people of the domain write to mailing lists, stay at quarantine.",
                ja="まず `{name}` にレポート宛先(`rua`)を設定し、数週間レポートを確認してください。自社のメールがすべて合格していれば、p=quarantine、続いてp=rejectに変更します。メーリングリストに投稿する利用者がいる場合は、quarantineにとどめます。",
            ),
        ),
        "long": Texts(
            title=Text(
                en="DMARC of `{domain}` still only monitors (p=none) after {days} days",
                ja="`{domain}` のDMARCは{days}日間、監視のみ(p=none)のままです",
            ),
            why=Text(
                en="Our checks over {days} days all found p=none. DMARC then stops no forged mail, and three months of reports show nearly everybody who sends for you.",
                ja="{days}日間にわたる当方の検査結果は、すべてp=noneでした。この間、なりすましメールはDMARCで止められていません。3か月分のレポートがあれば、正規の送信元はほぼ把握できます。",
            ),
            fix=Text(
                en="Read the reports now and mend what of your own mail fails. Then change `{name}` to p=quarantine, and some weeks later to p=reject. If people of the domain write to mailing lists, stay at quarantine.",
                ja="届いているレポートを確認し、不合格になっている自社のメールがあれば修正してください。そのうえで `{name}` をp=quarantineに、数週間後にp=rejectに変更します。メーリングリストに投稿する利用者がいる場合は、quarantineにとどめます。",
            ),
        ),
        "long_inherited": Texts(
            title=Text(
                en="`{domain}` inherits a DMARC policy that still only monitors (p=none) after {days} days",
                ja="`{domain}` が継承しているDMARCポリシーは{days}日間、監視のみ(p=none)のままです",
            ),
            why=Text(
                en="It has no record of its own and inherits from `{name}`. Our checks over {days} days all found p=none, by which DMARC stops no forged mail.",
                ja="独自のレコードがないため、`{name}` の設定を継承しています。{days}日間にわたる当方の検査結果は、すべてp=noneでした。この間、なりすましメールはDMARCで止められていません。",
            ),
            fix=Text(
                en="Read the reports now and mend what fails of the mail of all names below. Then change `{name}` to p=quarantine, and some weeks later to p=reject. If people write to mailing lists from there, stay at quarantine.",
                ja="届いているレポートを確認し、配下の名前のメールに不合格のものがあれば修正してください。そのうえで `{name}` をp=quarantineに、数週間後にp=rejectに変更します。メーリングリストに投稿する利用者がいる場合は、quarantineにとどめます。",
            ),
        ),
        "long_without_reports": Texts(
            title=Text(
                en="DMARC of `{domain}` still only monitors (p=none) after {days} days, and no reports come",
                ja="`{domain}` のDMARCは{days}日間、監視のみ(p=none)のままで、レポートも受け取っていません",
            ),
            why=Text(
                en="Our checks over {days} days all found p=none, which is there to collect reports. Without a report address it neither stops forged mail nor shows you anything.",
                ja="{days}日間にわたる当方の検査結果は、すべてp=noneでした。p=noneはレポートを集めるための設定ですが、有効なレポート宛先がないため、なりすましメールを止められないうえ、状況も把握できません。",
            ),
            fix=Text(
                en="Give `{name}` a report address (`rua`) now and read the reports for some weeks; when all your own mail passes, change to p=quarantine, later to p=reject. If people of the domain write to mailing lists, stay at quarantine.",
                ja="まず `{name}` にレポート宛先(`rua`)を設定し、数週間レポートを確認してください。自社のメールがすべて合格していれば、p=quarantine、続いてp=rejectに変更します。メーリングリストに投稿する利用者がいる場合は、quarantineにとどめます。",
            ),
        ),
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
                en="Publish p=reject at `{name}`. With no mail of your own there is nothing to wait for; only if a name below it sends mail, give that name a record of its own first.",
                ja="`{name}` にp=rejectを登録してください。自社からの送信がないため、すぐに適用できます。配下にメールを送信する名前がある場合に限り、先にその名前にも独自のレコードを登録します。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc9989#section-7.4",),
    sample=Sample(
        bad="v=DMARC1; p=none; rua=mailto:dmarc-reports@example.co.jp",
        good="v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@example.co.jp",
    ),
)

TESTING_FLAG = Rule(
    id="DMARC203",
    name="testing-flag",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    facts=("name", "policy", "applied"),
    texts=Texts(
        title=Text(
            en="The DMARC record at `{name}` is in test mode (`t=y`)",
            ja="`{name}` のDMARCレコードはテストモード(`t=y`)です",
        ),
        why=Text(
            en="It asks receivers to apply one step less than it says: in place of p={policy} they are to do what p={applied} says.",
            ja="受信側に、記載より1段階緩い扱いを求めています。p={policy}ではなく、p={applied}に相当する扱いになります。",
        ),
        fix=Text(
            en="Good for a trial. When the reports show that all your own mail passes, remove `t=y` from `{name}`: only then p={policy} applies.",
            ja="試験運用としては適切です。自社のメールがすべて合格していることをレポートで確認できたら、`{name}` から `t=y` を削除してください。p={policy}が適用されるのはそれからです。",
        ),
    ),
    variants={
        "without_effect": Texts(
            title=Text(
                en="The DMARC record at `{name}` is in test mode (`t=y`), which has no effect on p={policy}",
                ja="`{name}` のDMARCレコードの `t=y`(テストモード)は、p={policy}には影響しません",
            ),
            why=Text(
                en="`t=y` lowers a policy by one step, and p={applied} is the lowest already.",
                ja="`t=y` はポリシーを1段階緩めるタグですが、p={applied}より緩いポリシーはありません。",
            ),
            fix=Text(
                en="Nothing to do now. With `t=y` in place p=quarantine at `{name}` can be tried later; remove it when that works.",
                ja="すぐに対応する必要はありません。今後 `{name}` をp=quarantineに変更する際は `t=y` を付けたまま試し、問題がなければ削除してください。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc9989#section-4.7",),
    sample=Sample(
        bad="v=DMARC1; p=quarantine; t=y; rua=mailto:dmarc-reports@example.co.jp",
        good="v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@example.co.jp",
    ),
)


_FIRST_CHECK = MonitoringEvidence()


def judge(
    dmarc: DmarcEvidence, use: UseEvidence, mx: MxEvidence, earlier: MonitoringEvidence = _FIRST_CHECK
) -> Iterator[Finding]:
    match dmarc.record:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen(record) if not dmarc.is_suffix_record:
            pass
        case _:
            raise NotApplicable(Why.NO_RECORD)
    at = dmarc.at or ""
    if not any(tag.name == "p" for tag in record.tags):
        yield MISSING_POLICY.found(at, records=change_now(dmarc, use, mx), domain=at, name=f"_dmarc.{at}")
    elif record.policy == "none" and effective_policy(record, is_own=at == dmarc.domain) == "none":
        yield _monitoring(dmarc, record, use, mx, earlier.days or 0)
    if record.testing:
        yield _testing(at, record, change_later(dmarc, use, mx))


def _monitoring(dmarc: DmarcEvidence, record: DmarcRecord, use: UseEvidence, mx: MxEvidence, days: int) -> Finding:
    variant: str | None = None
    if use.non_sending:
        variant = "non_sending"
    elif not any(uri.domain for uri in record.aggregate_uris):
        variant = "without_reports"
    elif dmarc.at != dmarc.domain:
        variant = "inherited"
    is_long = days >= LONG_DAYS
    if is_long and not use.non_sending:
        variant = f"long_{variant}" if variant else "long"
    return MONITORING_ONLY.found(
        dmarc.domain,
        severity=Severity.WARNING if is_long else None,
        variant=variant,
        records=change_without_mail(dmarc) if use.non_sending else change_later(dmarc, use, mx),
        domain=dmarc.domain,
        name=f"_dmarc.{dmarc.domain if use.non_sending else dmarc.at}",
        days=days,
    )


def _testing(at: str, record: DmarcRecord, change: Sequence[RecordChange]) -> Finding:
    policy = record.policy or "none"
    applied = POLICIES[max(POLICIES.index(policy) - 1, 0)]
    return TESTING_FLAG.found(
        at,
        variant="without_effect" if applied == policy else None,
        records=() if applied == policy else change,
        name=f"_dmarc.{at}",
        policy=policy,
        applied=applied,
    )


CHECK = Check(
    id="dmarc.policy",
    title=Text(en="DMARC policy", ja="DMARCポリシー"),
    needs=(DmarcEvidence, UseEvidence, MxEvidence, MonitoringEvidence),
    rules=(MISSING_POLICY, MONITORING_ONLY, TESTING_FLAG),
    judge=judge,
)
