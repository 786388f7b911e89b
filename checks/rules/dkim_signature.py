"""Is the mail signed at all?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier

NO_SIGNATURE = Rule(
    id="DKIM001",
    name="no-signature",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("domain",),
    texts=Texts(
        title=Text(
            en="The mail from `{domain}` carries no DKIM signature",
            ja="`{domain}` からのメールにDKIM署名がありません",
        ),
        why=Text(
            en="Gmail, Yahoo and Microsoft demand DKIM of bulk senders. Without a signature DMARC rests on SPF alone, "
            "which fails whenever the mail is forwarded.",
            ja="Gmail、米国Yahoo、Microsoftは、大量送信者にDKIM署名を求めています。"
            "署名がないとDMARCの合否はSPFだけで決まり、メールが転送されると不合格になります。",
        ),
        fix=Text(
            en="At the service that sent this mail, set up DKIM for `{domain}`, publish the TXT or CNAME record it gives at "
            "`<selector>._domainkey.{domain}`, then activate it there: many sign only after that. On a mail server of your own let "
            "OpenDKIM or Rspamd sign, and publish the key it makes.",
            ja="送信したサービスの管理画面で `{domain}` のDKIM署名を設定し、表示されたTXTまたはCNAMEレコードを "
            "`<セレクター>._domainkey.{domain}` に登録してから有効化します(有効化するまで署名しないサービスもあります)。"
            "自社のメールサーバーでは、OpenDKIMやRspamdで署名し、生成された公開鍵を登録します。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc6376", "https://support.google.com/a/answer/174124"),
    sample=Sample(
        bad="From: info@example.co.jp",
        good="DKIM-Signature: v=1; a=rsa-sha256; d=example.co.jp; s=s1; h=from:to:subject; bh=...; b=...",
    ),
)


def judge(message: MessageEvidence) -> Iterator[Finding]:
    if not message.signatures:
        domain = message.from_domain or "-"
        yield NO_SIGNATURE.found(domain, domain=domain)


CHECKS = (
    Check(
        id="dkim.signature",
        title=Text(en="DKIM: is the mail signed?", ja="DKIM: 署名の有無"),
        needs=(MessageEvidence,),
        rules=(NO_SIGNATURE,),
        judge=judge,
        of_mail=True,
        required=True,
    ),
)
