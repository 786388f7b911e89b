"""The sample mails, received by a real SMTP server with STARTTLS and verified with dkimpy and pyspf's inputs at hand."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

import dkim
import pytest
import trustme
from aiosmtpd.proxy_protocol import ProxyData
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.demo.domains import SAMPLE_DOMAINS, SIGNERS
from bot.demo.mails import SAMPLE_MAILS, Delivery, SampleMail, compose, send
from bot.demo.signing import SigningKey, make_signing_keys

RECIPIENT = "t-0123@mail.test"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MAILS = {mail.id: mail for mail in SAMPLE_MAILS}


@pytest.fixture(scope="module")
def keys() -> Mapping[str, SigningKey]:
    return make_signing_keys(SIGNERS)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "chain.pem"
    trustme.CA().issue_cert("mail.test").private_key_and_cert_chain_pem.write_to_path(path)
    return path


@dataclass
class Received:
    client: str
    helo: str
    tls: bool
    mail_from: str
    content: bytes


class Receiver:
    def __init__(self) -> None:
        self.mails: list[Received] = []

    async def handle_RCPT(self, _s: SMTP, _x: Session, envelope: Envelope, address: str, _o: list[str]) -> str:
        if address != RECIPIENT:
            return "550 5.1.1 No such address"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_PROXY(self, _server: SMTP, _session: Session, _envelope: Envelope, data: ProxyData) -> bool:
        # The session forgets it at STARTTLS.
        self.client = str(data.src_addr)
        return True

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        content: Any = envelope.original_content
        client, helo, tls = self.client, str(session.host_name), session.ssl is not None
        self.mails.append(Received(client, helo, tls, str(envelope.mail_from), content))
        return "250 2.0.0 Kept"


def deliver(
    mail: SampleMail, keys: Mapping[str, SigningKey], certificate: Path | None, recipient: str = RECIPIENT
) -> tuple[Delivery, list[Received]]:
    receiver = Receiver()
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)

    async def main() -> Delivery:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(receiver, hostname="mail.test", tls_context=context, loop=loop, proxy_protocol_timeout=5),
            "127.0.0.1",
            0,
        )
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await send(mail, keys, host="127.0.0.1", port=port, recipient=recipient, lang="ja", now=NOW)

    return asyncio.run(main()), receiver.mails


def verified(content: bytes, keys: Mapping[str, SigningKey]) -> bool:
    published = {f"{key.selector}._domainkey.{key.domain}.": key.record.encode() for key in keys.values()}
    result: bool = dkim.verify(content, dnsfunc=lambda name, timeout=5: published.get(name.decode()))
    return result


@pytest.mark.parametrize("mail", SAMPLE_MAILS, ids=lambda mail: mail.id)
def test_each_mail_arrives_as_its_sender_would_send_it(
    mail: SampleMail, keys: Mapping[str, SigningKey], certificate: Path
) -> None:
    delivery, received = deliver(mail, keys, certificate)
    assert delivery == Delivery(True, "250 2.0.0 Kept", "TLSv1.3" if mail.starttls else None)
    (got,) = received
    assert (got.client, got.helo, got.tls) == (mail.client, mail.helo, mail.starttls)
    assert got.mail_from == (mail.return_path or "<>")
    assert verified(got.content, keys) is (mail.signer is not None and not mail.changed)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("mail", SAMPLE_MAILS, ids=lambda mail: mail.id)
def test_each_mail_is_well_formed(mail: SampleMail, lang: Literal["en", "ja"], keys: Mapping[str, SigningKey]) -> None:
    raw = compose(mail, keys, recipient=RECIPIENT, lang=lang, now=NOW)
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 100
    message: Any = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert message["From"].addresses[0].addr_spec == mail.sender
    assert mail.sender.endswith(f"@{mail.domain}")
    assert message["Date"].datetime == NOW
    assert not message.defects
    assert mail.body.subject.say(lang) == message["Subject"]
    body: Any = message.get_body()
    text = body.get_content().replace("\r\n", "\n")
    assert text.startswith(mail.body.text.say(lang))
    assert (text != mail.body.text.say(lang)) is mail.changed
    if mail.japanese == "iso-2022-jp" and lang == "ja":
        assert body.get_content_charset() == "iso-2022-jp"


def test_the_changed_mail_fails_by_its_body_alone(keys: Mapping[str, SigningKey]) -> None:
    raw = compose(MAILS["changed"], keys, recipient=RECIPIENT, lang="en", now=NOW)
    published = keys["good.example"].record.encode()
    with pytest.raises(dkim.ValidationError, match="body hash mismatch"):
        dkim.DKIM(raw).verify(dnsfunc=lambda name, timeout=5: published)


def test_the_newsletter_is_signed_by_the_service_and_can_be_unsubscribed(keys: Mapping[str, SigningKey]) -> None:
    raw = compose(MAILS["third-party"], keys, recipient=RECIPIENT, lang="en", now=NOW)
    message = message_from_bytes(raw, policy=policy.default)
    assert "d=newsletter.example;" in message["DKIM-Signature"]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"].startswith("<https://newsletter.example/")
    assert message["List-Id"] is None, "the mail was not forwarded by a list"


def test_a_server_without_starttls_gets_the_mail_in_clear(keys: Mapping[str, SigningKey]) -> None:
    delivery, received = deliver(MAILS["good"], keys, None)
    assert (delivery.accepted, delivery.tls, received[0].tls) == (True, None, False)


def test_a_refusal_is_told(keys: Mapping[str, SigningKey], certificate: Path) -> None:
    delivery, received = deliver(MAILS["good"], keys, certificate, recipient="gone@mail.test")
    assert delivery == Delivery(False, "550 5.1.1 No such address", "TLSv1.3")
    assert received == []


@pytest.mark.parametrize("host", ["192.0.2.1", "::1", "localhost"])
def test_nothing_is_sent_off_this_machine(host: str, keys: Mapping[str, SigningKey]) -> None:
    with pytest.raises(ValueError, match=host):
        asyncio.run(send(MAILS["good"], keys, host=host, port=25, recipient=RECIPIENT, lang="en", now=NOW))


def test_ids_are_unique_and_domains_known() -> None:
    assert len(MAILS) == len(SAMPLE_MAILS)
    assert {mail.domain for mail in SAMPLE_MAILS} <= {domain.name for domain in SAMPLE_DOMAINS}
