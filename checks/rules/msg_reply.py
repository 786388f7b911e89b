"""Is a mail that calls itself a reply one?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier

FAKE_REPLY = Rule(
    id="MSG203",
    name="fake-reply",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    in_system=True,
    texts=Texts(
        title=Text(
            en="The Subject begins with `Re:` or `Fwd:`, but the mail answers nothing",
            ja="Subjectが `Re:` や `Fwd:` で始まっていますが、返信や転送であることを示すヘッダーがありません",
        ),
        why=Text(
            en="Neither `In-Reply-To:` nor `References:` is there. Google's guidelines allow such a Subject only for real replies and forwards; filters take it for deception.",
            ja="`In-Reply-To:` も `References:` もありません。Googleのガイドラインで認められているのは実際の返信や転送だけで、それ以外は偽装とみなされて迷惑メールと判定されやすくなります。",
        ),
        fix=Text(
            en="For a real reply or forward, let the program that writes the mail set `In-Reply-To:` and `References:` to the Message-ID of the original mail. Otherwise take the prefix out of the Subject.",
            ja="実際の返信や転送であれば、メールを作成するプログラムで、`In-Reply-To:` と `References:` に元のメールのMessage-IDを設定してください。そうでなければ、Subjectから `Re:` や `Fwd:` を外します。",
        ),
    ),
    references=(
        "https://www.rfc-editor.org/rfc/rfc5322#section-3.6.5",
        "https://support.google.com/a/answer/81126",
    ),
    sample=Sample(bad="Subject: Re: News", good="Subject: Re: News / In-Reply-To: <1@example.co.jp>"),
)


def judge(message: MessageEvidence) -> Iterator[Finding]:
    if message.form.is_fake_reply:
        yield FAKE_REPLY.found("Subject")


CHECK = Check(
    id="msg.reply",
    title=Text(en="Message: replies and forwards", ja="メッセージ: 返信・転送の表示"),
    needs=(MessageEvidence,),
    rules=(FAKE_REPLY,),
    judge=judge,
    of_mail=True,
)
