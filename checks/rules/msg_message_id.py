"""Does the mail have one well-formed Message-ID?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier

_FIX = Text(
    en="Let the program that writes the mail write its `Message-ID:` in the form `<unique-text@{domain}>`, and only once: letters, digits and `.-_` on both sides of one `@`, in angle brackets, new for each mail. Mail libraries have a function for it.",
    ja="メールを作成するプログラムで、`Message-ID:` の値を `<一意な文字列@{domain}>` の形式に直してください(ヘッダーは1つだけ)。`@` の前後は英数字と `.-_` とし、全体を山括弧で囲み、メールごとに新しい値にします。メールライブラリーの関数を使うと確実です。",
)
_ADD = Text(
    en="Let the program that writes the mail, or its mail library, add `Message-ID: <unique-text@{domain}>`, new for each mail. On a Postfix of your own through which only outgoing mail passes, before it is signed, `always_add_missing_headers = yes` adds it.",
    ja="メールを作成するプログラムまたはメールライブラリーで、`Message-ID: <一意な文字列@{domain}>` を付けてください(メールごとに新しい値にします)。署名前の自社の送信メールだけが通るPostfixでは、`always_add_missing_headers = yes` で補うこともできます。",
)

MESSAGE_ID_INVALID = Rule(
    id="MSG102",
    name="message-id-invalid",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    in_system=True,
    facts=("value", "count", "domain"),
    texts=Texts(
        title=Text(en="The Message-ID is malformed: `{value}`", ja="Message-IDの書式が正しくありません: `{value}`"),
        why=Text(
            en="RFC 5322 allows only `<left@right>` with the characters of a dot-atom. Gmail refuses mail without a valid Message-ID (550 5.7.1), and replies cannot be threaded.",
            ja="RFC 5322の書式は `<左側@右側>` で、使える文字も決まっています。正しいMessage-IDのないメールは、Gmailで拒否されることがあり(550 5.7.1)、返信のスレッド表示もできません。",
        ),
        fix=_FIX,
    ),
    variants={
        "none": Texts(
            title=Text(en="The mail has no Message-ID", ja="Message-IDヘッダーがありません"),
            why=Text(
                en="Gmail refuses mail without a valid Message-ID (550 5.7.1). Servers on the way may add one, but after DKIM signing and not reliably.",
                ja="正しいMessage-IDのないメールは、Gmailで拒否されることがあります(550 5.7.1)。途中のサーバーが補う場合もありますが、DKIM署名の後になり、確実でもありません。",
            ),
            fix=_ADD,
        ),
        "several": Texts(
            title=Text(en="The mail has {count} Message-ID headers", ja="Message-IDヘッダーが{count}個あります"),
            why=Text(
                en="RFC 5322 allows one. Gmail refuses mail with duplicate headers (550 5.7.1), and which of them identifies the mail is left to chance.",
                ja="RFC 5322では1つだけと定められています。重複したヘッダーのあるメールは、Gmailで拒否されることがあり(550 5.7.1)、どの値で識別されるかも定まりません。",
            ),
            fix=Text(
                en="Keep one, of the form `<unique-text@{domain}>`, and remove the other: let the library or the code that calls it write `Message-ID:`, not both, and no gateway after them.",
                ja="`<一意な文字列@{domain}>` の形式のものを1つだけ残し、ほかは付けないようにしてください。ライブラリーとその呼び出し側の両方、または後段のゲートウェイが重ねて追加していないか確認します。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc5322#section-3.6.4",),
    sample=Sample(bad="Message-ID: 20261124.1234", good="Message-ID: <20261124.1234@example.co.jp>"),
)


def judge(message: MessageEvidence) -> Iterator[Finding]:
    form = message.form
    if form.message_id_problem:
        variant = None if form.message_id_problem == "malformed" else form.message_id_problem
        yield MESSAGE_ID_INVALID.found(
            "Message-ID",
            variant=variant,
            value=form.message_id,
            count=form.message_id_count,
            domain=message.from_domain or "example.co.jp",
        )


CHECK = Check(
    id="msg.message_id",
    title=Text(en="Message: Message-ID", ja="メッセージ: Message-ID"),
    needs=(MessageEvidence,),
    rules=(MESSAGE_ID_INVALID,),
    judge=judge,
    of_mail=True,
)
