"""The bot's own sentences about checks and mails, in both languages."""

from collections.abc import Mapping

from checks import Severity, Status, Text

# Severities and states --------------------------------------------------------------------------------------------

SEVERITY: Mapping[Severity, Text] = {
    Severity.CRITICAL: Text(en="Critical", ja="重大"),
    Severity.ERROR: Text(en="Error", ja="エラー"),
    Severity.WARNING: Text(en="Warning", ja="警告"),
    Severity.NOTICE: Text(en="Notice", ja="参考"),
}
STATUS: Mapping[Status, Text] = {
    Status.MET: Text(en="✓ met", ja="✓ 適合"),
    Status.NOT_MET: Text(en="✗ not met", ja="✗ 不適合"),
    Status.NOT_KNOWN: Text(en="… not known yet", ja="… 未確定"),
    Status.NOT_TESTABLE: Text(en="? could not be tested", ja="? 確認できず"),
    Status.NOT_MEASURABLE: Text(en="– cannot be measured from one mail", ja="– メール1通では測定不可"),
    Status.NOT_APPLICABLE: Text(en="– does not apply", ja="– 対象外"),
}
NOT_TESTED_HERE = Text(en="– not tested here", ja="– 未検査")
BECAUSE = Text(en="{state} ({reason})", ja="{state}({reason})")
NEEDS_A_MAIL = Text(en="needs a test mail", ja="テストメール待ち")
FINE_SO_FAR = Text(en="DNS is fine; the rest needs a test mail", ja="DNSは問題なし。残りはテストメールで確認します")
NOTHING_WRONG = Text(en="nothing to change", ja="修正は不要です")

# The root message -------------------------------------------------------------------------------------------------

ITEM, STATE, FOUND = Text(en="Item", ja="項目"), Text(en="State", ja="状態"), Text(en="What we found", ja="検査結果")
PROVISIONAL = Text(en="{verdict} (provisional)", ja="{verdict}(暫定)")
VERDICT_OF = Text(en="{domain}: {verdict}", ja="{domain}:{verdict}")
PROVISIONAL_WHY = Text(
    en="So far from DNS alone. Send a mail to the test address in the thread and the verdict becomes final.",
    ja="現時点ではDNSだけから判定しています。スレッドのテスト用アドレスへメールを送ると、判定が確定します。",
)
PROVISIONAL_NO_MAILBOX = Text(
    en="From DNS alone. This bot has no mailbox for test mails, so the verdict stays provisional.",
    ja="DNSだけから判定しています。このボットにはテストメールの受信環境がないため、判定は暫定のままです。",
)
FINAL_BY_MAIL = Text(
    en="Final: from DNS and the mail that `{sender}` sent through `{ip}`.",
    ja="DNSと、`{sender}` から `{ip}` 経由で届いたメールをもとに確定しました。",
)
FINAL_NON_SENDING = Text(
    en="This domain is set up not to send mail, so no test mail is needed.",
    ja="メールを送信しない設定のドメインです。テストメールは不要です。",
)
NO_VERDICT = Text(en="The domain does not exist", ja="ドメインが存在しません")
UNDETERMINED_WHY = Text(
    en="Something that the verdict needs could not be looked up. That says nothing against the domain: check "
    "again later.",
    ja="判定に必要な情報を取得できませんでした。ドメインに問題があるという意味ではありません。"
    "時間をおいて再検査してください。",
)
COUNTS = Text(en="{counts}. Details are in the thread.", ja="{counts}。詳しくはスレッドをご覧ください。")
COUNT_OF: Mapping[Severity, tuple[Text, Text]] = {
    Severity.CRITICAL: (
        Text(
            en="1 critical problem",
            ja="重大1件",
        ),
        Text(en="{n} critical problems", ja="重大{n}件"),
    ),
    Severity.ERROR: (Text(en="1 error", ja="エラー1件"), Text(en="{n} errors", ja="エラー{n}件")),
    Severity.WARNING: (Text(en="1 warning", ja="警告1件"), Text(en="{n} warnings", ja="警告{n}件")),
    Severity.NOTICE: (Text(en="1 notice", ja="参考1件"), Text(en="{n} notices", ja="参考{n}件")),
}
NO_FINDINGS = Text(en="Nothing to change was found.", ja="修正が必要な点は見つかりませんでした。")
ALABEL = Text(en="In DNS: `{ascii}`", ja="DNS上の表記: `{ascii}`")
CHECKING = Text(en="Checking {domain} …", ja="{domain} を検査しています…")
CHECKING_LINE = Text(en="Asking DNS about this domain …", ja="DNSに問い合わせています…")
CHECKING_AGAIN = Text(en="Checking again …", ja="再検査しています…")
PROGRESS = Text(en="{bar}  {done} of {total} questions answered", ja="{bar}  {total}項目中{done}項目を確認しました")
CHECK_FAILED = Text(
    en="The check ended in an error on our side. It has been logged; please press “Check again”.",
    ja="ボット側のエラーで検査を完了できませんでした。記録しましたので、「再検査」を押してください。",
)
UNCHANGED = Text(en="Checked again: nothing changed.", ja="再検査しました。前回からの変化はありません。")

