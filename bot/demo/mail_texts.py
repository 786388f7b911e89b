"""What the sample mails say, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from checks import Text


@dataclass(frozen=True, slots=True)
class Body:
    """The display name of the sender, the subject, and the text with `\\n` at the end of each line."""

    sender: Text
    subject: Text
    text: Text


NOTICE = Body(
    Text("Hanako Sato", "佐藤花子"),
    Text("Our offices are closed from 29 December", "年末年始休業のお知らせ"),
    Text(
        "Dear customers,\n\n"
        "Our offices are closed from 29 December to 4 January.\n"
        "Orders that reach us in this time are dealt with from 5 January on.\n\n"
        "Kind regards\nHanako Sato\n",
        "お客様各位\n\n"
        "平素より格別のお引き立てを賜り、厚く御礼申し上げます。\n"
        "誠に勝手ながら、12月29日から1月4日まで休業いたします。\n"
        "休業期間中にいただいたご注文は、1月5日以降に順次対応いたします。\n\n"
        "何卒よろしくお願い申し上げます。\n佐藤花子\n",
    ),
)

NEWSLETTER = Body(
    Text("Third Party Store", "サードパーティ商店"),
    Text("New in our shop this week", "今週の新着商品のご案内"),
    Text(
        "Hello,\n\n"
        "three new teas from Shizuoka are in our shop since Monday.\n\n"
        "You get this newsletter because you asked for it.\n"
        "Unsubscribe: https://newsletter.example/unsubscribe/7f31c2\n",
        "いつもご利用いただきありがとうございます。\n\n"
        "静岡産の新しいお茶が3種類、月曜日から店頭に並びました。\n\n"
        "このメールは、配信をご希望いただいたお客様にお送りしています。\n"
        "配信停止はこちら: https://newsletter.example/unsubscribe/7f31c2\n",
    ),
)

INVOICE = Body(
    Text("Billing", "経理部"),
    Text("Invoice 2026-1124", "ご請求書 2026-1124"),
    Text(
        "Dear customers,\n\n"
        "your invoice 2026-1124 of 24 November comes to 48,400 yen.\n"
        "Please pay by 31 December.\n\n"
        "Kind regards\nBilling\n",
        "お客様各位\n\n"
        "11月24日付のご請求書(2026-1124)をお送りします。ご請求金額は48,400円です。\n"
        "12月31日までにお支払いくださいますようお願いいたします。\n\n"
        "経理部\n",
    ),
)

BOUNCE = Body(
    Text("Mail Delivery System", "メール配送システム"),
    Text("Undelivered mail returned to sender", "メールを配送できませんでした"),
    Text(
        "Your mail to nobody@good.example could not be delivered:\n\n    550 5.1.1 No such mailbox\n",
        "nobody@good.example 宛てのメールを配送できませんでした。\n\n    550 5.1.1 No such mailbox\n",
    ),
)

FOOTER = Text(
    "\n-- \nThis mail was scanned for viruses by the mail gateway.\n",
    "\n-- \nこのメールはゲートウェイでウイルスチェック済みです。\n",
)
"""What a gateway adds."""
