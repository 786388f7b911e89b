"""Did the mail that was received pass SPF?"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from checks.catalogue import CannotTell, Check, Finding, RecordChange, Rule, Sample, Text, Texts
from checks.data.pools import owner_of
from checks.evidence.message import MessageEvidence, SpfResultEvidence
from checks.evidence.ptr import ClientReverseEvidence
from checks.model import Severity, Tier, Unreachable, Why
from checks.parse.domain import is_within, registrable
from checks.parse.helo import is_public_name
from checks.parse.spf import parse_spf
from checks.parse.spf_rewrite import with_term

_NEEDED = Text(
    en="Google and Microsoft (550 5.7.515) demand an SPF pass of bulk senders, also where DKIM passes.",
    ja="DKIMに合格していても、GoogleとMicrosoft(550 5.7.515)は大量送信者にSPFの合格を求めています。",
)
_ADD = Text(
    en="Add `{client_ip}` to the present `v=spf1` record of `{domain}` and keep what is in it (never a second record). If a service sends from there, add the include that it names instead.",
    ja="`{domain}` の既存の `v=spf1` の値に `{client_ip}` を加えます(既存の記述は残し、2つ目のレコードは作りません)。外部サービスのものであれば、代わりに提供元が案内する `include` を加えてください。",
)
_ADD_IF_OWN = Text(
    en="Only if `{client_ip}` is a server of yours alone: add it to the present `v=spf1` record of `{domain}` and keep what is in it (never a second record). If others or a service send from there too, add the include that the service names. If you do not know it, change nothing: it may be a forwarder, or a forger.",
    ja="`{client_ip}` が自社専用のサーバーである場合に限り、`{domain}` の既存の `v=spf1` の値にこれを加えます(既存の記述は残し、2つ目のレコードは作りません)。共用の中継サーバーや外部サービスであれば、提供元が案内する `include` を加えます。心当たりがなければ、なりすましや転送の可能性があるため、変更しないでください。",
)
_INCLUDE = Text(
    en="`{client_ip}` seems to be another organization's. Unless you rent it for yourself alone, do not list it: others may send from there too, or the mail is forged. If you use that service, add the include that it names to the present `v=spf1` record of `{domain}` (never a second record), and let it sign with DKIM for your domain.",
    ja="`{client_ip}` は他の組織のサーバーと思われます。自社専用に借りている固定IPアドレスでない限り、登録しないでください(共用やなりすましの可能性があります)。利用中のサービスであれば、提供元が案内する `include` を `{domain}` の既存の `v=spf1` の値に加え(2つ目のレコードは作りません)、自社ドメインのDKIM署名も設定してください。",
)
_MAYBE_COPY = Text(
    en="The mail is signed for your domain, but `{client_ip}` seems to be another organization's: this may be a forwarded copy. Then change nothing, and send one directly. Else add to the present `v=spf1` record of `{domain}` (no second record) the include of the service, or the address, if it is rented for you alone.",
    ja="自社ドメインのDKIM署名には合格していますが、`{client_ip}` は他の組織のサーバーと思われ、転送されたメールの可能性があります。その場合は何も変更せず、テスト用アドレスへ直接送信してください。転送でなければ、`{domain}` の既存の `v=spf1` の値に、利用中のサービスの提供元が案内する `include` か、自社専用に借りている場合はこのアドレスを加えてください(2つ目のレコードは作りません)。",
)
_LISTING = {"": _ADD, "_if_own": _ADD_IF_OWN, "_include": _INCLUDE, "_maybe_copy": _MAYBE_COPY}
"""What to do about an address that the record does not list, by whose server it is: the domain's own beyond doubt,
nobody knows, another organization's, and another's that brought a mail which is truly of the domain."""


def _why(en: str, ja: str) -> Text:
    return Text(en=f"{en} {_NEEDED.en}", ja=f"{ja}{_NEEDED.ja}")


def _by_owner(variant: str, title: Text, why: Text) -> dict[str, Texts]:
    """The wordings of one result, which differ in what has to be done."""
    return {variant + whose: Texts(title=title, why=why, fix=fix) for whose, fix in _LISTING.items()}


SPF_NOT_PASS = Rule(
    id="SPF401",
    name="spf-not-pass",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("domain", "client_ip", "result", "scope", "mechanism", "record"),
    alternatives=((Severity.NOTICE, Tier.NONE),),
    texts=Texts(
        title=Text(
            en="SPF gives {result} for `{client_ip}`, which sent mail with the return path domain `{domain}`",
            ja="SPFの結果は {result} です(送信元 `{client_ip}`、Return-Pathのドメイン `{domain}`)",
        ),
        why=_NEEDED,
        fix=_ADD,
    ),
    variants={
        **_by_owner(
            "hard_fail",
            Text(
                en="SPF fail: `{client_ip}` sent as `{domain}`, whose record ends in `{mechanism}` and does not list it",
                ja="SPFが不合格(fail)です: `{domain}` のSPFレコード(`{mechanism}`)に送信元 `{client_ip}` が含まれていません",
            ),
            _why(
                "With `-all` receivers may refuse the mail at once, before they read its DKIM signature (RFC 9989 section 7.1; Gmail: 550 5.7.26).",
                "`-all` の場合、受信側はDKIM署名を見る前にメールを拒否することがあります(RFC 9989 7.1、Gmailでは550 5.7.26)。",
            ),
        ),
        "fail": Texts(
            title=Text(
                en="SPF fail: the record of `{domain}` rules out `{client_ip}` by `{mechanism}`",
                ja="SPFが不合格(fail)です: `{domain}` のレコードの `{mechanism}` が送信元 `{client_ip}` を除外しています",
            ),
            why=_NEEDED,
            fix=Text(
                en="If `{client_ip}` is a server of yours, remove `{mechanism}` from the `v=spf1` record of `{domain}`, or list the address before it. If not, change nothing: the mail may be forged.",
                ja="`{client_ip}` が自社のサーバーであれば、`{domain}` の `v=spf1` のレコードから `{mechanism}` を削除するか、その前にアドレスを追加します。そうでない場合は、なりすましの可能性があるため、変更しないでください。",
            ),
        ),
        "matched": Texts(
            title=Text(
                en="SPF {result}: `{mechanism}` in the record of `{domain}` matches `{client_ip}`",
                ja="SPFの結果が{result}です: `{domain}` のレコードの `{mechanism}` が送信元 `{client_ip}` に一致しています",
            ),
            why=_why(
                "Receivers stop at the first term that matches, and this one lets nothing pass.",
                "受信側は最初に一致したメカニズムで評価を終えますが、これに一致しても合格にはなりません。",
            ),
            fix=Text(
                en="If `{client_ip}` may send for `{domain}`, list it in the TXT record before `{mechanism}`: after it, it would not be read. If not, find out who sent the mail.",
                ja="`{client_ip}` から送信してよい場合は、`{domain}` のTXTレコードの `{mechanism}` より前に追加します(後に追加しても評価されません)。そうでない場合は、レコードを変更せず、誰が送信したメールかを確認してください。",
            ),
        ),
        **_by_owner(
            "softfail",
            Text(
                en="SPF softfail: `{client_ip}` is not listed in the record of `{domain}`",
                ja="SPFの結果がsoftfailです: `{domain}` のSPFレコードに送信元 `{client_ip}` が含まれていません",
            ),
            _why(
                "The mail came with the return path domain `{domain}`; its record ends in `~all`, so it was only marked.",
                "Return-Pathのドメイン `{domain}` は `~all` を宣言しているため、この送信元は疑わしいものとして扱われます。",
            ),
        ),
        **_by_owner(
            "neutral",
            Text(
                en="SPF neutral: the record of `{domain}` says nothing about `{client_ip}`",
                ja="SPFの結果がneutralです: `{domain}` のレコードは送信元 `{client_ip}` について何も述べていません",
            ),
            _why(
                "No term of the record lists the address, and it ends without `all` or in `?all`: that is no pass.",
                "レコードのどのメカニズムにも一致せず、末尾に `all` がないか `?all` になっています。合格とは扱われません。",
            ),
        ),
        "none": Texts(
            title=Text(
                en="No SPF: the return path domain `{domain}` has no SPF record",
                ja="SPFの結果がnoneです: Return-Pathのドメイン `{domain}` にSPFレコードがありません",
            ),
            why=_why(
                "The mail came from `{client_ip}`, and nothing says whether that server may send for `{domain}`.",
                "送信元 `{client_ip}` が `{domain}` のメールを送信してよいかどうか、受信側は判断できません。",
            ),
            fix=Text(
                en="If you know `{client_ip}`: publish one TXT record at `{domain}` that begins with `v=spf1`, names every server that sends with this return path, and ends in `~all`; for a service the include that it names, for a server of yours alone its address. If you do not know it, do not list it.",
                ja="`{domain}` に、`v=spf1` で始まり `~all` で終わるTXTレコードを1つ登録し、このReturn-Pathで送信するすべてのサーバーを記載します。外部サービスは提供元が案内する `include`、自社専用のサーバーはそのアドレスです。`{client_ip}` に心当たりがなければ、記載しないでください。",
            ),
        ),
        "permerror": Texts(
            title=Text(
                en="SPF permerror: the record of the return path domain `{domain}` cannot be evaluated",
                ja="SPFの結果がpermerrorです: Return-Pathのドメイン `{domain}` のレコードを評価できません",
            ),
            why=_why(
                "A syntax error, a second record, a dead include, more than 10 lookups or the like make receivers give up.",
                "構文エラー、複数のレコード、SPFレコードのない参照先、10回を超える参照などにより、評価が打ち切られています。",
            ),
            fix=Text(
                en="Check `{domain}`: its SPF findings name the fault and the record to change.",
                ja="`{domain}` を検査してください。SPFの検査結果に、原因と変更すべきレコードが示されます。",
            ),
        ),
        "permerror_own": Texts(
            title=Text(
                en="SPF permerror: the mail from `{client_ip}` met the fault in the record of `{domain}`",
                ja="SPFの結果がpermerrorです: `{domain}` のSPFレコードの誤りにより、`{client_ip}` からのメールが合格しません",
            ),
            why=_why(
                "This is the effect of the SPF error found in the DNS, not a second fault.",
                "DNSの検査で見つかったSPFのエラーによるもので、別の問題ではありません。",
            ),
            fix=Text(
                en="Repair the SPF error of `{domain}` that this thread or report shows, then send a mail again.",
                ja="`{domain}` のSPFのエラー(DNSの検査結果)を修正し、テストメールを送り直してください。",
            ),
        ),
        "only_ipv4": Texts(
            title=Text(
                en="SPF {result}: the mail came over IPv6 (`{client_ip}`), but `{domain}` lists only IPv4",
                ja="SPFの結果が{result}です: 送信元はIPv6 (`{client_ip}`) ですが、`{domain}` にはIPv4しか登録されていません",
            ),
            why=_why(
                "The server also sends over IPv6, where its IPv4 entry does not match; Gmail checks IPv6 mail more strictly.",
                "IPv6で送信されたメールにはIPv4の記載は一致しません。GmailはIPv6のメールをより厳しく検査します。",
            ),
            fix=Text(
                en="If it is a server of yours: put `ip6:{client_ip}` (or its IPv6 network) into the present `v=spf1` record of `{domain}` (never a second one), or let the server send over IPv4 only. For a service, add the include that it names.",
                ja="自社のサーバーであれば、`{domain}` の既存の `v=spf1` の値に `ip6:{client_ip}` (またはサーバーのIPv6ネットワーク)を加えるか(2つ目のレコードは作りません)、送信をIPv4だけにします。外部サービスであれば、提供元が案内する `include` を加えます。",
            ),
        ),
        "null_return_path": Texts(
            title=Text(
                en="SPF {result} for the HELO name `{domain}`: usual for mail with a null return path",
                ja="HELO名 `{domain}` のSPFは {result} です(Return-Pathが空のメールではよくある結果です)",
            ),
            why=Text(
                en="Bounces and automatic replies have no return path, so SPF looks at the HELO name. Few receivers weigh this result.",
                ja="エラーメールや自動応答にはReturn-Pathがないため、SPFはHELO名で評価されます。この結果を重視する受信側は多くありません。",
            ),
            fix=Text(
                en="Nothing has to be done. If `{domain}` is the name of your server alone (no mail address ends in it) and has no SPF record yet, the TXT record `v=spf1 a -all` there makes this pass too. If it has one, add the address of the server to that one; never publish a second.",
                ja="対応は必須ではありません。`{domain}` がメールアドレスに使っていない自社サーバーの名前で、SPFレコードもまだない場合は、TXTレコード `v=spf1 a -all` を公開すると、この評価も合格します。すでにある場合は2つ目を作らず、既存のレコードにサーバーのアドレスを加えてください。",
            ),
        ),
        "forwarded": Texts(
            title=Text(
                en="SPF {result} for `{client_ip}`: usual, since the mail was forwarded",
                ja="送信元 `{client_ip}` のSPFは {result} です(転送されたメールではよくある結果です)",
            ),
            why=Text(
                en="The address is that of the forwarder, which the record of `{domain}` cannot list. Only DKIM survives forwarding.",
                ja="送信元は転送サーバーであり、`{domain}` のレコードには登録されていません。転送後も有効なのはDKIMだけです。",
            ),
            fix=Text(
                en="Send a mail directly to the test address to see the result of your own server. Sign with DKIM, so that forwarded mail still authenticates.",
                ja="自社サーバーの結果を確認するには、テスト用アドレスへ直接送信してください。転送されても認証されるよう、DKIMで署名します。",
            ),
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc7208#section-2.6",
        "https://www.rfc-editor.org/rfc/rfc9989#section-7.1",
        "https://support.google.com/a/answer/81126",
    ),
    sample=Sample(
        bad="v=spf1 ip4:198.51.100.0/24 ~all (sent from 192.0.2.1)",
        good="v=spf1 ip4:198.51.100.0/24 ip4:192.0.2.1 ~all (sent from 192.0.2.1)",
    ),
)


def judge(spf: SpfResultEvidence, message: MessageEvidence, client: ClientReverseEvidence) -> Iterator[Finding]:
    match spf.result:
        case None:
            raise CannotTell(Why.NOT_PROVIDED)
        case "temperror":
            raise CannotTell(spf.why or Why.SERVFAIL)
        case "pass":
            return
    is_advice = spf.is_null_return_path or bool(message.forwarded)
    whose = _whose(spf, message, client)
    yield SPF_NOT_PASS.found(
        spf.domain,
        severity=Severity.NOTICE if is_advice else None,
        tier=Tier.NONE if is_advice else None,
        variant=_wording(spf, message, whose),
        records=() if is_advice else tuple(_change(spf, message, whose)),
        domain=spf.domain,
        client_ip=spf.client_ip or "",
        result=spf.result,
        scope=spf.scope,
        mechanism=spf.mechanism,
        record=spf.record or "",
    )


class _Server(StrEnum):
    """Whose the server is that sent."""

    OWN = "own"
    """Its reverse name is the domain's, and leads back."""
    SOMEBODYS = "somebody's"
    OPEN = "open"
    """A failed lookup keeps us from telling."""
    FOREIGN = "foreign"
    """Another organization's by its reverse name or greeting, or one from which a provider sends for many customers."""


