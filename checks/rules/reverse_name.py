"""Does the address that sends, or receives, mail have a reverse name, and one that somebody chose?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence
from checks.evidence.mx import MxEvidence, is_global
from checks.evidence.ptr import ClientReverseEvidence, MxReverseEvidence, ReverseName
from checks.model import Absent, Seen, Severity, Tier, Unreachable, Why
from checks.parse.helo import is_public_name
from checks.parse.reverse_name import generic_sign

_NO_PTR = Text(
    en="The sending address `{address}` has no reverse DNS (PTR)",
    ja="送信元IPアドレス `{address}` に逆引き(PTR)がありません",
)
_NO_PTR_WHY = Text(
    en="Gmail, Yahoo and Microsoft may refuse or defer mail from addresses without a PTR record (Gmail: 550 5.7.25), whatever SPF and DKIM say.",
    ja="PTRレコードのない送信元からのメールは、SPFやDKIMの結果にかかわらず、Gmail(550 5.7.25)、米国Yahoo、Microsoftなどで拒否されたり、配信が遅れたりすることがあります。",
)

NO_REVERSE_NAME = Rule(
    id="PTR001",
    name="no-reverse-name",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("address", "host", "pointer", "name"),
    alternatives=((Severity.NOTICE, Tier.NONE),),
    texts=Texts(
        title=_NO_PTR,
        why=_NO_PTR_WHY,
        fix=Text(
            en="If this server sends for you, ask whoever assigned `{address}` (hosting company, internet provider) to publish a PTR record at `{pointer}` with the HELO name `{name}`, and give that name an A (or AAAA) record with `{address}`, so that it leads back. If its zone cannot be changed, use a name of your own domain for both records.",
            ja="自社が使うサーバーであれば、`{address}` を割り当てた事業者(ホスティング、ISP)に、`{pointer}` のPTRレコードとしてHELOの名前 `{name}` の登録を依頼し、`{name}` のA(またはAAAA)レコードにも `{address}` を登録してください。`{name}` のレコードを登録できない場合は、代わりに自社ドメインの名前を、PTRとA(またはAAAA)の両方に使います。",
        ),
    ),
    variants={
        "no_helo_name": Texts(
            title=_NO_PTR,
            why=_NO_PTR_WHY,
            fix=Text(
                en="If this server is yours, ask whoever assigned `{address}` (hosting company) to publish a PTR record at `{pointer}` with a name of its own below your domain, such as `{name}`: not one that another server has. In your DNS give that name an address record with `{address}`, and let the server use it as its HELO name too.",
                ja="自社のサーバーであれば、`{address}` を割り当てた事業者(ホスティング、ISP)に、`{pointer}` のPTRレコードとして、自社ドメインの下のこのサーバー専用の名前(例: `{name}`。他のサーバーが使う名前は避けます)の登録を依頼してください。自社のDNSでは、その名前のアドレスレコードに `{address}` を登録します。サーバーがHELOで名乗る名前も、これに合わせます。",
            ),
        ),
        "mx": Texts(
            title=Text(
                en="The address `{address}` of MX `{host}` has no reverse DNS (PTR)",
                ja="MX `{host}` のアドレス `{address}` に逆引き(PTR)がありません",
            ),
            why=Text(
                en="It does not hurt receiving. If the same server also sends, Gmail and others refuse its mail.",
                ja="受信には影響しません。同じサーバーから送信もしている場合は、Gmailなどで受信を拒否されます。",
            ),
            fix=Text(
                en="If `{host}` also sends mail, ask whoever assigned `{address}` to publish a PTR record at `{pointer}` that names it.",
                ja="`{host}` から送信もしている場合は、`{address}` を割り当てた事業者に、`{pointer}` のPTRレコードとして `{host}` の登録を依頼してください。",
            ),
        ),
    },
    references=("https://support.google.com/a/answer/81126", "https://www.rfc-editor.org/rfc/rfc1912#section-2.1"),
    sample=Sample(
        bad="25.2.0.192.in-addr.arpa.  →  NXDOMAIN", good="25.2.0.192.in-addr.arpa.  PTR  mx1.example.co.jp."
    ),
)


NOT_FORWARD_CONFIRMED = Rule(
    id="PTR401",
    name="not-forward-confirmed",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("address", "names"),
    alternatives=((Severity.NOTICE, Tier.NONE),),
    texts=Texts(
        title=Text(
            en="The reverse name of the sending address `{address}` does not lead back to it",
            ja="送信元IPアドレス `{address}` の逆引き名が、同じアドレスに正引きされません",
        ),
        why=Text(
            en="Its PTR record names {names:code}, but no A or AAAA record there is `{address}`. Gmail wants both to agree (550 5.7.25); anybody can write a foreign name into a PTR record.",
            ja="PTRレコードの名前は {names:code} ですが、そのA/AAAAレコードに `{address}` がありません。PTRレコードには他人の名前も書けるため、Gmailなどは正引きとの一致を求めています(550 5.7.25)。",
        ),
        fix=Text(
            en="Let the A (or AAAA) record of that name hold `{address}`, or ask whoever assigned the address to put the server's real name into the PTR record.",
            ja="その名前のA(またはAAAA)レコードに `{address}` を登録するか、アドレスを割り当てた事業者に、PTRレコードを実際のサーバー名へ変更するよう依頼してください。",
        ),
    ),
    variants={
        "mx": Texts(
            title=Text(
                en="The reverse name of the MX address `{address}` does not lead back to it",
                ja="MXのアドレス `{address}` の逆引き名が、同じアドレスに正引きされません",
            ),
            why=Text(
                en="Its PTR record names {names:code}, but no A or AAAA record there is `{address}`. It does not hurt receiving. If the same server also sends, Gmail and others refuse its mail.",
                ja="PTRレコードの名前は {names:code} ですが、そのA/AAAAレコードに `{address}` がありません。受信には影響しませんが、同じサーバーから送信もしている場合は、Gmailなどで受信を拒否されます。",
            ),
            fix=Text(
                en="If this server also sends mail, let the A (or AAAA) record of that name hold `{address}`, or ask whoever assigned the address to put the server's real name into the PTR record.",
                ja="このサーバーから送信もしている場合は、その名前のA(またはAAAA)レコードに `{address}` を登録するか、アドレスを割り当てた事業者に、PTRレコードを実際のサーバー名へ変更するよう依頼してください。",
            ),
        )
    },
    references=("https://support.google.com/a/answer/81126", "https://www.rfc-editor.org/rfc/rfc8601#section-3"),
    sample=Sample(
        bad="192.0.2.25 → mail.example.co.jp → 192.0.2.99",
        good="192.0.2.25 → mail.example.co.jp → 192.0.2.25",
    ),
)

GENERIC_REVERSE_NAME = Rule(
    id="PTR201",
    name="generic-reverse-name",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    facts=("address", "name", "sign"),
    texts=Texts(
        title=Text(
            en="The reverse name of the sending address `{address}` looks made by default (`{name}`)",
            ja="送信元IPアドレス `{address}` の逆引き名 `{name}` が、事業者の初期設定のままのようです",
        ),
        why=Text(
            en="It has the form of the names that providers give to dial-up lines and new servers. Receivers that keep mail from such lines out judge by it (Microsoft: 550 DY-001), so mail from here starts with a bad reputation.",
            ja="動的IPアドレスや初期設定のままのサーバーに付けられる形式の名前です。このような名前を手掛かりに動的IPアドレスからのメールを拒否する受信側があり(Microsoft: 550 DY-001)、迷惑メールと判定されやすくなります。",
        ),
        fix=Text(
            en="Ask whoever assigned `{address}`, or set in the hosting company's control panel, a PTR record with the server's own name, such as the one it greets with. That name's A/AAAA record must give the same address.",
            ja="`{address}` を割り当てた事業者に依頼するか、ホスティングの管理画面で、サーバー固有の名前(HELOで使う名前など)をPTRレコードに設定してください。その名前のA/AAAAレコードも同じアドレスに向けます。",
        ),
    ),
    variants={
        "mx": Texts(
            title=Text(
                en="The reverse name of the MX address `{address}` looks made by default (`{name}`)",
                ja="MXのアドレス `{address}` の逆引き名 `{name}` が、事業者の初期設定のままのようです",
            ),
            why=Text(
                en="It does not hurt receiving. If the same server also sends, receivers that keep mail from dial-up lines out may take it for one (Microsoft: 550 DY-001).",
                ja="受信には影響しません。同じサーバーから送信もしている場合は、動的IPアドレスとみなされ、受信を拒否されることがあります(Microsoft: 550 DY-001)。",
            ),
            fix=Text(
                en="If this server also sends mail, have the PTR record of `{address}` changed to the server's own name.",
                ja="このサーバーから送信もしている場合は、`{address}` のPTRレコードをサーバー固有の名前に変更してください。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc1912#section-2.1", "https://support.google.com/a/answer/81126"),
    sample=Sample(
        bad="25.2.0.192.in-addr.arpa.  PTR  192-0-2-25.dynamic.example.ne.jp.",
        good="25.2.0.192.in-addr.arpa.  PTR  mx1.example.co.jp.",
    ),
)

_MAX_NAMES = 5
_NOTICE: dict[str, Any] = {"severity": Severity.NOTICE, "tier": Tier.NONE, "variant": "mx"}


def judge_client(client: ClientReverseEvidence, message: MessageEvidence) -> Iterator[Finding]:
    if client.reverse is None:
        raise CannotTell(Why.NOT_PROVIDED)
    reverse = client.reverse
    match reverse.names:
        case Absent():
            # A greeting that no other server can look up cannot be the name of the address either.
            if is_public_name(reverse.host):
                yield NO_REVERSE_NAME.found(reverse.address, **_facts(reverse))
            else:
                name = f"mail-{_last_part(reverse.address)}.{message.from_domain or 'example.co.jp'}"
                yield NO_REVERSE_NAME.found(reverse.address, variant="no_helo_name", **_facts(reverse) | {"name": name})
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen(answer):
            yield from _generic(reverse, None)
            if reverse.confirmed is not None:
                return
            if reverse.unconfirmed_why:
                raise CannotTell(reverse.unconfirmed_why)
            names = answer.values[:_MAX_NAMES]
            yield NOT_FORWARD_CONFIRMED.found(reverse.address, address=reverse.address, names=names)


def _last_part(address: str) -> str:
    """What makes a name for the server that no other has yet."""
    return address.replace(":", ".").rpartition(".")[2] or "0"


def judge_mx(reversed_mx: MxReverseEvidence, mx: MxEvidence) -> Iterator[Finding]:
    if isinstance(mx.records, Unreachable):
        raise CannotTell(mx.records.why)
    if not any(t.addresses or t.unknown for t in mx.targets):
        # No MX; or none with an address, of which mx.names and mx.addresses say what is wrong.
        raise NotApplicable(Why.NO_MX)
    unknown: list[Why] = [t.unknown for t in mx.targets if t.unknown]
    for reverse in _each_address(reversed_mx):
        match reverse.names:
            case Absent():
                yield NO_REVERSE_NAME.found(reverse.address, **_NOTICE, **_facts(reverse))
            case Unreachable(why=why):
                unknown.append(why)
            case Seen(answer):
                yield from _generic(reverse, "mx")
                if reverse.unconfirmed_why:
                    unknown.append(reverse.unconfirmed_why)
                elif reverse.confirmed is None:
                    names = answer.values[:_MAX_NAMES]
                    yield NOT_FORWARD_CONFIRMED.found(reverse.address, **_NOTICE, address=reverse.address, names=names)
    if unknown:
        raise CannotTell(unknown[0])


def _each_address(reversed_mx: MxReverseEvidence) -> Iterator[ReverseName]:
    """Each address once, though several MX names share it; only global ones, for others have no reverse name."""
    yield from {r.address: r for r in reversed(reversed_mx.reverse) if is_global(r.address)}.values()


def _generic(reverse: ReverseName, variant: str | None) -> Iterator[Finding]:
    """By the name that counts: the confirmed one, else all of them."""
    if not isinstance(reverse.names, Seen):
        return
    names = (reverse.confirmed,) if reverse.confirmed else reverse.names.value.values[:_MAX_NAMES]
    signs = [generic_sign(name, reverse.address) for name in names]
    if names and all(signs):
        facts: dict[str, Any] = {"address": reverse.address, "name": names[0], "sign": signs[0]}
        yield GENERIC_REVERSE_NAME.found(reverse.address, variant=variant, **facts)


def _facts(reverse: ReverseName) -> dict[str, Any]:
    host = reverse.host or reverse.address
    return {"address": reverse.address, "host": host, "pointer": reverse.pointer, "name": host}


CHECKS = (
    Check(
        id="ptr.mx",
        title=Text(en="Reverse DNS of the MX addresses", ja="MXのアドレスの逆引き"),
        needs=(MxReverseEvidence, MxEvidence),
        rules=(NO_REVERSE_NAME, NOT_FORWARD_CONFIRMED, GENERIC_REVERSE_NAME),
        judge=judge_mx,
    ),
    Check(
        id="ptr.client",
        title=Text(en="Reverse DNS of the sending address", ja="送信元IPアドレスの逆引き"),
        needs=(ClientReverseEvidence, MessageEvidence),
        rules=(NO_REVERSE_NAME, NOT_FORWARD_CONFIRMED, GENERIC_REVERSE_NAME),
        judge=judge_client,
        of_mail=True,
        required=True,
    ),
)
