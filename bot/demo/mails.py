"""Sample mails of the sample domains, sent by real SMTP to a server on this machine.

Each comes with the HELO name, return path and DKIM signature that its sender would use, and from the sender's address:
a header of the PROXY protocol says so, as if it came through a load balancer at 127.0.0.2. So what the receiver sees is
what the sample says.
"""

from __future__ import annotations

import asyncio
import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.utils import format_datetime
from typing import Literal
from uuid import uuid4

from bot.demo.mail_texts import BOUNCE, FOOTER, INVOICE, NEWSLETTER, NOTICE, Body
from bot.demo.signing import SigningKey
from checks import Lang, Text

PROXY = "127.0.0.2"
"""From here the mails are sent; the receiver has to trust this address to say who the client is."""

_BLANK_LINE = b"\r\n\r\n"
_TIMEOUT_S = 20.0
_POLICY = policy.SMTP
"""Lines end in CRLF and no header line is over 78 characters."""


@dataclass(frozen=True, slots=True)
class SampleMail:
    """One mail to try. `domain`: the sample domain that the From address belongs to.

    `client`: the sending address. `return_path`: "" for a bounce. `signer`: the domain of the DKIM key, None: unsigned.
    `japanese`: the charset of the Japanese text. `changed`: a footer is added after signing. `starttls`: if offered.
    """

    id: str
    domain: str
    description: Text
    sender: str
    client: str
    helo: str
    return_path: str
    body: Body
    signer: str | None = None
    japanese: Literal["utf-8", "iso-2022-jp"] = "utf-8"
    changed: bool = False
    starttls: bool = True
    bulk: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a mail. `reply`: the last SMTP reply, code and text. `tls`: the version, None in clear."""

    accepted: bool
    reply: str
    tls: str | None


SAMPLE_MAILS = (
    SampleMail(
        "good",
        "good.example",
        Text(
            "A mail with nothing wrong: SPF, DKIM and DMARC pass, over TLS.",
            "問題のないメールです。SPF、DKIM、DMARCに合格し、TLSで送信されます。",
        ),
        sender="sato@good.example",
        client="192.88.99.110",
        helo="mail.good.example",
        return_path="sato@good.example",
        body=NOTICE,
        signer="good.example",
    ),
    SampleMail(
        "unsigned",
        "no-dmarc.example",
        Text(
            "A mail without a DKIM signature, from a domain without DMARC.",
            "DMARCのないドメインからの、DKIM署名のないメールです。",
        ),
        sender="info@no-dmarc.example",
        client="192.88.99.130",
        helo="mail.no-dmarc.example",
        return_path="info@no-dmarc.example",
        body=NOTICE,
        japanese="iso-2022-jp",
    ),
    SampleMail(
        "third-party",
        "third-party.example",
        Text(
            "A newsletter sent by a service: SPF and DKIM pass for newsletter.example, so DMARC fails.",
            "配信サービスからのメールマガジンです。SPFとDKIMはnewsletter.exampleとして合格するため、DMARCは不合格になります。",
        ),
        sender="news@third-party.example",
        client="192.88.99.120",
        helo="mail.newsletter.example",
        return_path="b-7f31c2@bounce.newsletter.example",
        body=NEWSLETTER,
        signer="newsletter.example",
        bulk=True,
    ),
    SampleMail(
        "spf-limit",
        "spf-limit.example",
        Text(
            "An invoice from the last service in the SPF record: beyond the lookup limit, so SPF gives permerror.",
            "SPFレコードの末尾にあるサービスから送られた請求書です。DNSルックアップの上限を超えるため、SPFはpermerrorになります。",
        ),
        sender="billing@spf-limit.example",
        client="192.88.99.141",
        helo="mail.invoices.example",
        return_path="billing@spf-limit.example",
        body=INVOICE,
        signer="spf-limit.example",
    ),
    SampleMail(
        "changed",
        "good.example",
        Text(
            "A mail to which a gateway added a footer after signing: the DKIM body hash does not match.",
            "署名の後に中継サーバがフッターを追記したメールです。DKIMの本文ハッシュが一致しません。",
        ),
        sender="sato@good.example",
        client="192.88.99.110",
        helo="mail.good.example",
        return_path="sato@good.example",
        body=NOTICE,
        signer="good.example",
        changed=True,
    ),
    SampleMail(
        "clear-text",
        "good.example",
        Text(
            "A mail sent without TLS, although the receiving server offers STARTTLS.",
            "受信サーバがSTARTTLSに対応しているのに、TLSを使わずに平文で送信されたメールです。",
        ),
        sender="sato@good.example",
        client="192.88.99.110",
        helo="mail.good.example",
        return_path="sato@good.example",
        body=NOTICE,
        signer="good.example",
        starttls=False,
    ),
    SampleMail(
        "bounce",
        "good.example",
        Text(
            "A bounce: null return path, no signature. It does not count for the verdict.",
            "Return-Pathが空で署名のないバウンスメールです。判定には影響しません。",
        ),
        sender="mailer-daemon@good.example",
        client="192.88.99.110",
        helo="mail.good.example",
        return_path="",
        body=BOUNCE,
    ),
)


async def send(
    mail: SampleMail,
    keys: Mapping[str, SigningKey],
    *,
    host: str,
    port: int,
    recipient: str,
    lang: Lang,
    now: datetime,
) -> Delivery:
    """Compose, sign and deliver to `host`, an IPv4 loopback address; a refusal is a `Delivery`.

    Raises ValueError for any other host, since nothing is to leave this machine, and OSError for a broken connection.
    """
    if not ipaddress.IPv4Address(host).is_loopback:
        raise ValueError(f"Sample mails are sent to this machine only, not to {host}.")
    message = compose(mail, keys, recipient=recipient, lang=lang, now=now)
    return await asyncio.to_thread(_deliver, mail, message, host, port, recipient)


def compose(mail: SampleMail, keys: Mapping[str, SigningKey], *, recipient: str, lang: Lang, now: datetime) -> bytes:
    """The mail as it goes over the wire, lines ending in CRLF. `keys` by domain; `now`: an aware datetime."""
    text = _bounce(mail, recipient, lang, now) if mail.body is BOUNCE else _letter(mail, recipient, lang, now)
    signed = text if mail.signer is None else keys[mail.signer].sign(text)
    return _with_footer(signed, mail, lang) if mail.changed else signed


def _letter(mail: SampleMail, recipient: str, lang: Lang, now: datetime) -> bytes:
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(mail.body.sender.say(lang), addr_spec=mail.sender)
    message["To"] = recipient
    message["Subject"] = mail.body.subject.say(lang)
    message["Date"] = now
    message["Message-ID"] = f"<{uuid4()}@{mail.domain}>"
    if mail.bulk:
        message["List-Unsubscribe"] = (
            "<https://newsletter.example/unsubscribe/7f31c2>, <mailto:unsubscribe-7f31c2@newsletter.example>"
        )
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["Precedence"] = "bulk"
    _set_text(message, mail, lang, mail.body.text.say(lang))
    return message.as_bytes()


def _set_text(message: EmailMessage, mail: SampleMail, lang: Lang, text: str) -> None:
    match lang, mail.japanese:
        case "en", _:
            message.set_content(text, charset="utf-8", cte="quoted-printable")
        case _, "iso-2022-jp":
            message.set_content(text, charset="iso-2022-jp", cte="7bit")
        case _:
            message.set_content(text, charset="utf-8", cte="base64")


def _with_footer(signed: bytes, mail: SampleMail, lang: Lang) -> bytes:
    """What a gateway does that adds a line: the header stays, the text is decoded, gets longer and is encoded again."""
    longer = EmailMessage(policy=_POLICY)
    _set_text(longer, mail, lang, mail.body.text.say(lang) + FOOTER.say(lang))
    return signed.partition(_BLANK_LINE)[0] + _BLANK_LINE + longer.as_bytes().partition(_BLANK_LINE)[2]


def _bounce(mail: SampleMail, recipient: str, lang: Lang, now: datetime) -> bytes:
    """A delivery status notification (RFC 3464)."""
    report = MIMEMultipart("report", policy=_POLICY)
    report.set_param("report-type", "delivery-status")
    report["From"] = str(Address(mail.body.sender.say(lang), addr_spec=mail.sender))
    report["To"] = recipient
    report["Subject"] = mail.body.subject.say(lang)
    report["Date"] = format_datetime(now)
    report["Message-ID"] = f"<{uuid4()}@{mail.helo}>"
    report["Auto-Submitted"] = "auto-replied"
    text = EmailMessage(policy=_POLICY)
    _set_text(text, mail, lang, mail.body.text.say(lang))
    report.attach(text)
    status = MIMEBase("message", "delivery-status", policy=_POLICY)
    status.attach(_fields({"Reporting-MTA": f"dns; {mail.helo}"}))
    failure = "smtp; 550 5.1.1 No such mailbox"
    recipients = {"Final-Recipient": "rfc822; nobody@good.example", "Action": "failed", "Status": "5.1.1"}
    status.attach(_fields(recipients | {"Diagnostic-Code": failure}))
    report.attach(status)
    return report.as_bytes()


def _fields(values: Mapping[str, str]) -> Message:
    block = Message(policy=_POLICY)
    for name, value in values.items():
        block[name] = value
    return block


def _deliver(mail: SampleMail, message: bytes, host: str, port: int, recipient: str) -> Delivery:
    with _Proxied(mail, host, port) as smtp:
        smtp.ehlo()
        tls = _start_tls(smtp) if mail.starttls and smtp.has_extn("starttls") else None
        steps: tuple[Callable[[], tuple[int, bytes]], ...] = (
            lambda: smtp.mail(mail.return_path),
            lambda: smtp.rcpt(recipient),
            lambda: smtp.data(message),
        )
        for step in steps:
            try:
                code, text = step()
            except smtplib.SMTPDataError as refused:
                code, text = refused.smtp_code, _octets(refused.smtp_error)
            if code >= 400:
                break
        return Delivery(code < 400, f"{code} {text.decode('utf-8', 'replace')}", tls)


class _Proxied(smtplib.SMTP):
    """A client whose connections begin with a header of the PROXY protocol, version 1."""

    def __init__(self, mail: SampleMail, host: str, port: int) -> None:
        self._client = mail.client
        super().__init__(host, port, local_hostname=mail.helo, timeout=_TIMEOUT_S, source_address=(PROXY, 0))

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        connection.sendall(f"PROXY TCP4 {self._client} {host} {connection.getsockname()[1]} {port}\r\n".encode())
        return connection


def _start_tls(smtp: smtplib.SMTP) -> str | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The receiver is this machine, with a certificate that it made itself. Mail servers do the same towards strangers.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    smtp.starttls(context=context)
    smtp.ehlo()
    return smtp.sock.version() if isinstance(smtp.sock, ssl.SSLSocket) else None


def _octets(text: bytes | str) -> bytes:
    return text.encode() if isinstance(text, str) else text
