"""Is the MIME structure of the mail sound?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier, Why

_WHY = Text(
    en="Receivers show such a mail in pieces, with broken characters, without its attachments, or not at all; Gmail refuses malformed mail (554 5.6.0).",
    ja="本文や添付ファイルが表示されない、文字化けするなどの原因になります。書式の誤ったメールは、Gmailで拒否されることがあります(554 5.6.0)。",
)


def _texts(title: Text, fix: Text) -> Texts:
    return Texts(title=title, why=_WHY, fix=fix)


MIME_INVALID = Rule(
    id="MSG109",
    name="mime-invalid",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    in_system=True,
    facts=("part", "value"),
    texts=_texts(
        Text(
            en="The Content-Type is malformed: `{value}` (part `{part}`)",
            ja="Content-Typeの書式が正しくありません: `{value}`(パート `{part}`)",
        ),
        Text(
            en="Write `type/subtype; name=value`, for example `text/plain; charset=utf-8`, with values that hold blanks or brackets in quotes (RFC 2045 section 5.1). Part `0` is the mail itself.",
            ja="`text/plain; charset=utf-8` のように、`タイプ/サブタイプ; 名前=値` の形式で書いてください。空白や括弧を含む値は引用符で囲みます(RFC 2045 5.1節)。パート `0` は、メール全体を指します。",
        ),
    ),
    variants={
        "no_version": _texts(
            Text(
                en="The mail uses MIME without `MIME-Version: 1.0`",
                ja="`MIME-Version: 1.0` のないままMIMEが使われています",
            ),
            Text(
                en="Let the program that writes the mail add `MIME-Version: 1.0`, which RFC 2045 section 4 demands wherever Content-Type or Content-Transfer-Encoding is used.",
                ja="メールを作成するプログラムで `MIME-Version: 1.0` を付けてください。Content-TypeやContent-Transfer-Encodingを使う場合は必須です(RFC 2045 4節)。",
            ),
        ),
        "bad_version": _texts(
            Text(en="The MIME version is not 1.0: `{value}`", ja="MIME-Versionが1.0ではありません: `{value}`"),
            Text(
                en="Let the program that writes the mail say `MIME-Version: 1.0`; there is no other version (RFC 2045 section 4).",
                ja="メールを作成するプログラムで `MIME-Version: 1.0` としてください。他のバージョンはありません(RFC 2045 4節)。",
            ),
        ),
        "duplicate_field": _texts(
            Text(
                en="`{value}` is there more than once (part `{part}`)", ja="`{value}` が重複しています(パート `{part}`)"
            ),
            Text(
                en="Let the program that writes the mail set `{value}` once for each part. Often the library sets it and the code that calls it appends a second. Part `0` is the mail itself.",
                ja="メールを作成するプログラムで、`{value}` をパートごとに1つだけにしてください。ライブラリーと呼び出し側の両方が付けていることがよくあります。パート `0` は、メール全体を指します。",
            ),
        ),
        "no_boundary": _texts(
            Text(
                en="`{value}` has no boundary (part `{part}`)",
                ja="`{value}` に境界文字列(boundary)がありません(パート `{part}`)",
            ),
            Text(
                en='Let a mail library build the parts: `Content-Type: {value}; boundary="..."` needs a text that stands in no part (RFC 2046 section 5.1.1). Part `0` is the mail itself.',
                ja='パートの組み立てをメールライブラリーに任せてください。`Content-Type: {value}; boundary="..."` には、どのパートにも現れない文字列が必要です(RFC 2046 5.1.1節)。パート `0` は、メール全体を指します。',
            ),
        ),
        "bad_boundary": _texts(
            Text(
                en="The boundary of `{value}` is not allowed (part `{part}`)",
                ja="`{value}` の境界文字列(boundary)が使えない値です(パート `{part}`)",
            ),
            Text(
                en="Use a boundary of at most 70 letters, digits and `'()+_,-./:=?`, with no blank at its end (RFC 2046 section 5.1.1), or leave it to a mail library. Part `0` is the mail itself.",
                ja="境界文字列は、英数字と `'()+_,-./:=?` を70文字以内で使い、末尾を空白にしないでください(RFC 2046 5.1.1節)。メールライブラリーに任せると確実です。パート `0` は、メール全体を指します。",
            ),
        ),
        "no_parts": _texts(
            Text(en="`{value}` has no parts (part `{part}`)", ja="`{value}` の中にパートがありません(パート `{part}`)"),
            Text(
                en="Every part begins after a line of `--` and the boundary, exactly as Content-Type names it. Compare the two in the program that writes the mail, or in the gateway that rewrites it. Part `0` is the mail itself.",
                ja="各パートは、Content-Typeで指定した境界文字列の前に `--` を付けた行から始まります。メールを作成するプログラムや、書き換えるゲートウェイで、両者が一致しているか確認してください。パート `0` は、メール全体を指します。",
            ),
        ),
        "not_closed": _texts(
            Text(en="`{value}` is not closed (part `{part}`)", ja="`{value}` の終わりがありません(パート `{part}`)"),
            Text(
                en="The last part must be followed by a line of `--`, the boundary and `--` (RFC 2046 section 5.1.1). Check the program that writes the mail, and whether the mail was cut on its way. Part `0` is the mail itself.",
                ja="最後のパートの後に、境界文字列の前後へ `--` を付けた行が必要です(RFC 2046 5.1.1節)。メールを作成するプログラムと、途中で切り詰められていないかを確認してください。パート `0` は、メール全体を指します。",
            ),
        ),
        "bad_encoding": _texts(
            Text(
                en="`{value}` is no Content-Transfer-Encoding (part `{part}`)",
                ja="Content-Transfer-Encodingの値 `{value}` は存在しません(パート `{part}`)",
            ),
            Text(
                en="Use `7bit`, `8bit`, `quoted-printable` or `base64` (RFC 2045 section 6.1). The charset belongs into `Content-Type`: `text/plain; charset=utf-8`. Part `0` is the mail itself.",
                ja="`7bit`、`8bit`、`quoted-printable`、`base64` のいずれかにしてください(RFC 2045 6.1節)。文字コードは `Content-Type: text/plain; charset=utf-8` のように指定します。パート `0` は、メール全体を指します。",
            ),
        ),
        "encoded_composite": _texts(
            Text(
                en="`{value}`: parts that hold parts must not be encoded (part `{part}`)",
                ja="`{value}`: 複数のパートを含むパートはエンコードできません(パート `{part}`)",
            ),
            Text(
                en="Encode the parts within, one by one, and give the outer one `7bit` or `8bit` (RFC 2045 section 6.4). Remove the default encoding that the program sets for the whole mail. Part `0` is the mail itself.",
                ja="内側のパートを1つずつエンコードし、外側は `7bit` または `8bit` にしてください(RFC 2045 6.4節)。メール全体に既定のエンコードを設定している場合は外します。パート `0` は、メール全体を指します。",
            ),
        ),
        "eight_bit": _texts(
            Text(
                en="Characters outside ASCII in a `{value}` part (part `{part}`)",
                ja="`{value}` のパートに8ビットの文字が含まれています(パート `{part}`)",
            ),
            Text(
                en="Let the program that writes the mail encode the text: `Content-Transfer-Encoding: quoted-printable` or `base64`, with `charset=utf-8`. ISO-2022-JP alone may go as `7bit`. Part `0` is the mail itself.",
                ja="メールを作成するプログラムで、`charset=utf-8` とし、`Content-Transfer-Encoding: quoted-printable` または `base64` でエンコードしてください。`7bit` のまま送れるのはISO-2022-JPなどに限られます。パート `0` は、メール全体を指します。",
            ),
        ),
        "nul": _texts(
            Text(
                en="NUL characters in a `{value}` part (part `{part}`)",
                ja="`{value}` のパートにNUL文字が含まれています(パート `{part}`)",
            ),
            Text(
                en="Send binary data as `Content-Transfer-Encoding: base64`, and text in a charset without NUL (UTF-8 instead of UTF-16). Part `0` is the mail itself.",
                ja="バイナリーデータは `Content-Transfer-Encoding: base64` で送信し、テキストにはNULを含まない文字コード(UTF-16ではなくUTF-8)を使ってください。パート `0` は、メール全体を指します。",
            ),
        ),
        "bad_base64": _texts(
            Text(en="The base64 text is damaged (part `{part}`)", ja="base64のデータが壊れています(パート `{part}`)"),
            Text(
                en="Look for a gateway that adds a footer or disclaimer to encoded text without decoding it first, or a program that puts encoded pieces one after the other. Encode the whole once. Part `0` is the mail itself.",
                ja="復号せずにフッターや免責文を追記するゲートウェイや、エンコード済みのデータをつなぎ合わせるプログラムがないか確認し、全体を1回でエンコードしてください。パート `0` は、メール全体を指します。",
            ),
        ),
        "bad_quoted_printable": _texts(
            Text(
                en="The quoted-printable text is damaged (part `{part}`)",
                ja="quoted-printableのデータが壊れています(パート `{part}`)",
            ),
            Text(
                en="Every `=` must be written `=3D`, and no character outside ASCII may be left as it is. Look for a gateway that adds a footer without decoding, or text that is declared but not encoded. Part `0` is the mail itself.",
                ja="`=` は `=3D` と書き、非ASCII文字を残さないでください。復号せずに追記するゲートウェイや、宣言だけでエンコードしていないプログラムがないか確認します。パート `0` は、メール全体を指します。",
            ),
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc2045#section-5",
        "https://www.rfc-editor.org/rfc/rfc2045#section-6",
        "https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1",
    ),
    sample=Sample(bad="Content-Type: multipart/mixed", good='Content-Type: multipart/mixed; boundary="b1"'),
)


def judge(message: MessageEvidence) -> Iterator[Finding]:
    for problem in message.form.mime:
        variant = None if problem.kind == "bad_type" else problem.kind
        yield MIME_INVALID.found(problem.kind, variant=variant, part=problem.part or "0", value=problem.value or "-")
    if not message.form.mime_is_whole:
        raise CannotTell(Why.NOT_COVERED)


CHECK = Check(
    id="msg.mime",
    title=Text(en="Message: MIME structure", ja="メッセージ: MIMEの構造"),
    needs=(MessageEvidence,),
    rules=(MIME_INVALID,),
    judge=judge,
    of_mail=True,
)
