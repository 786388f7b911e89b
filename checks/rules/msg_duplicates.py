"""Is every field that may stand once there only once?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier

DUPLICATE_HEADER = Rule(
    id="MSG104",
    name="duplicate-header",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    in_system=True,
    facts=("field", "count"),
    texts=Texts(
        title=Text(en="The mail has {count} `{field}` headers", ja="`{field}` ヘッダーが{count}個あります"),
        why=Text(
            en="RFC 5322 section 3.6 allows it once. Gmail refuses mail with duplicate headers (550 5.7.1); others show any one of them, so that a signature may cover one and the reader see another.",
            ja="RFC 5322 3.6節では1つだけと定められています。重複したヘッダーのあるメールは、Gmailで拒否されることがあります(550 5.7.1)。署名されたものとは別のヘッダーが表示されるおそれもあります。",
        ),
        fix=Text(
            en="Keep one `{field}:` and remove the others, where the mail is written. Often the library and the code that calls it add one each (set the header instead of appending it), or a gateway adds a second.",
            ja="メールを作成する側で、`{field}:` を1つだけ残し、ほかは付けないようにしてください。ライブラリーと呼び出し側の両方が付けている(追加ではなく上書きにします)か、ゲートウェイが重ねて追加していることがよくあります。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc5322#section-3.6",),
    sample=Sample(bad="Subject: Invoice / Subject: Invoice (copy)", good="Subject: Invoice"),
)


def judge(message: MessageEvidence) -> Iterator[Finding]:
    for name, count in message.form.duplicates:
        written = name.title()
        yield DUPLICATE_HEADER.found(written, field=written, count=count)


CHECK = Check(
    id="msg.duplicates",
    title=Text(en="Message: headers allowed once", ja="メッセージ: ヘッダーの重複"),
    needs=(MessageEvidence,),
    rules=(DUPLICATE_HEADER,),
    judge=judge,
    of_mail=True,
)
