"""Does the header keep within the limits of Gmail?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier

_WHY = Text(
    en="Gmail refuses mail whose header is beyond its limits (552 5.3.4); other receivers have similar ones.",
    ja="ヘッダーが上限を超えるメールは、Gmailで拒否されます(552 5.3.4)。他の受信側にも同様の上限があります。",
)


def _texts(title: Text, fix: Text) -> Texts:
    return Texts(title=title, why=_WHY, fix=fix)


HEADER_TOO_LARGE = Rule(
    id="MSG106",
    name="header-too-large",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    in_system=True,
    facts=("field", "size", "limit"),
    texts=_texts(
        Text(
            en="The header has {size} octets; Gmail takes {limit}",
            ja="ヘッダー全体が{size}オクテットあります(Gmailの上限は{limit})",
        ),
        Text(
            en="Let the program that writes the mail send one mail to each recipient instead of one with thousands in To, and take out headers of its own that hold data.",
            ja="メールを作成するプログラムで、多数の宛先をToに並べずに1通ずつ送信し、データを入れた独自のヘッダーを外してください。",
        ),
    ),
    variants={
        "fields": _texts(
            Text(
                en="The mail has {size} headers; Gmail takes {limit}",
                ja="ヘッダーが{size}個あります(Gmailの上限は{limit})",
            ),
            Text(
                en="Look for a loop in the program or the gateway that adds headers, and let it add each only once.",
                ja="ヘッダーを追加するプログラムやゲートウェイの処理がループしていないか確認し、1回だけ追加するようにしてください。",
            ),
        ),
        "value": _texts(
            Text(
                en="`{field}` has {size} octets; Gmail takes {limit}",
                ja="`{field}` が{size}オクテットあります(Gmailの上限は{limit})",
            ),
            Text(
                en="Shorten `{field}` in the program that writes it: data belongs into the body or on your own server, with a short key in the header.",
                ja="`{field}` を書くプログラムで、値を短くしてください。データは本文か自社のサーバーに置き、ヘッダーには短い識別子だけを入れます。",
            ),
        ),
        "message_id": _texts(
            Text(
                en="The Message-ID has {size} characters; Gmail takes {limit}",
                ja="Message-IDが{size}文字あります(Gmailの上限は{limit})",
            ),
            Text(
                en="Let the program that writes the mail use a short unique text, such as a UUID: `<uuid@example.co.jp>`.",
                ja="メールを作成するプログラムで、UUIDなどの短い一意な文字列(`<UUID@example.co.jp>`)を使ってください。",
            ),
        ),
        "subject": _texts(
            Text(
                en="The Subject has {size} characters; Gmail takes {limit}",
                ja="Subjectが{size}文字あります(Gmailの上限は{limit})",
            ),
            Text(
                en="Shorten the Subject in the program that writes the mail; readers see under 80 characters. Check that no text of the body gets into it.",
                ja="メールを作成するプログラムで、Subjectを短くしてください(表示されるのは数十文字です)。本文が混入していないかも確認します。",
            ),
        ),
        "name": _texts(
            Text(
                en="The name of a header has {size} characters; Gmail takes {limit}",
                ja="名前が{size}文字のヘッダーがあります(Gmailの上限は{limit})",
            ),
            Text(
                en="Look for header lines without a blank after the colon or with data in place of a name in the program that writes the mail.",
                ja="メールを作成するプログラムで、ヘッダー名の位置にデータを出力していないか確認してください。",
            ),
        ),
    },
    references=("https://support.google.com/a/answer/14016360",),
    sample=Sample(bad="Message-ID: <aaaa... (501 characters)@example.co.jp>", good="Message-ID: <1@example.co.jp>"),
)

_LIMITS = {"header": 500 * 1024, "fields": 5000, "value": 32 * 1024, "message_id": 500, "subject": 998, "name": 1024}
"""Octets, or characters. Gmail says KB; the larger reading of it is used."""


def judge(message: MessageEvidence) -> Iterator[Finding]:
    form = message.form
    sizes = {
        "header": form.header_octets,
        "fields": form.field_count,
        "message_id": form.message_id_octets,
        "subject": form.subject_characters,
        "name": form.longest_name,
    }
    for kind, size in sizes.items():
        if size > _LIMITS[kind]:
            variant = None if kind == "header" else kind
            yield HEADER_TOO_LARGE.found(kind, variant=variant, field="", size=size, limit=_LIMITS[kind])
    largest = dict(sorted(form.long_values, key=lambda value: value[1]))
    for name, size in largest.items():
        yield HEADER_TOO_LARGE.found(name, variant="value", field=name, size=size, limit=_LIMITS["value"])


CHECK = Check(
    id="msg.header_size",
    title=Text(en="Message: size of the header", ja="メッセージ: ヘッダーの大きさ"),
    needs=(MessageEvidence,),
    rules=(HEADER_TOO_LARGE,),
    judge=judge,
    of_mail=True,
)
