"""Has the domain of the mail's author an SPF record?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence, SpfResultEvidence
from checks.evidence.spf import SpfEvidence
from checks.model import Severity, Tier, Unreachable, Why

_TITLE = Text(
    en="The From domain `{domain}` has no SPF record, and some receivers look it up there",
    ja="Fromドメイン `{domain}` にSPFレコードがありません(Fromドメインで判定する受信側があります)",
)

AUTHOR_DOMAIN_WITHOUT_SPF = Rule(
    id="SPF403",
    name="author-domain-without-spf",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "return_path_domain", "client_ip"),
    texts=Texts(
        title=_TITLE,
        why=Text(
            en="By RFC 7208 SPF is checked for the return path (`{return_path_domain}`), but NTT docomo looks at the domain in From as well and may treat mail without a record there as forged.",
            ja="RFC 7208のSPFはReturn-Path (`{return_path_domain}`)で判定されますが、NTTドコモはFromヘッダーのドメインのSPFレコードも参照し、公開されていない場合はなりすましメールとして扱うことがあります。",
        ),
        fix=Text(
            en="Publish one TXT record at `{domain}` that begins with `v=spf1`, lists every server and service that sends with this domain in From, and ends in `~all`. This mail came from `{client_ip}`.",
            ja="`{domain}` に、`v=spf1` で始まり `~all` で終わるTXTレコードを1つ公開し、このドメインをFromに使うすべてのサーバーとサービスを記載します。今回の送信元は `{client_ip}` です。",
        ),
    ),
    variants={
        "same": Texts(
            title=_TITLE,
            why=Text(
                en="This mail uses the domain for the return path as well, so it has no SPF result at all. NTT docomo looks at the domain in From on top of that and may treat such mail as forged.",
                ja="このメールはReturn-Pathにも同じドメインを使っているため、SPFの判定自体ができません。さらにNTTドコモはFromヘッダーのドメインのSPFレコードも参照し、公開されていない場合はなりすましメールとして扱うことがあります。",
            ),
            fix=Text(
                en="One TXT record at `{domain}` that begins with `v=spf1`, lists all its senders and ends in `~all` settles both. This mail came from `{client_ip}`.",
                ja="`{domain}` に、`v=spf1` で始まり `~all` で終わるTXTレコードを1つ公開し、すべての送信元を記載すると、どちらも解決します。今回の送信元は `{client_ip}` です。",
            ),
        ),
    },
    references=(
        "https://www.docomo.ne.jp/service/docomo_mail/smtp_notice/",
        "https://www.rfc-editor.org/rfc/rfc7208#section-2.4",
    ),
    sample=Sample(
        bad="From: info@example.co.jp (no TXT record with v=spf1) / Return-Path: bounce@esp.example.net",
        good="From: info@example.co.jp (v=spf1 include:spf.esp.example.net ~all) / Return-Path: bounce@esp.example.net",
    ),
)


def judge(message: MessageEvidence, spf: SpfEvidence, result: SpfResultEvidence) -> Iterator[Finding]:
    if message.from_domain is None or spf.domain != message.from_domain:
        raise NotApplicable(Why.NO_FROM)
    if isinstance(spf.answer, Unreachable):
        raise CannotTell(spf.answer.why)
    if spf.records:
        return
    # What to publish is proposed once, by the check of the domain's own records.
    yield AUTHOR_DOMAIN_WITHOUT_SPF.found(
        spf.domain,
        variant="same" if result.scope == "mfrom" and result.domain == spf.domain else None,
        domain=spf.domain,
        return_path_domain=result.domain if result.scope == "mfrom" and result.domain else "-",
        client_ip=result.client_ip or "-",
    )


CHECK = Check(
    id="spf.author",
    title=Text(en="SPF of the From domain", ja="FromドメインのSPF"),
    needs=(MessageEvidence, SpfEvidence, SpfResultEvidence),
    rules=(AUTHOR_DOMAIN_WITHOUT_SPF,),
    judge=judge,
    of_mail=True,
)
