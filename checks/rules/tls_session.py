"""Did the mail come over TLS, and over one that is safe?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.message import SessionEvidence
from checks.model import Severity, Tier, Why

SENT_IN_CLEAR = Rule(
    id="TLS401",
    name="sent-in-clear",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    in_system=True,
    facts=("client", "helo"),
    texts=Texts(
        title=Text(
            en="`{client}` sent the mail without TLS, though it was offered",
            ja="`{client}` は、TLSを使わずに平文でメールを送信しました",
        ),
        why=Text(
            en="Gmail demands TLS of everybody who sends to it, and without it anyone on the path can read and change the "
            "mail. We offered STARTTLS; it was not used.",
            ja="Gmailは、すべての送信者にTLSでの送信を求めています。平文では、経路上の第三者に読まれたり改ざんされたりするおそれがあります。"
            "本ツールの受信サーバーはSTARTTLSに対応していますが、使われませんでした。",
        ),
        fix=Text(
            en="On the sending server (`{helo}`, `{client}`) switch on STARTTLS for outgoing mail, in Postfix "
            "`smtp_tls_security_level = may`. If a provider runs it or a gateway or firewall strips STARTTLS, ask there.",
            ja="送信サーバー(`{helo}`、`{client}`)で、送信時のSTARTTLSを有効にしてください(Postfixでは "
            "`smtp_tls_security_level = may`)。事業者のサーバーの場合や、ゲートウェイがSTARTTLSを取り除いている場合は、その管理者に依頼します。",
        ),
    ),
    references=("https://support.google.com/a/answer/81126", "https://www.rfc-editor.org/rfc/rfc3207"),
    sample=Sample(
        bad="Received: from mx.example.co.jp (192.0.2.25) by ... with ESMTP",
        good="Received: from mx.example.co.jp (192.0.2.25) by ... with ESMTPS (TLSv1.3)",
    ),
)


SENT_WITH_OLD_TLS = Rule(
    id="TLS402",
    name="sent-with-old-tls",
    severity=Severity.WARNING,
    tier=Tier.MAIL,
    since="0.2",
    in_system=True,
    facts=("client", "helo", "version"),
    texts=Texts(
        title=Text(
            en="`{client}` sent the mail over `{version}`, which is withdrawn and which many receivers refuse",
            ja="`{client}` は、廃止され多くの受信側が拒否する `{version}` でメールを送信しました",
        ),
        why=Text(
            en="TLS 1.0 and 1.1 are withdrawn (RFC 8996) and broken in parts. Receivers that demand 1.2 or later refuse the "
            "handshake, and the mail then fails or goes in clear. We accept the old versions only to be able to say this.",
            ja="TLS 1.0と1.1はRFC 8996で廃止され、既知の弱点があります。1.2以降だけを受け付ける受信側ではTLSを確立できず、配送に失敗するか平文になります。"
            "本ツールが古いバージョンを受け付けているのは、診断のためだけです。",
        ),
        fix=Text(
            en="Let the sending server (`{helo}`, `{client}`) use TLS 1.2 and 1.3: update its TLS library, and in Postfix set "
            "`smtp_tls_protocols = >=TLSv1.2` (or `!SSLv2, !SSLv3, !TLSv1, !TLSv1.1` before 3.6).",
            ja="送信サーバー(`{helo}`、`{client}`)で、TLS 1.2と1.3を使えるようにしてください。TLSライブラリを更新し、Postfixでは "
            "`smtp_tls_protocols = >=TLSv1.2`(3.6より前は `!SSLv2, !SSLv3, !TLSv1, !TLSv1.1`)を設定します。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc8996", "https://www.rfc-editor.org/rfc/rfc7672#section-8.1"),
    sample=Sample(
        bad="Received: from mx.example.co.jp (192.0.2.25) by ... with ESMTPS (TLSv1)",
        good="Received: from mx.example.co.jp (192.0.2.25) by ... with ESMTPS (TLSv1.3)",
    ),
)

TLS_HANDSHAKE_FAILED = Rule(
    id="TLS403",
    name="tls-handshake-failed",
    severity=Severity.WARNING,
    tier=Tier.MAIL,
    since="0.2",
    in_system=True,
    facts=("client", "helo", "reason"),
    texts=Texts(
        title=Text(
            en="`{client}` began STARTTLS, but the handshake failed, and it then sent in clear",
            ja="`{client}` はSTARTTLSを開始しましたが、TLSの確立に失敗し、平文でメールを送信しました",
        ),
        why=Text(
            en="The handshake ended with `{reason}`. TLS is switched on at the sender, but it does not come about, with us "
            "and perhaps with others too: Gmail demands TLS, and in clear anyone on the path can read and change the mail.",
            ja="TLSハンドシェイクは `{reason}` により失敗しました。送信側でTLSは有効ですが、本ツールとの間では確立できず、ほかの受信側でも同様の可能性があります。"
            "GmailはTLSでの送信を求めており、平文では第三者に読まれるおそれがあります。",
        ),
        fix=Text(
            en="Look into the log of the sending server (`{helo}`, `{client}`) for the failed handshake. Usual causes: no "
            "TLS 1.2, an old cipher list, a demanded certificate check, a firewall that inspects SMTP. Try "
            "`smtp_tls_loglevel = 1` in Postfix.",
            ja="送信サーバー(`{helo}`、`{client}`)のログで、失敗したTLS接続を確認してください。よくある原因は、TLS 1.2に未対応、古い暗号スイートの設定、"
            "証明書検証の必須化、SMTPを検査するファイアウォールです。Postfixでは `smtp_tls_loglevel = 1` で記録できます。",
        ),
    ),
    references=(
        "https://www.rfc-editor.org/rfc/rfc3207#section-4.1",
        "https://www.rfc-editor.org/rfc/rfc9325#section-3",
    ),
    sample=Sample(
        bad="STARTTLS ... SSL_accept error: no shared cipher",
        good="STARTTLS ... TLSv1.3 with cipher TLS_AES_256_GCM_SHA384",
    ),
)

_OLD = frozenset({"SSLv2", "SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"})


def judge(session: SessionEvidence | None) -> Iterator[Finding]:
    if session is None or session.client_ip is None or not session.tls_known:
        raise CannotTell(Why.NOT_PROVIDED)
    client, helo = session.client_ip, session.helo or "-"
    if session.tls_version in _OLD:
        yield SENT_WITH_OLD_TLS.found(client, client=client, helo=helo, version=session.tls_version)
    elif session.tls_version is None and session.tls_failure is not None:
        yield TLS_HANDSHAKE_FAILED.found(client, client=client, helo=helo, reason=session.tls_failure)
    elif session.tls_version is None:
        yield SENT_IN_CLEAR.found(client, client=client, helo=helo)


CHECKS = (
    Check(
        id="tls.session",
        title=Text(en="TLS of the sending server", ja="送信時のTLS"),
        needs=(SessionEvidence,),
        rules=(SENT_IN_CLEAR, SENT_WITH_OLD_TLS, TLS_HANDSHAKE_FAILED),
        judge=judge,
        of_mail=True,
        required=True,
    ),
)
