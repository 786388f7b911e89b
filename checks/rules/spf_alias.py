"""Does a CNAME stand where the SPF record of the domain has to stand?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.domain import UseEvidence
from checks.evidence.mx import MxEvidence
from checks.evidence.spf import SpfEvidence
from checks.evidence.spf_alias import AliasAtSource, SpfAliasEvidence
from checks.model import MxHost, Seen, Severity, Tier, Unreachable

_MAX_SHOWN = 20

SPF_BESIDE_CNAME = Rule(
    id="SPF309",
    name="spf-beside-cname",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    facts=("domain", "target", "server"),
    alternatives=((Severity.WARNING, Tier.NONE),),
    texts=Texts(
        title=Text(
            en="A CNAME stands beside the TXT records of `{domain}`",
            ja="`{domain}` にCNAMEとTXTレコードが併存しています",
        ),
        why=Text(
            en="Beside a CNAME no other record may stand. A resolver that knows the CNAME looks for SPF at `{target}`, another one finds the record of `{domain}`: the same mail passes here and fails there. `{server}`, asked directly, returns both.",
            ja="CNAMEのある名前に、ほかのレコードを置くことはできません。リゾルバーによって、`{target}` のSPFが使われたり `{domain}` のレコードが使われたりするため、同じメールでも合格・不合格が分かれます。`{server}` に直接問い合わせると両方が返ります。",
        ),
        fix=Text(
            en="If `{domain}` sends mail: note what `dig A {domain}`, `dig AAAA {domain}` and `dig MX {domain}` give (what was seen is shown), delete the CNAME, enter that there, keep the TXT. If it is only a web name: keep the CNAME, delete the SPF TXT. A TXT for verification can move to `{target}` if that is yours; else verify in another way.",
            ja="メールを送信する場合は、`dig A {domain}`、`dig AAAA {domain}`、`dig MX {domain}` の結果を控え(確認できたものは下記)、CNAMEを削除して、その値を `{domain}` に登録し直してください(TXTはそのまま残します)。Web専用でメールを送信しない場合は、CNAMEを残してSPFのTXT(`v=spf1 ...`)を削除し、所有確認用のTXTは、`{target}` が自社の名前であればそこへ移し、そうでなければ別の確認方法に変えてください。",
        ),
    ),
    variants={
        "apex": Texts(
            title=Text(
                en="A CNAME stands at the zone apex `{domain}`",
                ja="ゾーンの頂点である `{domain}` にCNAMEがあります",
            ),
            why=Text(
                en="An apex has SOA and NS records, and beside a CNAME nothing may stand. A resolver that knows the CNAME (`{server}` gives it) takes SPF and MX from `{target}`, whatever you publish at `{domain}`; another one does not.",
                ja="ゾーンの頂点にはSOAとNSレコードがあるため、CNAMEは置けません。CNAME(`{server}` が返しています)を取得したリゾルバーは、`{domain}` に何を登録していても、SPFやMXを `{target}` から取得します。結果はリゾルバーによって変わります。",
            ),
            fix=Text(
                en="Replace the CNAME by A and AAAA records with the addresses of `{target}`, or by what the DNS provider offers for an apex (ALIAS, ANAME, flattening). MX, SPF and whatever else came through the CNAME have to be entered at `{domain}` itself; what was seen is shown, `dig MX {domain}` and so on tell all.",
                ja="CNAMEを削除して `{target}` のアドレスをA・AAAAレコードに登録するか、DNS事業者のゾーン頂点向けの機能(ALIAS、ANAME、CNAMEフラットニングなど)を使ってください。CNAME経由で参照されていたMXやSPFなどは、`{domain}` に直接登録し直します(確認できたA・AAAA・MXは下記。削除前に `dig MX {domain}` などでも確認できます)。",
            ),
        )
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc1034#section-3.6.2",
        "https://www.rfc-editor.org/rfc/rfc2181#section-10.1",
    ),
    sample=Sample(bad="example.co.jp.  CNAME  web.example.net.", good="example.co.jp.  A  192.0.2.80"),
)


def judge(alias: SpfAliasEvidence, spf: SpfEvidence, use: UseEvidence, mx: MxEvidence) -> Iterator[Finding]:
    if isinstance(alias.target, Unreachable):
        raise CannotTell(alias.target.why)
    match alias.at_source:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen(AliasAtSource(target=str(target)) as source) if source.is_apex or source.text_count:
            sends_none = use.non_sending or _is_only_a_name(source, spf, use)
            yield SPF_BESIDE_CNAME.found(
                alias.domain,
                severity=Severity.WARNING if sends_none else None,
                tier=Tier.NONE if sends_none else None,
                variant="apex" if source.is_apex else None,
                # Deleting it alone would take the web site away; its addresses only the owner knows.
                records=[*_present(alias.domain, target, source.spf_text), *_through_alias(alias.domain, mx)],
                domain=alias.domain,
                target=target,
                server=source.server,
            )


def _present(domain: str, target: str, spf_text: str) -> Iterator[RecordChange]:
    """What stands side by side; which of them goes depends on whether the name sends mail."""
    yield RecordChange(domain, "CNAME", target, None)
    if spf_text:
        yield RecordChange(domain, "TXT", spf_text, None)


def _through_alias(domain: str, mx: MxEvidence) -> Iterator[RecordChange]:
    """What stands at the name once the CNAME is gone, as far as it is known to have come through it."""
    told = (("A", mx.own_ipv4), ("AAAA", mx.own_ipv6), ("MX", mx.records))
    for rdtype, answer in told:
        if isinstance(answer, Seen) and answer.value.alias_of is not None:
            for value in answer.value.values[:_MAX_SHOWN]:
                text = f"{value.preference} {value.host}." if isinstance(value, MxHost) else value
                yield RecordChange(domain, rdtype, None, text, later=True)


def _is_only_a_name(source: AliasAtSource, spf: SpfEvidence, use: UseEvidence) -> bool:
    """Like `www`: below the organizational domain, and neither MX nor SPF speaks of mail."""
    return (
        use.is_below
        and use.has_mx is False
        and not (source.has_spf or spf.records or isinstance(spf.answer, Unreachable))
    )


CHECK = Check(
    id="spf.alias",
    title=Text(en="Alias beside SPF", ja="SPFとCNAMEの併存"),
    needs=(SpfAliasEvidence, SpfEvidence, UseEvidence, MxEvidence),
    rules=(SPF_BESIDE_CNAME,),
    judge=judge,
)
