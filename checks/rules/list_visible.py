"""Does the text of a bulk mail say how to unsubscribe?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier, Why
from checks.rules._bulk import demand_bulk

NO_VISIBLE_UNSUBSCRIBE = Rule(
    id="LIST202",
    name="no-visible-unsubscribe",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    in_system=True,
    texts=Texts(
        title=Text(en="The text of the mail shows no way to unsubscribe", ja="本文に登録解除の方法が見当たりません"),
        why=Text(
            en="Google, Yahoo and Apple ask for a link that is easy to see, beside the header; in Japan the law on advertising mail demands that the way to stop it is written there.",
            ja="Google、米国Yahoo、Appleは、ヘッダーに加えて、本文にもわかりやすい解除用のリンクを求めています。日本の特定電子メール法でも、広告宣伝メールには受信拒否の方法の表示が必要です。",
        ),
        fix=Text(
            en='Add a plain link to the template of the mail, in the text and the HTML part, for example "Unsubscribe". It may lead to a page of settings. (Found by words; a picture is not seen.)',
            ja="メールのテンプレートに、テキスト・HTMLの両方で「配信停止はこちら」などのリンクを入れてください。設定画面へのリンクでもかまいません(文言で判定しており、画像の中の文字は対象外です)。",
        ),
    ),
    references=(
        "https://support.google.com/a/answer/81126",
        "https://senders.yahooinc.com/best-practices/",
    ),
    sample=Sample(bad="(no such word)", good="配信停止はこちら https://example.co.jp/u/1"),
)


def judge(message: MessageEvidence) -> Iterator[Finding]:
    demand_bulk(message)
    if message.form.shows_unsubscribe is None:
        raise CannotTell(Why.NOT_COVERED)
    if not message.form.shows_unsubscribe:
        yield NO_VISIBLE_UNSUBSCRIBE.found("body")


CHECK = Check(
    id="list.visible",
    title=Text(en="Unsubscribing: in the text", ja="登録解除: 本文での案内"),
    needs=(MessageEvidence,),
    rules=(NO_VISIBLE_UNSUBSCRIBE,),
    judge=judge,
    of_mail=True,
)
