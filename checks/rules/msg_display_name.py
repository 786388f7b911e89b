"""Does the display name of From only name the sender?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier, Why

MISLEADING_DISPLAY_NAME = Rule(
    id="MSG202",
    name="misleading-display-name",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    in_system=True,
    texts=Texts(
        title=Text(
            en="The display name of From shows another address",
            ja="Fromの表示名に、実際と異なるメールアドレスが含まれています",
        ),
        why=Text(
            en="Phishing does the same: readers see the address in the name and not the real one. Filters mark such mail, and Google's guidelines forbid it.",
            ja="表示名のアドレスを本物に見せかけるのは、フィッシングの手口と同じです。迷惑メールと判定されやすく、Googleのガイドラインでも禁止されています。",
        ),
        fix=Text(
            en="In the program that writes the mail, set the display name to the name of your company or service alone. An address for answers belongs into `Reply-To:`.",
            ja="メールを作成するプログラムで、表示名を会社名やサービス名だけにしてください。返信用のアドレスは `Reply-To:` に指定します。",
        ),
    ),
    variants={
        "emoji": Texts(
            title=Text(en="The display name of From contains an emoji", ja="Fromの表示名に絵文字が含まれています"),
            why=Text(
                en="Google's guidelines ask for a display name that only identifies the sender, without emoji; such mail is not considered when a sender asks Gmail for help.",
                ja="Googleのガイドラインでは、表示名は差出人を示すだけのものとし、絵文字を入れないよう求めています。違反すると、Gmailで配信に問題が起きたときの救済措置(mitigation)の対象になりません。",
            ),
            fix=Text(
                en="In the program or service that sends the mail, take the emoji out of the display name of From.",
                ja="メールを送信するプログラムやサービスの設定で、Fromの表示名から絵文字を外してください。",
            ),
        )
    },
    references=("https://support.google.com/a/answer/81126",),
    sample=Sample(
        bad='From: "support@bank.example" <x@example.co.jp>', good='From: "Example Support" <support@example.co.jp>'
    ),
)


def judge(message: MessageEvidence) -> Iterator[Finding]:
    if message.from_address is None:
        raise NotApplicable(Why.NO_FROM)
    if message.form.name_shows_address:
        yield MISLEADING_DISPLAY_NAME.found("From")
    if message.form.name_shows_emoji:
        yield MISLEADING_DISPLAY_NAME.found("From emoji", variant="emoji")


CHECK = Check(
    id="msg.display_name",
    title=Text(en="Message: display name", ja="メッセージ: 差出人の表示名"),
    needs=(MessageEvidence,),
    rules=(MISLEADING_DISPLAY_NAME,),
    judge=judge,
    of_mail=True,
)
