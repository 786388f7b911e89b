"""Did the mail come over TLS?"""

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
            "当方はSTARTTLSに対応していますが、使われませんでした。",
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


def judge(session: SessionEvidence | None) -> Iterator[Finding]:
    if session is None or session.client_ip is None or not session.tls_known:
        raise CannotTell(Why.NOT_PROVIDED)
    if session.tls_version is None:
        yield SENT_IN_CLEAR.found(session.client_ip, client=session.client_ip, helo=session.helo or "-")


CHECKS = (
    Check(
        id="tls.session",
        title=Text(en="TLS of the sending server", ja="送信時のTLS"),
        needs=(SessionEvidence,),
        rules=(SENT_IN_CLEAR,),
        judge=judge,
        of_mail=True,
        required=True,
    ),
)