def _whose(spf: SpfResultEvidence, message: MessageEvidence, client: ClientReverseEvidence) -> _Server:
    reverse = client.reverse
    if reverse is None:
        return _Server.SOMEBODYS
    known = {registrable(name) for name in (spf.domain, message.from_domain or "")} - {""}
    if reverse.confirmed is not None:
        if owner_of(reverse.confirmed) is not None:
            return _Server.FOREIGN
        return _Server.OWN if registrable(reverse.confirmed) in known else _Server.FOREIGN
    if reverse.unconfirmed_why or isinstance(reverse.names, Unreachable):
        return _Server.OPEN
    greeting = reverse.host
    return _Server.FOREIGN if is_public_name(greeting) and registrable(greeting) not in known else _Server.SOMEBODYS


def _wording(spf: SpfResultEvidence, message: MessageEvidence, whose: _Server) -> str | None:
    if spf.is_null_return_path:
        return "null_return_path"
    if message.forwarded:
        return "forwarded"
    if spf.result in ("softfail", "neutral") and _is_by_a_term(spf):
        return "matched"
    if spf.only_ipv4_listed and whose is not _Server.FOREIGN and spf.result in ("fail", "softfail", "neutral"):
        return "only_ipv4"
    if spf.result == "permerror" and spf.domain == message.from_domain:
        return "permerror_own"
    if not (spf.hard_fail or spf.result in ("softfail", "neutral")):
        return spf.result
    return f"{'hard_fail' if spf.hard_fail else spf.result}{_to_do(message, whose)}"


