"""Do the MX records name hosts, by their own names?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from itertools import count
from typing import Any

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.mx import MxEvidence, MxTarget, is_global
from checks.model import Absent, Severity, Tier, Unreachable, Why

MX_IS_ALIAS = Rule(
    id="MX101",
    name="mx-is-alias",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "host", "canonical"),
    texts=Texts(
        title=Text(
            en="MX of `{domain}`: `{host}` is an alias (CNAME)",
            ja="`{domain}` のMX `{host}` が別名(CNAME)です",
        ),
        why=Text(
            en="An MX record must name a host directly, not an alias (RFC 2181 section 10.3). Nearly all senders follow it, but some refuse, and a mail server may not know itself by the alias.",
            ja="MXレコードには別名ではなくホスト名を直接指定する必要があります(RFC 2181 10.3節)。多くの送信側は別名でも配送しますが、配送を拒否する実装や、別名を自分宛てと認識しない受信サーバーもあります。",
        ),
        fix=Text(
            en="Name `{canonical}` in the MX record, or replace the CNAME at `{host}` by A (and AAAA) records. An MTA-STS policy and the server's certificate have to hold the name that the MX record gives.",
            ja="MXレコードに `{canonical}` を指定するか、`{host}` のCNAMEをA(およびAAAA)レコードに置き換えてください。MTA-STSポリシーとサーバー証明書にも、MXレコードに書いた名前が含まれている必要があります。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc2181#section-10.3",),
    sample=Sample(
        bad="example.co.jp.  MX  10 mail.example.co.jp.\nmail.example.co.jp.  CNAME  mx1.example.net.",
        good="example.co.jp.  MX  10 mx1.example.net.",
    ),
)

_ADDRESS_TITLE = Text(
    en="MX of `{domain}` holds the IP address `{host}` in place of a name",
    ja="`{domain}` のMXに、ホスト名ではなくIPアドレス `{host}` が書かれています",
)
_GIVE_NAME = Text(
    en="Give the server a name such as `{name}`: publish its address there, in an A record (IPv6: AAAA), and put that name into the MX record, as shown.",
    ja="サーバーに `{name}` などの名前を付けてください。そのアドレスを、IPv4ならAレコード、IPv6ならAAAAレコードに登録し、示したとおり、MXレコードにはその名前を書きます。",
)

MX_IS_ADDRESS = Rule(
    id="MX102",
    name="mx-is-address",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    facts=("domain", "host", "others", "name"),
    alternatives=((Severity.WARNING, Tier.NONE),),
    texts=Texts(
        title=_ADDRESS_TITLE,
        why=Text(
            en="An MX record holds a host name (RFC 1035 section 3.3.9); senders look `{host}` up as a name, and there is none. No other MX of the domain can be used ({others:code}): mail does not arrive.",
            ja="MXレコードにはホスト名を書きます(RFC 1035 3.3.9節)。`{host}` は名前として検索され、アドレスが見つかりません。ほかのMX({others:code})も使えず、メールは届きません。",
        ),
        fix=_GIVE_NAME,
    ),
    variants={
        "alone": Texts(
            title=_ADDRESS_TITLE,
            why=Text(
                en="An MX record holds a host name (RFC 1035 section 3.3.9); senders look `{host}` up as a name, and there is none. The domain has no other MX: mail does not arrive.",
                ja="MXレコードにはホスト名を書きます(RFC 1035 3.3.9節)。`{host}` は名前として検索され、アドレスが見つかりません。ほかにMXがないため、メールは届きません。",
            ),
            fix=_GIVE_NAME,
        ),
        "others_serve": Texts(
            title=_ADDRESS_TITLE,
            why=Text(
                en="An MX record holds a host name (RFC 1035 section 3.3.9); this one is of no use to anybody. Mail arrives through {others:code} alone.",
                ja="MXレコードにはホスト名を書きます(RFC 1035 3.3.9節)。このMXレコードは使われず、メールは {others:code} だけで受信しています。",
            ),
            fix=Text(
                en="Give the server a name such as `{name}`: publish its address there, in an A record (IPv6: AAAA), and put that name into the MX record, as shown. Or delete this MX record.",
                ja="サーバーに `{name}` などの名前を付け、そのアドレスをIPv4ならAレコード、IPv6ならAAAAレコードに登録して、示したとおり、MXレコードにはその名前を書いてください。または、このMXレコードを削除します。",
            ),
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc1035#section-3.3.9",
        "https://www.rfc-editor.org/rfc/rfc5321#section-5.1",
    ),
    sample=Sample(bad="example.co.jp.  MX  10 192.0.2.25.", good="example.co.jp.  MX  10 mx1.example.co.jp."),
)
_MAX_SHOWN = 5


def judge(mx: MxEvidence) -> Iterator[Finding]:
    match mx.records:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Absent():
            raise NotApplicable(Why.NO_MX)
    if not mx.targets:
        raise NotApplicable(Why.NO_MX)
    for target in mx.targets:
        if canonical := target.alias_of:
            old, new = (f"{target.preference} {host}." for host in (target.host, canonical))
            record = RecordChange(mx.domain, "MX", old, new)
            facts: dict[str, Any] = {"domain": mx.domain, "host": target.host, "canonical": canonical}
            yield MX_IS_ALIAS.found(target.host, records=[record], **facts)
    yield from _addresses(mx)
    for target in mx.targets:
        # One of the two answers shows an alias, for a CNAME stands at a name, not at a type.
        if isinstance(target.ipv4, Unreachable) and isinstance(target.ipv6, Unreachable):
            raise CannotTell(target.ipv4.why)


def _addresses(mx: MxEvidence) -> Iterator[Finding]:
    usable = tuple(t.host for t in mx.targets if t.usable)[:_MAX_SHOWN]
    undecided = [t for t in mx.targets if t.usable is None]
    literals = [t for t in mx.targets if t.literal]
    if literals and undecided and not usable:
        raise CannotTell(undecided[0].unknown or Why.DEPENDS)
    taken = {t.host.lower() for t in mx.targets}
    names = (name for n in count(1) if (name := f"mx{n}.{mx.domain}") not in taken)
    for target, name in zip(literals, names, strict=False):
        others = usable or tuple(t.host for t in mx.targets if t is not target)[:_MAX_SHOWN]
        facts: dict[str, Any] = {"domain": mx.domain, "host": target.host, "others": others or ("-",), "name": name}
        if usable:
            facts |= {"severity": Severity.WARNING, "tier": Tier.NONE, "variant": "others_serve"}
        elif not others:
            facts |= {"variant": "alone"}
        yield MX_IS_ADDRESS.found(target.host, records=_named(mx.domain, target, name), **facts)


def _named(domain: str, target: MxTarget, name: str) -> Iterator[RecordChange]:
    """First the address at the new name, then the MX; a private address helps nobody, whatever it is called."""
    old = f"{target.preference} {target.host}."
    address = target.host.strip("[]")
    if not is_global(address):
        yield RecordChange(domain, "MX", old, None)
        return
    yield RecordChange(name, "A" if ipaddress.ip_address(address).version == 4 else "AAAA", None, address)
    yield RecordChange(domain, "MX", old, f"{target.preference} {name}.")


CHECK = Check(
    id="mx.names",
    title=Text(en="Names in the MX records", ja="MXレコードのホスト名"),
    needs=(MxEvidence,),
    rules=(MX_IS_ADDRESS, MX_IS_ALIAS),
    judge=judge,
)
