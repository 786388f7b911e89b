"""Can readers unsubscribe with one click (RFC 8058)?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence
from checks.evidence.message_form import ListUnsubscribe
from checks.model import Severity, Tier, Why
from checks.rules._bulk import demand_bulk

_REFERENCES = (
    "https://www.rfc-editor.org/rfc/rfc8058#section-3.1",
    "https://support.google.com/a/answer/81126",
)

MAILTO_ONLY = Rule(
    id="LIST002",
    name="mailto-only",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    in_system=True,
    texts=Texts(
        title=Text(
            en="List-Unsubscribe has only a `mailto:` address", ja="List-Unsubscribeの宛先が `mailto:` だけです"
        ),
        why=Text(
            en="Of this header that is enough for Yahoo, not for Google: for marketing mail of bulk senders it demands one-click unsubscribe over HTTPS (RFC 8058).",
            ja="米国Yahooではこのヘッダーで足りますが、Googleでは足りません。Googleは、大量送信者のマーケティングメールにHTTPSによるワンクリック登録解除(RFC 8058)を求めています。",
        ),
        fix=Text(
            en="Put an HTTPS address that unsubscribes by POST without a login first into the same header: `List-Unsubscribe: <https://...>, <mailto:...>`. Add `List-Unsubscribe-Post: List-Unsubscribe=One-Click`, and have both headers signed by DKIM.",
            ja="ログインなしにPOSTだけで解除できるHTTPSのURLを、同じヘッダーの先頭に加えます(`List-Unsubscribe: <https://...>, <mailto:...>`)。さらに `List-Unsubscribe-Post: List-Unsubscribe=One-Click` を付け、この2つのヘッダーをDKIM署名の対象にしてください。",
        ),
    ),
    references=_REFERENCES,
    sample=Sample(
        bad="List-Unsubscribe: <mailto:u@example.co.jp>",
        good="List-Unsubscribe: <https://example.co.jp/u/1>, <mailto:u@example.co.jp>",
    ),
)

_WHY = Text(
    en="Mail programs then show no unsubscribe button that works with one click. Google demands it of marketing mail by RFC 8058, and gives no help with delivery without it.",
    ja="このままでは、受信者の画面にワンクリックの登録解除ボタンが表示されません。Googleは、大量送信者のマーケティングメールにRFC 8058への対応を求めており、満たさないと、配信に問題が起きたときの救済措置(mitigation)の対象になりません。",
)


def _texts(title: Text, fix: Text) -> Texts:
    return Texts(title=title, why=_WHY, fix=fix)


ONE_CLICK_INVALID = Rule(
    id="LIST101",
    name="one-click-invalid",
    severity=Severity.ERROR,
    tier=Tier.NONE,
    since="0.2",
    in_system=True,
    facts=("count",),
    texts=_texts(
        Text(
            en="List-Unsubscribe-Post is not `List-Unsubscribe=One-Click`",
            ja="List-Unsubscribe-Postの値が `List-Unsubscribe=One-Click` ではありません",
        ),
        Text(
            en="Let the program that writes the mail add exactly one header `List-Unsubscribe-Post: List-Unsubscribe=One-Click`, with nothing else in it.",
            ja="メールを作成するプログラムで、`List-Unsubscribe-Post: List-Unsubscribe=One-Click` を1つだけ付け、他の値を入れないでください。",
        ),
    ),
    variants={
        "no_post": _texts(
            Text(
                en="List-Unsubscribe has an HTTPS address, but List-Unsubscribe-Post is missing",
                ja="List-UnsubscribeにHTTPSのURLがありますが、List-Unsubscribe-Postがありません",
            ),
            Text(
                en="Add `List-Unsubscribe-Post: List-Unsubscribe=One-Click` once the HTTPS address unsubscribes by a POST alone, without login or page to confirm, and does nothing on GET.",
                ja="HTTPSのURLが、ログインや確認画面なしにPOSTだけで解除し、GETでは解除しないことを確認した上で、`List-Unsubscribe-Post: List-Unsubscribe=One-Click` を付けてください。",
            ),
        ),
        "post_alone": _texts(
            Text(
                en="List-Unsubscribe-Post is there without List-Unsubscribe",
                ja="List-Unsubscribe-Postがありますが、List-Unsubscribeがありません",
            ),
            Text(
                en="Add `List-Unsubscribe: <https://example.co.jp/u/ID>` with an address that belongs to this recipient.",
                ja="受信者ごとのURLを指定した `List-Unsubscribe: <https://example.co.jp/u/ID>` を付けてください。",
            ),
        ),
        "several_fields": _texts(
            Text(en="The mail has {count} List-Unsubscribe headers", ja="List-Unsubscribeヘッダーが{count}個あります"),
            Text(
                en="Put all addresses into one header, separated by commas: `List-Unsubscribe: <https://...>, <mailto:...>`. The service and the program often add one each.",
                ja="`List-Unsubscribe: <https://...>, <mailto:...>` のように、1つのヘッダーにまとめ、カンマで区切ってください。配信サービスとプログラムが重ねて付けていることがよくあります。",
            ),
        ),
        "unreadable": _texts(
            Text(en="List-Unsubscribe is malformed", ja="List-Unsubscribeの書式が正しくありません"),
            Text(
                en="Every address stands in angle brackets, separated by commas, and is not encoded: `List-Unsubscribe: <https://example.co.jp/u/ID>, <mailto:u@example.co.jp>`.",
                ja="`List-Unsubscribe: <https://example.co.jp/u/ID>, <mailto:u@example.co.jp>` のように、URLを1つずつ山括弧で囲み、カンマで区切ってください。エンコードはしないでください。",
            ),
        ),
        "no_https": _texts(
            Text(en="List-Unsubscribe has no HTTPS address", ja="List-UnsubscribeにHTTPSのURLがありません"),
            Text(
                en="Add one `https://` address that unsubscribes by POST; `http://` is not allowed (RFC 8058 section 3.1). Serve it with a valid certificate and without redirects.",
                ja="POSTで解除できる `https://` のURLを1つ指定してください。`http://` は認められません(RFC 8058 3.1節)。有効な証明書を使い、リダイレクトはしないでください。",
            ),
        ),
        "several_https": _texts(
            Text(
                en="List-Unsubscribe has {count} HTTPS addresses instead of one",
                ja="List-UnsubscribeにHTTPSのURLが{count}個あります(1つだけにします)",
            ),
            Text(
                en="Leave the one `https://` address that unsubscribes by POST. A page with settings belongs into the body of the mail.",
                ja="POSTで解除できる `https://` のURLを1つだけ残してください。設定画面へのリンクは本文に置きます。",
            ),
        ),
        "http_beside": _texts(
            Text(
                en="List-Unsubscribe has an `http://` address beside the HTTPS one",
                ja="List-Unsubscribeに `http://` のURLが併記されています",
            ),
            Text(
                en="Take out the `http://` address: beside the one `https://` address only others such as `mailto:` may stand (RFC 8058 section 3.1).",
                ja="`http://` のURLを外してください。`https://` の1つ以外に併記できるのは、`mailto:` などに限られます(RFC 8058 3.1節)。",
            ),
        ),
    },
    references=_REFERENCES,
    sample=Sample(
        bad="List-Unsubscribe: <https://example.co.jp/u/1> / List-Unsubscribe-Post: One-Click",
        good="List-Unsubscribe: <https://example.co.jp/u/1> / List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    ),
)


def judge(message: MessageEvidence) -> Iterator[Finding]:
    demand_bulk(message)
    header = message.form.list_unsubscribe
    if not (header.fields or header.post_fields):
        raise NotApplicable(Why.NO_UNSUBSCRIBE)
    if header.mailto and not (header.https or header.http or header.post_fields or header.unreadable):
        yield MAILTO_ONLY.found("List-Unsubscribe")
        return
    if problem := _problem(header):
        variant, count = problem
        yield ONE_CLICK_INVALID.found("List-Unsubscribe", variant=variant or None, count=count)


def _problem(header: ListUnsubscribe) -> tuple[str, int] | None:
    """The first thing that RFC 8058 section 3.1 does not allow: the wording, "" for the usual one, and a number."""
    problems = (
        ("post_alone", not header.fields, 0),
        ("several_fields", header.fields > 1, header.fields),
        ("unreadable", header.unreadable, 0),
        ("no_https", header.https == 0, 0),
        ("several_https", header.https > 1, header.https),
        ("http_beside", header.http > 0, header.http),
        ("no_post", header.post_fields == 0, 0),
        ("", not header.is_one_click, header.post_fields),
    )
    return next(((variant, count) for variant, is_there, count in problems if is_there), None)


CHECK = Check(
    id="list.one_click",
    title=Text(en="Unsubscribing: one click", ja="登録解除: ワンクリック(RFC 8058)"),
    needs=(MessageEvidence,),
    rules=(MAILTO_ONLY, ONE_CLICK_INVALID),
    judge=judge,
    of_mail=True,
)
