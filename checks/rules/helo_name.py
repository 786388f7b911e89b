"""Does the sending server greet with a name that is one, and its own?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.helo import HeloEvidence
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier, Why
from checks.parse.domain import registrable
from checks.parse.helo import is_local

INVALID_HELO = Rule(
    id="HELO101",
    name="invalid-helo",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    in_system=True,
    facts=("client", "helo"),
    texts=Texts(
        title=Text(
            en="`{client}` greets with `{helo}`, which is no full host name",
            ja="`{client}` のHELO/EHLOの名前 `{helo}` が、完全修飾ドメイン名(FQDN)ではありません",
        ),
        why=Text(
            en="RFC 5321 section 4.1.1.1 wants the server's full domain name, or its address in brackets. Malware and misconfigured servers are recognised by such greetings, and many receivers refuse them (504 5.5.2, 501).",
            ja="RFC 5321 4.1.1.1節では、サーバーの完全修飾ドメイン名か、角括弧で囲んだIPアドレスを名乗る必要があります。不正な名前はマルウェアや設定不備の特徴とみなされ、多くの受信側で拒否されます(504 5.5.2、501)。",
        ),
        fix=Text(
            en="Set the name that the server greets with to its full host name, best the one its PTR record holds: in Postfix `myhostname` or `smtp_helo_name`, in Exchange the FQDN of the send connector, in Exim `primary_hostname`.",
            ja="送信サーバーが名乗る名前を、PTRレコードに登録したホスト名(FQDN)に設定してください。Postfixは `myhostname` または `smtp_helo_name`、Exchangeは送信コネクタのFQDN、Eximは `primary_hostname` です。",
        ),
    ),
    references=(
        "https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.1",
        "https://www.rfc-editor.org/rfc/rfc5321#section-4.1.3",
    ),
    sample=Sample(bad="EHLO WIN-8F3K2", good="EHLO mx1.example.co.jp"),
)

LOCAL_HELO = Rule(
    id="HELO102",
    name="local-helo",
    severity=Severity.WARNING,
    tier=Tier.MAIL,
    since="0.2",
    in_system=True,
    facts=("client", "helo"),
    texts=Texts(
        title=Text(
            en="`{client}` greets with `{helo}`, a name for local use only",
            ja="`{client}` のHELO/EHLOの名前 `{helo}` は、ローカル専用の名前です",
        ),
        why=Text(
            en="Its form is valid, but nobody outside can look it up, and it says nothing about who is sending. Many receivers refuse such greetings or count them as a sign of spam.",
            ja="形式としては正しい名前ですが、外部からは名前解決できず、送信元を示していません。このような名前を拒否したり、迷惑メールの特徴とみなしたりする受信側が多くあります。",
        ),
        fix=Text(
            en="Set the name that the server greets with to its public host name, the one that its PTR record holds or is to hold: in Postfix `myhostname` or `smtp_helo_name`, in Exchange the FQDN of the send connector.",
            ja="送信サーバーが名乗る名前を、PTRレコードに登録した(または登録する)公開ホスト名に設定してください。Postfixは `myhostname` または `smtp_helo_name`、Exchangeは送信コネクタのFQDNです。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc5321#section-2.3.5", "https://www.rfc-editor.org/rfc/rfc6761"),
    sample=Sample(bad="EHLO localhost.localdomain", good="EHLO mx1.example.co.jp"),
)

HELO_DOES_NOT_RESOLVE = Rule(
    id="HELO401",
    name="helo-does-not-resolve",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    facts=("client", "helo"),
    texts=Texts(
        title=Text(
            en="The greeting name `{helo}` has no address",
            ja="HELO/EHLOの名前 `{helo}` にA/AAAAレコードがありません",
        ),
        why=Text(
            en="RFC 5321 section 2.3.5 wants the name of the greeting to resolve. Some receivers refuse the mail of a server whose name does not (Postfix `reject_unknown_helo_hostname`).",
            ja="RFC 5321 2.3.5節では、名乗る名前が名前解決できる必要があります。名前解決できないサーバーからのメールを拒否する受信側もあります(Postfixの `reject_unknown_helo_hostname`)。",
        ),
        fix=Text(
            en="Publish an A (or AAAA) record for `{helo}` that holds the sending address `{client}`, or let the server greet with the name that its PTR record holds.",
            ja="`{helo}` のA(またはAAAA)レコードに送信元IPアドレス `{client}` を登録するか、PTRレコードに登録した名前を名乗るようサーバーを設定してください。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc5321#section-2.3.5",),
    sample=Sample(bad="EHLO mail.example.co.jp  (NXDOMAIN)", good="EHLO mx1.example.co.jp  (A 192.0.2.25)"),
)

NAME_OF_ANOTHER_SERVER = Rule(
    id="HELO402",
    name="helo-of-another-server",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    facts=("client", "helo", "addresses"),
    texts=Texts(
        title=Text(
            en="`{client}` greets with your name `{helo}`, which has other addresses",
            ja="`{client}` がHELO/EHLOで名乗った自社の名前 `{helo}` は、別のIPアドレスを指しています",
        ),
        why=Text(
            en="The name leads to {addresses:code}. That is so for a server of yours that sends from another address (NAT), and for anybody who borrows its name: receivers must not refuse mail for it alone (RFC 5321 section 4.1.4), but may count it.",
            ja="この名前を正引きすると {addresses:code} になります。NATなどで送信用のアドレスが異なる自社サーバーでも、名前をかたる他人のサーバーでも、このようになります。これだけでの拒否は禁じられていますが(RFC 5321 4.1.4節)、判定の材料にはなります。",
        ),
        fix=Text(
            en="If `{client}` is yours, let it greet with a name whose A (or AAAA) record holds that address, best the one its PTR record holds. If it belongs to a service, ask the service to greet with a name of its own. If you do not know it, the mail may be forged: change nothing.",
            ja="`{client}` が自社のサーバーであれば、そのアドレスがA(またはAAAA)レコードにある名前(PTRレコードの名前が最適です)を名乗るように設定してください。外部サービスのサーバーであれば、サービス自身の名前を名乗るよう提供元に依頼します。心当たりがなければ、なりすましの可能性があるため、何も変更しないでください。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc5321#section-4.1.4",),
    sample=Sample(
        bad="EHLO mx1.example.co.jp  (A 192.0.2.25, sent from 198.51.100.7)",
        good="EHLO mx2.example.co.jp  (A 198.51.100.7, sent from there)",
    ),
)

_MAX_SHOWN = 80
_MAX_ADDRESSES = 4


def judge_name(helo: HeloEvidence) -> Iterator[Finding]:
    if helo.helo is None:
        raise CannotTell(Why.NOT_PROVIDED)
    if helo.kind not in ("name", "literal"):
        yield INVALID_HELO.found(_subject(helo), **_facts(helo))
    elif _is_local(helo):
        yield LOCAL_HELO.found(_subject(helo), **_facts(helo))


def judge_address(helo: HeloEvidence) -> Iterator[Finding]:
    if helo.helo is None:
        raise CannotTell(Why.NOT_PROVIDED)
    if helo.kind != "name" or _is_local(helo):
        raise NotApplicable(Why.NO_RECORD)
    if helo.resolves is None:
        raise CannotTell(helo.unknown or Why.DEPENDS)
    if not helo.resolves:
        yield HELO_DOES_NOT_RESOLVE.found(_subject(helo), **_facts(helo))


def judge_owner(helo: HeloEvidence, message: MessageEvidence) -> Iterator[Finding]:
    if helo.helo is None or helo.client_ip is None:
        raise CannotTell(Why.NOT_PROVIDED)
    # A stranger's name is a stranger's business: big services greet from pools that their names do not all list.
    if helo.kind != "name" or _is_local(helo) or not _is_of(helo, message.from_domain):
        raise NotApplicable(Why.NO_RECORD)
    if helo.resolves is None or helo.holds_client is None:
        raise CannotTell(helo.unknown or Why.DEPENDS)
    if helo.resolves and not helo.holds_client:
        addresses = helo.addresses[:_MAX_ADDRESSES]
        yield NAME_OF_ANOTHER_SERVER.found(_subject(helo), **_facts(helo), addresses=addresses)


def _is_of(helo: HeloEvidence, domain: str | None) -> bool:
    own = registrable(domain or "")
    return bool(own) and registrable(helo.helo or "") == own


def _is_local(helo: HeloEvidence) -> bool:
    return helo.kind == "name" and is_local(helo.helo or "")


def _subject(helo: HeloEvidence) -> str:
    return helo.client_ip or (helo.helo or "-")[:_MAX_SHOWN]


def _facts(helo: HeloEvidence) -> dict[str, Any]:
    return {"client": helo.client_ip or "-", "helo": (helo.helo or "-")[:_MAX_SHOWN]}


CHECKS = (
    Check(
        id="helo.name",
        title=Text(en="Greeting name (HELO)", ja="HELO/EHLOの名前"),
        needs=(HeloEvidence,),
        rules=(INVALID_HELO, LOCAL_HELO),
        judge=judge_name,
        of_mail=True,
    ),
    Check(
        id="helo.address",
        title=Text(en="Address of the greeting name", ja="HELO/EHLOの名前の正引き"),
        needs=(HeloEvidence,),
        rules=(HELO_DOES_NOT_RESOLVE,),
        judge=judge_address,
        of_mail=True,
    ),
    Check(
        id="helo.owner",
        title=Text(en="Whose greeting name it is", ja="HELO/EHLOの名前とサーバーの一致"),
        needs=(HeloEvidence, MessageEvidence),
        rules=(NAME_OF_ANOTHER_SERVER,),
        judge=judge_owner,
        of_mail=True,
    ),
)
