"""Can the sender of this mail be answered?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.mx import SenderTargetsEvidence
from checks.model import Severity, Tier, Why

SENDER_CANNOT_RECEIVE = Rule(
    id="MSG401",
    name="sender-cannot-receive",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    facts=("domain",),
    texts=Texts(
        title=Text(
            en="The From domain `{domain}` cannot receive mail",
            ja="Fromのドメイン `{domain}` はメールを受信できません",
        ),
        why=Text(
            en="It has neither an MX record nor an address, or a null MX: nobody can answer this mail. Many receivers look this up and refuse or distrust a sender that cannot be answered.",
            ja="MXレコードもA/AAAAレコードもないか、null MXが公開されており、このメールに返信できません。多くの受信側はこれを確認し、返信できない差出人のメールを拒否したり、迷惑メールと判定しやすくしたりします。",
        ),
        fix=Text(
            en="Publish an MX record at `{domain}` that names a server which accepts mail for it, or write a From address in a domain that receives mail.",
            ja="`{domain}` に、メールを受け取るサーバーを指定するMXレコードを公開するか、受信できるドメインのアドレスをFromに使ってください。",
        ),
    ),
    variants={
        "return_path": Texts(
            title=Text(
                en="The return path's domain `{domain}` cannot receive mail",
                ja="Return-Pathのドメイン `{domain}` はメールを受信できません",
            ),
            why=Text(
                en="It has neither an MX record nor an address, or a null MX: bounces are lost, and undeliverable addresses stay on the list. Many receivers look this up and refuse such mail at MAIL FROM.",
                ja="MXレコードもA/AAAAレコードもないか、null MXが公開されており、エラーメールが届かず、無効な宛先に気付けません。多くの受信側はこれを確認し、MAIL FROMの段階でメールを拒否します。",
            ),
            fix=Text(
                en="Publish an MX record at `{domain}` that names a server which takes the bounces (a sending service says which), or set the return path to a domain that receives mail.",
                ja="`{domain}` に、エラーメールを受け取るサーバーのMXレコードを公開する(配信サービスの場合は指定された値)か、Return-Pathを受信できるドメインに変更してください。",
            ),
        )
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc5321#section-5.1",
        "https://www.rfc-editor.org/rfc/rfc7505#section-4.2",
    ),
    sample=Sample(
        bad="From: info@shop.example.co.jp  (no MX, no A, no AAAA)",
        good="From: info@example.co.jp  (MX 10 mx1.example.co.jp.)",
    ),
)


def judge(senders: SenderTargetsEvidence) -> Iterator[Finding]:
    if not senders.targets:
        raise NotApplicable(Why.NO_FROM)
    for target in senders.targets:
        if target.receives is False:
            variant = "return_path" if target.role == "return_path" else None
            yield SENDER_CANNOT_RECEIVE.found(target.domain, variant=variant, domain=target.domain)
    for target in senders.targets:
        if target.receives is None:
            raise CannotTell(target.unknown or Why.DEPENDS)


CHECK = Check(
    id="msg.sender",
    title=Text(en="Replies and bounces can be delivered", ja="返信とエラーメールの配送先"),
    needs=(SenderTargetsEvidence,),
    rules=(SENDER_CANNOT_RECEIVE,),
    judge=judge,
    of_mail=True,
)
