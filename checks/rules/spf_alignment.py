"""Is the domain that passed SPF aligned with From?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import MessageEvidence, SpfResultEvidence
from checks.model import Absent, Severity, Tier, Unreachable, Why
from checks.parse.domain import registrable

_NULL_FIX = Text(
    en="Nothing has to be done as long as such mail is signed with DKIM as `d={from_domain}`. A HELO name at or below `{from_domain}` that passes SPF would align it as well.",
    ja="このようなメールも `d={from_domain}` でDKIM署名していれば、対応は不要です。HELO名を `{from_domain}` またはそのサブドメインにし、そのSPFに合格すれば、SPFでもアライメントが成立します。",
)

SPF_NOT_ALIGNED = Rule(
    id="SPF402",
    name="spf-not-aligned",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "from_domain", "client_ip", "scope", "strict"),
    texts=Texts(
        title=Text(
            en="SPF passes for the return path domain `{domain}`, which is not aligned with From `{from_domain}`",
            ja="SPFに合格した `{domain}` (Return-Path)は、Fromドメイン `{from_domain}` とのアライメントを満たしていません",
        ),
        why=Text(
            en="To DMARC only a pass counts that is aligned with From, so SPF contributes nothing here: the mail depends on its DKIM signature alone. That is usual for services that send with a return path of their own.",
            ja="DMARCで有効になるのは、SPFに合格したドメインがFromドメインとのアライメントを満たす場合だけです。このメールではSPFの合格が使われず、DMARCの合否はDKIM署名だけで決まります。独自のReturn-Pathを使う配信サービスではよくある状態です。",
        ),
        fix=Text(
            en="If the service offers a custom return path (bounce domain), set it up below `{from_domain}` with the DNS records it shows: SPF then counts too, unless your DMARC record has `aspf=s`. Otherwise make sure that it signs with DKIM as `d={from_domain}`.",
            ja="サービスでReturn-Path(バウンス用ドメイン)を変更できる場合は、`{from_domain}` のサブドメインを設定し、表示されるレコードをDNSに登録すると、SPFも有効になります(DMARCレコードに `aspf=s` がある場合を除く)。変更できない場合は、必ず `d={from_domain}` でDKIM署名します。",
        ),
    ),
    variants={
        "strict": Texts(
            title=Text(
                en="SPF passes for `{domain}`, but `aspf=s` demands exactly the From domain `{from_domain}`",
                ja="`{domain}` はSPFに合格していますが、`aspf=s` によりFromドメイン `{from_domain}` との完全一致が必要です",
            ),
            why=Text(
                en="The DMARC record asks for strict alignment, so a subdomain or the domain above does not count. The mail depends on its DKIM signature alone.",
                ja="DMARCレコードがstrictアライメントを指定しているため、サブドメインや上位のドメインでの合格は有効になりません。DMARCの合否はDKIM署名だけで決まります。",
            ),
            fix=Text(
                en="Remove `aspf=s` from the DMARC record (relaxed is the default), or have the sending system use a return path that ends in exactly `@{from_domain}`.",
                ja="DMARCレコードから `aspf=s` を削除する(既定のrelaxedになります)か、送信システムのReturn-Pathを `@{from_domain}` に設定します。",
            ),
        ),
        "null_return_path": Texts(
            title=Text(
                en="SPF passes for the HELO name `{domain}`, which is not aligned with From `{from_domain}`",
                ja="SPFに合格したHELO名 `{domain}` は、Fromドメイン `{from_domain}` とのアライメントを満たしていません",
            ),
            why=Text(
                en="The mail has a null return path, as bounces and automatic replies do, so SPF looked at the HELO name. It helps DMARC only if it is aligned with From; here the mail depends on its DKIM signature.",
                ja="エラーメールや自動応答のようにReturn-Pathが空のため、SPFはHELO名で評価されました。Fromドメインとのアライメントを満たしていないため、DMARCの合否はDKIM署名だけで決まります。",
            ),
            fix=_NULL_FIX,
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc9989#section-4.4",
        "https://www.rfc-editor.org/rfc/rfc9989#section-5.1.1",
    ),
    sample=Sample(
        bad="From: info@example.co.jp / Return-Path: bounce@esp.example.net (SPF pass)",
        good="From: info@example.co.jp / Return-Path: bounce@news.example.co.jp (SPF pass)",
    ),
)


def judge(spf: SpfResultEvidence, dmarc: DmarcResultEvidence, message: MessageEvidence) -> Iterator[Finding]:
    if message.from_domain is None:
        raise NotApplicable(Why.NO_FROM)
    match spf.result:
        case None:
            raise CannotTell(Why.NOT_PROVIDED)
        case "temperror":
            raise CannotTell(spf.why or Why.SERVFAIL)
        case "pass":
            pass
        case _:
            # Nothing that could be aligned; that it does not pass is another check's.
            raise NotApplicable(Why.NO_PASS)
    if message.forwarded:
        # The return path is the forwarder's, who has every right to it.
        raise NotApplicable(Why.FORWARDED)
    if dmarc.spf_aligned is None:
        raise CannotTell(_cause(dmarc))
    if dmarc.spf_aligned or (
        isinstance(dmarc.record, Absent) and _is_one_organization(spf.domain, message.from_domain)
    ):
        return
    yield SPF_NOT_ALIGNED.found(
        spf.domain,
        variant="null_return_path" if spf.is_null_return_path else "strict" if dmarc.spf_near_miss else None,
        domain=spf.domain,
        from_domain=message.from_domain,
        client_ip=spf.client_ip or "",
        scope=spf.scope,
        strict=dmarc.spf_near_miss,
    )


def _is_one_organization(one: str, two: str) -> bool:
    """Without any DMARC record each name stands for itself; the first one published at the top will align these."""
    return registrable(one) == registrable(two) != ""


def _cause(dmarc: DmarcResultEvidence) -> Why:
    for known in (dmarc.record, dmarc.organizational):
        if isinstance(known, Unreachable):
            return known.why
    return Why.DEPENDS


CHECK = Check(
    id="spf.alignment",
    title=Text(en="SPF aligned with From", ja="SPFとFromのアライメント"),
    needs=(SpfResultEvidence, DmarcResultEvidence, MessageEvidence),
    rules=(SPF_NOT_ALIGNED,),
    judge=judge,
    of_mail=True,
)
