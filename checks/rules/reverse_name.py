"""Does the address that sends, or receives, mail have a reverse name?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.mx import MxEvidence
from checks.evidence.ptr import ClientReverseEvidence, MxReverseEvidence, ReverseName
from checks.model import Absent, Seen, Severity, Tier, Unreachable, Why

NO_REVERSE_NAME = Rule(
    id="PTR001",
    name="no-reverse-name",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("address", "host", "pointer"),
    alternatives=((Severity.NOTICE, Tier.NONE),),
    texts=Texts(
        title=Text(
            en="The sending address `{address}` has no reverse DNS (PTR)",
            ja="送信元IPアドレス `{address}` に逆引き(PTR)がありません",
        ),
        why=Text(
            en="Gmail, Yahoo and Microsoft refuse or defer mail from addresses without a PTR record (Gmail: 550 5.7.25), whatever SPF and DKIM say.",
            ja="PTRレコードのない送信元からのメールは、SPFやDKIMの結果にかかわらず、Gmail(550 5.7.25)、Yahoo、Microsoftなどで拒否または遅延されます。",
        ),
        fix=Text(
            en="Ask whoever assigned `{address}` (hosting company, internet provider) to publish a PTR record at `{pointer}` with the name that `{host}` uses in HELO. Its A/AAAA record must give the same address.",
            ja="`{address}` を割り当てた事業者(ホスティング、ISP)に、`{pointer}` のPTRレコードとしてHELOで使う名前(`{host}`)の登録を依頼してください。その名前のA/AAAAレコードも同じアドレスに向けます。",
        ),
    ),
    variants={
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
                ja="`{host}` から送信もしている場合は、`{address}` を割り当てた事業者に、`{pointer}` のPTRレコードの登録を依頼してください。",
            ),
        )
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
    references=("https://support.google.com/a/answer/81126", "https://www.rfc-editor.org/rfc/rfc8601#section-3"),
    sample=Sample(
        bad="192.0.2.25 → mail.example.co.jp → 192.0.2.99",
        good="192.0.2.25 → mail.example.co.jp → 192.0.2.25",
    ),
)

_MAX_NAMES = 5


def judge_client(client: ClientReverseEvidence) -> Iterator[Finding]:
    if client.reverse is None:
        raise CannotTell(Why.NOT_PROVIDED)
    reverse = client.reverse
    match reverse.names:
        case Absent():
            yield NO_REVERSE_NAME.found(reverse.address, **_facts(reverse))
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen(answer) if reverse.confirmed is None:
            if reverse.unconfirmed_why:
                raise CannotTell(reverse.unconfirmed_why)
            names = answer.values[:_MAX_NAMES]
            yield NOT_FORWARD_CONFIRMED.found(reverse.address, address=reverse.address, names=names)


def judge_mx(reversed_mx: MxReverseEvidence, mx: MxEvidence) -> Iterator[Finding]:
    if isinstance(mx.records, Unreachable):
        raise CannotTell(mx.records.why)
    if not mx.targets:
        raise NotApplicable(Why.NO_MX)
    for reverse in reversed_mx.reverse:
        if isinstance(reverse.names, Absent):
            yield NO_REVERSE_NAME.found(
                reverse.address, severity=Severity.NOTICE, tier=Tier.NONE, variant="mx", **_facts(reverse)
            )
    answers = [a for t in mx.targets for a in (t.ipv4, t.ipv6)] + [r.names for r in reversed_mx.reverse]
    for answer in answers:
        if isinstance(answer, Unreachable):
            raise CannotTell(answer.why)


def _facts(reverse: ReverseName) -> dict[str, Any]:
    return {"address": reverse.address, "host": reverse.host or reverse.address, "pointer": reverse.pointer}


CHECKS = (
    Check(
        id="ptr.mx",
        title=Text(en="Reverse DNS of the MX addresses", ja="MXのアドレスの逆引き"),
        needs=(MxReverseEvidence, MxEvidence),
        rules=(NO_REVERSE_NAME,),
        judge=judge_mx,
    ),
    Check(
        id="ptr.client",
        title=Text(en="Reverse DNS of the sending address", ja="送信元IPアドレスの逆引き"),
        needs=(ClientReverseEvidence,),
        rules=(NO_REVERSE_NAME, NOT_FORWARD_CONFIRMED),
        judge=judge_client,
        of_mail=True,
        required=True,
    ),
)