def _to_do(message: MessageEvidence, whose: _Server) -> str:
    """Which of `_LISTING`."""
    if whose is _Server.OWN:
        return ""
    if whose is not _Server.FOREIGN:
        return "_if_own"
    author = message.from_domain or ""
    is_ours = any(s.result == "pass" and _is_related(s.domain, author) for s in message.signatures)
    return "_maybe_copy" if is_ours else "_include"


def _change(spf: SpfResultEvidence, message: MessageEvidence, whose: _Server) -> Iterator[RecordChange]:
    """The record with the address that sent; only where the return path lies with the From domain, not with a service.

    At once only for a server that is the domain's own beyond doubt: whoever forges its mail would be let in as well.
    What lets another organization's server pass is the include that it names.
    """
    if not spf.client_ip or not _is_related(spf.domain, message.from_domain or ""):
        return
    term = f"ip6:{spf.client_ip}" if ":" in spf.client_ip else f"ip4:{spf.client_ip}"
    can_list, later = whose in (_Server.OWN, _Server.SOMEBODYS), whose is not _Server.OWN
    if spf.result == "permerror":
        # The record to change is that of the finding on the fault itself.
        return
    if spf.result == "none":
        # For the From domain itself SPF001 proposes a record, which knows its mail platform.
        if spf.domain != message.from_domain and can_list:
            yield RecordChange(spf.domain, "TXT", None, f"v=spf1 {term} ~all", later=later)
    elif spf.record is not None and (record := parse_spf(spf.record)).error is None:
        adds = can_list and (spf.result in ("softfail", "neutral") or spf.hard_fail)
        new = with_term(record, term, before=spf.mechanism if _is_by_a_term(spf) else "") if adds else None
        yield RecordChange(spf.domain, "TXT", spf.record, new, later=later and new is not None)


def _is_by_a_term(spf: SpfResultEvidence) -> bool:
    """Whether a term of the record matched that is not an `all`: after that no other is read."""
    return spf.mechanism.lstrip("+-~?").lower() not in ("", "all")


def _is_related(domain: str, other: str) -> bool:
    return is_within(domain, other) or is_within(other, domain)


CHECK = Check(
    id="spf.result",
    title=Text(en="SPF result of the mail", ja="受信メールのSPF判定"),
    needs=(SpfResultEvidence, MessageEvidence, ClientReverseEvidence),
    rules=(SPF_NOT_PASS,),
    judge=judge,
    of_mail=True,
    required=True,
)
