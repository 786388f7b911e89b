"""Does a bulk mail offer to unsubscribe in its header?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier
from checks.rules._bulk import demand_bulk

NO_LIST_UNSUBSCRIBE = Rule(
    id="LIST001",
    name="no-list-unsubscribe",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    in_system=True,
    facts=("signs",),
    texts=Texts(
        title=Text(
            en="The mail looks like bulk mail ({signs:code}) but has no List-Unsubscribe",
            ja="一斉配信のメールとみられますが({signs:code})、List-Unsubscribeがありません",
        ),
        why=Text(
            en='Google and Yahoo demand it of marketing mail. Without the button that mail programs make of it, readers press "spam", which harms the reputation of the domain.',
            ja="Googleと米国Yahooは、マーケティングメールにこのヘッダーを求めています。登録解除のボタンがないと、受信者は迷惑メールとして報告しやすく、ドメインの評価が下がります。",
        ),
        fix=Text(
            en="Switch on one-click unsubscribe in the sending service, or let the program add `List-Unsubscribe: <https://example.co.jp/u/ID>` and `List-Unsubscribe-Post: List-Unsubscribe=One-Click`. Not needed for receipts and the like.",
            ja="配信サービスのワンクリック登録解除を有効にするか、プログラムで `List-Unsubscribe: <https://example.co.jp/u/ID>` と `List-Unsubscribe-Post: List-Unsubscribe=One-Click` を付けてください。注文確認などには不要です。",
        ),
    ),
    references=(
        "https://www.rfc-editor.org/rfc/rfc2369#section-3.2",
        "https://support.google.com/a/answer/81126",
    ),
    sample=Sample(
        bad="Precedence: bulk",
        good="Precedence: bulk / List-Unsubscribe: <https://example.co.jp/u/1>",
    ),
)


def judge(message: MessageEvidence) -> Iterator[Finding]:
    demand_bulk(message)
    if not message.form.list_unsubscribe.fields:
        signs = message.form.bulk_signs or ("List-Unsubscribe-Post",)
        yield NO_LIST_UNSUBSCRIBE.found("List-Unsubscribe", signs=signs)


CHECK = Check(
    id="list.header",
    title=Text(en="Unsubscribing: List-Unsubscribe", ja="登録解除: List-Unsubscribeヘッダー"),
    needs=(MessageEvidence,),
    rules=(NO_LIST_UNSUBSCRIBE,),
    judge=judge,
    of_mail=True,
)
