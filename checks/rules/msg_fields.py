"""Is every line of the header a field of permitted characters?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier, Why

MALFORMED_HEADER = Rule(
    id="MSG105",
    name="malformed-header",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    in_system=True,
    facts=("fields", "count"),
    texts=Texts(
        title=Text(
            en="{count} lines of the header are no header fields",
            ja="ヘッダーに、フィールドの書式でない行が{count}行あります",
        ),
        why=Text(
            en="A field is `Name: value`, and its further lines begin with a blank. Gmail refuses malformed headers (550 5.7.1), and some receivers take everything from such a line on as the body.",
            ja="ヘッダーは `名前: 値` の形式で、継続行は空白で始まります。書式の誤ったヘッダーは、Gmailで拒否されることがあり(550 5.7.1)、その行から後を本文として扱う受信側もあります。",
        ),
        fix=Text(
            en="In the program that writes the mail, look for header values that contain line breaks (input of users, folded by hand) and for lines without a colon. Let a mail library write and fold the header.",
            ja="メールを作成するプログラムで、改行を含む値(利用者の入力や手作業の折り返し)をヘッダーに入れていないか、コロンのない行を出力していないか確認してください。ヘッダーの生成と折り返しは、メールライブラリーに任せます。",
        ),
    ),
    variants={
        "raw_utf8": Texts(
            title=Text(
                en="Unencoded characters outside ASCII in the header: {fields:code}",
                ja="エンコードされていない非ASCII文字がヘッダーにあります: {fields:code}",
            ),
            why=Text(
                en="UTF-8 in a header is allowed only if the client announced `SMTPUTF8` (RFC 6531), and it did not. Gmail refuses such mail (550 5.7.1), and others show broken characters.",
                ja="ヘッダーにUTF-8をそのまま書けるのは、送信時に `SMTPUTF8` を宣言した場合だけです(RFC 6531)。このメールでは宣言がなく、Gmailで拒否されたり(550 5.7.1)、文字化けしたりします。",
            ),
            fix=Text(
                en="Let the program that writes the mail encode these headers as RFC 2047 says (`=?utf-8?B?...?=`). Every mail library has a function for it.",
                ja="メールを作成するプログラムで、これらのヘッダーをRFC 2047の形式(`=?utf-8?B?...?=`)でエンコードしてください。メールライブラリーの関数を使うと確実です。",
            ),
        ),
        "raw_octets": Texts(
            title=Text(
                en="Raw 8-bit characters that are no UTF-8 in the header: {fields:code}",
                ja="UTF-8でない8ビット文字がヘッダーにそのまま書かれています: {fields:code}",
            ),
            why=Text(
                en="No standard permits Shift_JIS, EUC-JP or Latin-1 in a header as it is. Gmail refuses such mail (550 5.7.1), and others show broken characters.",
                ja="Shift_JISやEUC-JPなどを、ヘッダーにそのまま書くことは認められていません。Gmailで拒否されたり(550 5.7.1)、文字化けしたりします。",
            ),
            fix=Text(
                en="Let the program that writes the mail convert the text to UTF-8 or ISO-2022-JP and encode it as RFC 2047 says (`=?utf-8?B?...?=`). Every mail library has a function for it.",
                ja="メールを作成するプログラムで、文字列をUTF-8またはISO-2022-JPに変換し、RFC 2047の形式(`=?utf-8?B?...?=`)でエンコードしてください。メールライブラリーの関数を使うと確実です。",
            ),
        ),
        "encoded_word": Texts(
            title=Text(
                en="An encoded-word stands where none may be: {fields:code}",
                ja="エンコードできない位置がエンコードされています: {fields:code}",
            ),
            why=Text(
                en="RFC 2047 section 5 allows `=?...?=` in no address, no quoted string and no field of tokens. Receivers show it undecoded, or refuse the mail (Gmail: 550 5.7.1).",
                ja="RFC 2047 5節により、メールアドレス、引用符の中、Message-IDやContent-Typeなど書式の決まったヘッダーでは `=?...?=` を使えません。復号されずに表示されたり、拒否されたりします(Gmail: 550 5.7.1)。",
            ),
            fix=Text(
                en="In From and the like, encode only the display name, without quotes around it: `From: =?utf-8?B?...?= <info@example.co.jp>`. Do not encode Message-ID, List-Unsubscribe and other fields of tokens; write names of attachments as RFC 2231 says (`filename*=`). A mail library does both.",
                ja="メールを作成するプログラムで、Fromなどは表示名だけをエンコードし、引用符で囲まないでください(`From: =?utf-8?B?...?= <info@example.co.jp>`)。Message-IDやList-Unsubscribeなどはエンコードせず、添付ファイル名はRFC 2231の形式(`filename*=`)にします。",
            ),
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc5322#section-2.2",
        "https://www.rfc-editor.org/rfc/rfc2047#section-5",
        "https://www.rfc-editor.org/rfc/rfc6532#section-3",
    ),
    sample=Sample(
        bad='From: "=?utf-8?B?5L6L?=" <info@example.co.jp>', good="From: =?utf-8?B?5L6L?= <info@example.co.jp>"
    ),
)


def judge(message: MessageEvidence) -> Iterator[Finding]:
    form = message.form
    if form.not_fields:
        yield MALFORMED_HEADER.found("header", fields=(), count=form.not_fields)
    kinds = {
        "raw_octets": form.not_utf8_fields,
        "encoded_word": form.misplaced_words,
        "raw_utf8": form.utf8_fields if form.smtputf8 is False else (),
    }
    for variant, names in kinds.items():
        if names:
            yield MALFORMED_HEADER.found(variant, variant=variant, fields=names[:_LISTED], count=len(names))
    if form.utf8_fields and form.smtputf8 is None:
        raise CannotTell(Why.NOT_PROVIDED)


_LISTED = 3

CHECK = Check(
    id="msg.fields",
    title=Text(en="Message: form of the header", ja="メッセージ: ヘッダーの書式"),
    needs=(MessageEvidence,),
    rules=(MALFORMED_HEADER,),
    judge=judge,
    of_mail=True,
)
