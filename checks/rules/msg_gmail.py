"""Does a mail from a Gmail address come from Gmail?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence, SpfResultEvidence
from checks.model import Severity, Tier, Why

_GMAIL = frozenset({"gmail.com", "googlemail.com"})

FROM_GMAIL = Rule(
    id="MSG201",
    name="from-gmail",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    in_system=True,
    facts=("domain",),
    texts=Texts(
        title=Text(
            en="From is a `{domain}` address, but Gmail did not send the mail",
            ja="Fromが `{domain}` のアドレスですが、Gmailから送信されていません",
        ),
        why=Text(
            en="Gmail's DMARC policy is quarantine: such mail goes to spam at Gmail and elsewhere. Google forbids impersonating Gmail From headers.",
            ja="gmail.comのDMARCポリシーはquarantineのため、他のシステムから送ると迷惑メールに振り分けられます。Googleのガイドラインでも禁止されています。",
        ),
        fix=Text(
            en="Set From to an address of your own domain in the program or service that sends, and the Gmail address as `Reply-To:`. Or send through Gmail's own servers (`smtp.gmail.com`).",
            ja="送信するプログラムやサービスで、Fromを自社ドメインのアドレスにし、Gmailのアドレスは `Reply-To:` に指定してください。または、Gmailのサーバー(`smtp.gmail.com`)から送信します。",
        ),
    ),
    references=("https://support.google.com/a/answer/81126",),
    sample=Sample(bad="From: shop@gmail.com  (sent by a server of one's own)", good="From: info@example.co.jp"),
)


def judge(message: MessageEvidence, spf: SpfResultEvidence) -> Iterator[Finding]:
    if message.from_domain is None:
        raise NotApplicable(Why.NO_FROM)
    if message.from_domain not in _GMAIL:
        return
    signed = [s for s in message.signatures if s.domain in _GMAIL]
    if any(s.result == "pass" for s in signed) or (spf.result == "pass" and spf.domain in _GMAIL):
        return
    if lost := [s for s in signed if s.result == "temperror"]:
        raise CannotTell(Why(lost[0].key_why) if lost[0].key_why else Why.DEPENDS)
    if spf.result is None or (spf.result == "temperror" and spf.domain in _GMAIL):
        raise CannotTell(spf.why or Why.NOT_PROVIDED)
    if signed and message.forwarded:
        raise NotApplicable(Why.FORWARDED)
    yield FROM_GMAIL.found(message.from_domain, domain=message.from_domain)


CHECK = Check(
    id="msg.gmail",
    title=Text(en="Message: Gmail addresses", ja="メッセージ: Gmailアドレスの使用"),
    needs=(MessageEvidence, SpfResultEvidence),
    rules=(FROM_GMAIL,),
    judge=judge,
    of_mail=True,
)
