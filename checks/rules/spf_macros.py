"""Can the lookups of the SPF record be counted without a mail?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.spf import SpfEvidence, SpfLookupEvidence
from checks.model import Severity, Tier, Unreachable, Why
from checks.parse.spf_course import MAX_LOOKUPS, MAX_VOID_LOOKUPS, Course, course

_MAX_SHOWN = 5

_TITLE_VOIDS = Text(
    en="How many lookups of the SPF of `{domain}` are void depends on the mail: {terms:code}",
    ja="`{domain}` のSPFのvoid lookupの回数はメールごとに変わります({terms:code})",
)

NOT_COUNTABLE = Rule(
    id="SPF310",
    name="not-countable",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "terms", "lookups", "limit", "voids", "void_limit"),
    texts=Texts(
        title=Text(
            en="How many DNS lookups the SPF of `{domain}` needs depends on the mail: {terms:code}",
            ja="`{domain}` のSPFのDNSルックアップの回数はメールごとに変わります({terms:code})",
        ),
        why=Text(
            en="Macros in these names are filled in from each mail. Certain are {lookups} of {limit} lookups, and {voids} of {void_limit} void ones. What the records behind the names need comes on top: beyond the limit receivers answer permerror.",
            ja="これらの名前に含まれるマクロの値は、メールごとに変わります。確実なのはルックアップ{lookups}回(上限{limit}回)、void lookup {voids}回(上限{void_limit}回)までです。参照先のレコードの分が加わり、上限を超えると結果はpermerrorになります。",
        ),
        fix=Text(
            en="Ask the operator of these names how many lookups their records need, and keep room for them in the record of `{domain}`. Where one record serves all mails, name it without macros.",
            ja="参照先のレコードに必要な回数をその提供元に確認し、`{domain}` のレコードの合計が上限に収まるようにします。どのメールでも同じレコードを参照する場合は、マクロを使わずにその名前を指定してください。",
        ),
    ),
    variants={
        "voids": Texts(
            title=_TITLE_VOIDS,
            why=Text(
                en="Macros in these names are filled in from each mail. Each costs one lookup, {lookups} of {limit} in all; whether it is void depends. Certain are {voids} void lookups, and these terms can bring more than the {void_limit} allowed: then receivers answer permerror.",
                ja="これらの名前に含まれるマクロの値は、メールごとに変わります。ルックアップは合計{lookups}回(上限{limit}回)で変わりませんが、void lookupは確実な{voids}回にこれらのメカニズムの分が加わることがあり、上限の{void_limit}回を超えると結果はpermerrorになります。",
            ),
            fix=Text(
                en="Put these terms last, right before `all`, so that your other senders are found before them. Where few servers are meant, list them as `ip4:` and `ip6:` in the record of `{domain}`.",
                ja="ほかの送信元が先に一致するように、これらのメカニズムを `all` の直前に移します。対象のサーバーが少ない場合は、`{domain}` のレコードに `ip4:`、`ip6:` で記載してください。",
            ),
        ),
        "within": Texts(
            title=_TITLE_VOIDS,
            why=Text(
                en="Macros in these names are filled in from each mail. Certain are {lookups} of {limit} lookups and {voids} void ones. Each of these terms can be void as well: that stays within the {void_limit} that receivers allow.",
                ja="これらの名前に含まれるマクロの値は、メールごとに変わります。確実なのはルックアップ{lookups}回(上限{limit}回)、void lookup {voids}回です。これらのメカニズムがすべてvoid lookupになっても、上限の{void_limit}回を超えません。",
            ),
            fix=Text(
                en="Nothing has to change. When you add terms to the record of `{domain}`, leave these last, right before `all`.",
                ja="変更は不要です。`{domain}` のレコードにメカニズムを追加する場合は、これらのメカニズムが `all` の直前に残るようにしてください。",
            ),
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc7208#section-7",
        "https://www.rfc-editor.org/rfc/rfc7208#section-4.6.4",
    ),
    sample=Sample(bad="v=spf1 exists:%{i}._spf.d.example ~all", good="v=spf1 ip4:192.0.2.0/24 ~all"),
)


def judge(spf: SpfEvidence, lookups: SpfLookupEvidence) -> Iterator[Finding]:
    if isinstance(spf.answer, Unreachable):
        raise CannotTell(spf.answer.why)
    if spf.tree is None or spf.tree.record is None:
        raise NotApplicable(Why.NO_RECORD)
    met = course(spf.tree, lookups.by_record(), 4)
    macros = [t for t in (*met.open_targets, *met.open_voids) if t.has_macro]
    # Where a receiver stops for certain, another rule says so, and no mail makes a difference.
    if macros and not met.stop:
        yield NOT_COUNTABLE.found(
            spf.domain,
            variant=None if met.open_targets else "within" if _stays_within(met) else "voids",
            domain=spf.domain,
            terms=tuple(dict.fromkeys(t.text[:80] for t in macros))[:_MAX_SHOWN],
            lookups=met.lookups,
            limit=MAX_LOOKUPS,
            voids=len(met.voids),
            void_limit=MAX_VOID_LOOKUPS,
        )
    if met.why is not None:
        raise CannotTell(met.why)


def _stays_within(met: Course) -> bool:
    """Whether even with every open lookup void there are not too many; an `mx` and a `ptr` may bring several."""
    is_single = all(t.name in ("a", "exists") for t in met.open_voids)
    return is_single and met.why is None and len(met.voids) + len(met.open_voids) <= MAX_VOID_LOOKUPS


CHECK = Check(
    id="spf.macros",
    title=Text(en="SPF macros", ja="SPFのマクロ"),
    needs=(SpfEvidence, SpfLookupEvidence),
    rules=(NOT_COUNTABLE,),
    judge=judge,
)
