"""The certificate that the mailbox shows after STARTTLS."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from bot.doctor.finding import Finding, State
from bot.settings import Settings
from checks import Fact, Text

RENEW_BEFORE = timedelta(days=14)
"""ACME clients renew a month before the end; with less than this left they have failed."""

_SELF_MADE = Text(
    en="No certificate is set: the mailbox makes one for `{host}` itself at each start.",
    ja="証明書が設定されていないため、メールボックスは起動のたびに `{host}` の自己署名証明書を作成します。",
)
_GET_ONE = Text(
    en="Senders with opportunistic TLS, nearly all, take it. For those that verify, set `MAILCHECK_TLS_CERT` and `MAILCHECK_TLS_KEY` to a certificate for `{host}`.",
    ja="ほとんどの送信元(日和見TLS)は、そのまま接続できます。証明書を検証する送信元からも受信するには、`{host}` の証明書を `MAILCHECK_TLS_CERT` と `MAILCHECK_TLS_KEY` に設定してください。",
)
_RENEW = Text(
    en="Renew `{file}` for `{host}` and see why that did not happen by itself; the bot must be able to read the new files, and takes them by itself.",
    ja="`{host}` の証明書 `{file}` を更新し、自動更新されなかった原因を確認してください。新しいファイルをボットが読み取れるようにしておけば、自動的に切り替わります。",
)


def examine_certificate(settings: Settings, now: datetime) -> Finding:
    """Blocking. That certificate and key load and fit together was found when the settings were read."""
    facts: dict[str, Fact] = {"host": settings.greeting_name, "file": str(settings.tls_cert or "")}
    if settings.tls_cert is None:
        return Finding("certificate", State.OK, _SELF_MADE, facts, _GET_ONE)
    try:
        certificate = _first(settings.tls_cert)
    except OSError as error:
        facts["error"] = error.strerror or type(error).__name__
        seen = Text(en="`{file}` cannot be read: {error}.", ja="`{file}` を読み取れません({error})。")
        return Finding("certificate", State.UNKNOWN, seen, facts, _RENEW)
    except ValueError:
        seen = Text(en="`{file}` holds no certificate in PEM form.", ja="`{file}` にPEM形式の証明書がありません。")
        return Finding("certificate", State.WRONG, seen, facts, _RENEW)
    ends, begins = certificate.not_valid_after_utc, certificate.not_valid_before_utc
    facts |= {"days": max(0, (ends - now).days), "ends": f"{ends:%Y-%m-%d}", "begins": f"{begins:%Y-%m-%d}"}
    facts["names"] = names = _names(certificate)
    if ends <= now:
        return Finding("certificate", State.WRONG, _EXPIRED, facts, _RENEW)
    if begins > now:
        return Finding("certificate", State.WRONG, _NOT_YET, facts, _RENEW)
    if not any(_covers(name, settings.greeting_name) for name in names):
        return Finding("certificate", State.WRONG, _OTHER_NAME if names else _NO_NAME, facts, _FOR_THE_HOST)
    if ends - now < RENEW_BEFORE:
        return Finding("certificate", State.WRONG, _SOON, facts, _RENEW)
    return Finding("certificate", State.OK, _GOOD, facts)


_EXPIRED = Text(
    en="The certificate `{file}` expired on {ends}.", ja="証明書 `{file}` は{ends}に有効期限が切れています。"
)
_NOT_YET = Text(
    en="The certificate `{file}` is not valid before {begins}.", ja="証明書 `{file}` の有効期間は{begins}からです。"
)
_SOON = Text(
    en="The certificate `{file}` ends on {ends}, in {days} days.",
    ja="証明書 `{file}` の有効期限は{ends}(残り{days}日)です。",
)
_GOOD = Text(
    en="The certificate names `{host}` and is good until {ends} ({days} days).",
    ja="証明書は `{host}` のもので、{ends}まで有効です(残り{days}日)。",
)
_OTHER_NAME = Text(
    en="The certificate `{file}` names {names}, not `{host}`.",
    ja="証明書 `{file}` の名前は {names} で、`{host}` が含まれていません。",
)
_NO_NAME = Text(
    en="The certificate `{file}` names no host (no subjectAltName).",
    ja="証明書 `{file}` にホスト名(subjectAltName)がありません。",
)
_FOR_THE_HOST = Text(
    en="Get a certificate for `{host}`, or set `MAILCHECK_MAILBOX_HOSTNAME` to the MX host that the certificate names.",
    ja="`{host}` の証明書を取得するか、証明書に記載されたMXホストの名前を `MAILCHECK_MAILBOX_HOSTNAME` に設定してください。",
)


def _first(path: Path) -> x509.Certificate:
    """The server's own: the chain follows it. Raises OSError, ValueError."""
    return x509.load_pem_x509_certificates(path.read_bytes())[0]


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(names.get_values_for_type(x509.DNSName))[:20]


def _covers(pattern: str, host: str) -> bool:
    """A wildcard stands for one whole leftmost label (RFC 6125 section 6.4.3)."""
    pattern = pattern.lower()
    return pattern == host or (pattern.startswith("*.") and pattern[2:] == host.partition(".")[2])