BUTTON_SEND_TEST = Text(en="Send a test mail", ja="テストメールを送る")
BUTTON_CHECK_AGAIN = Text(en="Check again", ja="再検査")
BUTTON_LANGUAGE = Text(en="日本語", ja="English")
BUTTON_CLOSE_ADDRESS = Text(en="Close address", ja="アドレスを閉じる")
BUTTON_NEW_ADDRESS = Text(en="New address", ja="新しいアドレス")
BUTTON_EXPLAIN = Text(en="Explain", ja="説明")
BUTTON_OURS = Text(en="This is ours", ja="自社のメールです")
BUTTON_CHECK_DOMAIN = Text(en="Check {domain}", ja="{domain} を検査")
BUTTON_DETAILS = Text(en="Details: {domain}", ja="詳細:{domain}")

# Several domains --------------------------------------------------------------------------------------------------

OVERVIEW = Text(en="{n} domains", ja="{n}ドメインの検査")
OVERVIEW_RUNNING = Text(en="Checked {done} of {n} …", ja="{n}件中{done}件を検査しました…")
OVERVIEW_DONE = Text(
    en="Provisional, from DNS alone. A button opens a thread with the findings and a test address for that domain.",
    ja="DNSだけによる暫定の判定です。ボタンを押すと、そのドメインの検査結果とテスト用アドレスのスレッドを開きます。",
)
DOMAIN, VERDICT = Text(en="Domain", ja="ドメイン"), Text(en="Verdict", ja="判定")
WORST = Text(en="Worst finding", ja="最も重い指摘")
ROW_RUNNING = Text(en="checking …", ja="検査中…")
ROW_FAILED = Text(en="error on our side", ja="ボット側のエラー")

# Findings ---------------------------------------------------------------------------------------------------------

FINDINGS = Text(en="Findings for {domain}", ja="{domain} の検査結果")
FINDINGS_COUNT = Text(en="{counts}, worst first.", ja="{counts}。重いものから順に示します。")
ALL_CLEAR = Text(
    en="Nothing to change: every question that DNS can answer is in order.",
    ja="修正が必要な点はありません。DNSで確認できる項目はすべて問題ありません。",
)
CLEAR_AS_FAR = Text(
    en="No problem was found in what could be looked up.",
    ja="確認できた範囲では、修正が必要な点は見つかりませんでした。",
)
NOT_LOOKED_UP = Text(
    en="Could not be looked up, so nothing is said about it: {items}.",
    ja="次の項目は取得できなかったため、判断していません: {items}。",
)
WHY = Text(en="Why it matters", ja="影響")
HOW = Text(en="How to fix it", ja="直し方")
WHERE = Text(en="Where", ja="設定場所")
RECORD_NOW = Text(en="Now: {type} at {name}", ja="現在の{type}レコード({name})")
RECORD_NEW = Text(en="Change it to: {type} at {name}", ja="変更後の{type}レコード({name})")
RECORD_ADD = Text(en="Add: {type} at {name}", ja="追加する{type}レコード({name})")
REFERENCE = Text(en="Reference", ja="参考資料")
MORE = Text(en="Also found", ja="そのほかの指摘")
MORE_LEFT_OUT = Text(en="{n} more of this kind are not shown.", ja="ほかに{n}件ありますが、省略しました。")
EMPTIED = Text(en="(This part is no longer needed.)", ja="(この部分は不要になりました。)")

SINCE = Text(en="Since the last check", ja="前回の検査からの変化")
SINCE_GONE = Text(en="✓ Solved: {title}", ja="✓ 解消: {title}")
SINCE_NEW = Text(en="✗ New: {title}", ja="✗ 新規: {title}")
SINCE_VERDICT = Text(en="Verdict: {old} → {new}", ja="判定: {old} → {new}")
SINCE_KNOWN = Text(en="Now answered: {item}", ja="確認できるようになりました: {item}")
SINCE_UNKNOWN = Text(en="No answer this time: {item}", ja="今回は確認できませんでした: {item}")

# Sender guidelines ------------------------------------------------------------------------------------------------

GUIDELINES = Text(en="Sender guidelines: Google (Gmail)", ja="送信者ガイドライン: Google(Gmail)")
GUIDELINES_MET = Text(
    en="{met} met, {not_met} not met, {open} open.",
    ja="適合{met}件、不適合{not_met}件、未確定{open}件。",
)
GUIDELINES_WHO = Text(
    en="“Bulk” is 5,000 mails or more a day to personal Gmail accounts; “marketing” is advertising and newsletters.",
    ja="「大量」は個人のGmail宛てに1日5,000通以上の送信、「宣伝」は広告やメールマガジンを指します。",
)
REQUIREMENT, APPLIES = Text(en="Requirement", ja="要件"), Text(en="Applies to", ja="対象")
APPLIES_TO: Mapping[str, Text] = {
    "all": Text(en="all", ja="全員"),
    "bulk": Text(en="bulk", ja="大量"),
    "marketing": Text(en="marketing", ja="宣伝"),
}
