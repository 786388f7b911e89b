"""The bot's own sentences about checks, in both languages."""

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
    Status.NOT_MEASURABLE: Text(en="– cannot be measured from one mail", ja="– メール1通では判定不可"),
    Status.NOT_APPLICABLE: Text(en="– does not apply", ja="– 対象外"),
}
NOT_TESTED_HERE = Text(en="– not tested here", ja="– 未検査")
BECAUSE = Text(en="{state}: {reason}", ja="{state}: {reason}")
NEEDS_AN_ANSWER = Text(en="waits for your answer", ja="自社のメールか確認待ち")
NEEDS_A_MAIL = Text(en="needs a test mail", ja="テストメール待ち")
APPLIES_TO: Mapping[str, Text] = {
    "all": Text(en="all senders", ja="全送信者"),
    "bulk": Text(en="bulk", ja="大量送信者"),
    "marketing": Text(en="marketing", ja="マーケティング"),
    "recommended": Text(en="recommended", ja="推奨"),
}

# What was found about an item -------------------------------------------------------------------------------------

NOTHING_WRONG = Text(en="nothing to change", ja="修正は不要です")
FINE_SO_FAR = Text(en="in order in DNS; the result needs a mail", ja="DNSは問題なし(合否はテストメールで判定)")
SPF_SO_FAR = Text(en="record in order; the result needs a mail", ja="レコードは問題なし(合否はテストメールで判定)")
DMARC_SO_FAR = Text(en="p={policy} published; the result needs a mail", ja="p={policy}(合否はテストメールで判定)")
DNSBL_SO_FAR = Text(
    en="domain not listed; the IP needs a mail",
    ja="ドメインは未掲載(IPアドレスはテストメールで判定)",
)
DKIM_SO_FAR = Text(
    en="keys found: {keys}; a mail shows which is used", ja="公開鍵: {keys}(使用中かはテストメールで判定)"
)
FACT_AND_ANSWER = Text(en="{fact}; waits for your answer", ja="{fact}(自社のメールか確認待ち)")
SPF_FACT = Text(en="record in order", ja="レコードは問題なし")
DMARC_FACT = Text(en="p={policy} published", ja="p={policy}")
DNSBL_FACT = Text(en="domain not listed", ja="ドメインは未掲載")
DKIM_FACT = Text(en="keys found: {keys}", ja="公開鍵: {keys}")
OTHERS = Text(en="Others (MX, MTA-STS, DANE …)", ja="その他(MX、MTA-STS、DANEなど)")
WARNED = Text(en="! warning", ja="! 警告")
WARNED_FACT = Text(en="warning: {rules}", ja="警告: {rules}")
WARNED_SO_FAR = Text(en="warning: {rules}; the result needs a mail", ja="警告: {rules}(合否はテストメールで判定)")
SEEN_IN_DNS = Text(
    en="Services that the DNS shows: {services}. Other services may be in use without a trace in DNS.",
    ja="DNSから見える利用サービス: {services}(DNSに現れないサービスはわかりません)",
)
SPF_ALLOWS = Text(en="{ip} is allowed", ja="{ip} を許可")
DKIM_SIGNED = Text(en="selector {selector}, d={domain}", ja="セレクター {selector}、d={domain}")
DMARC_PASSES = Text(en="p={policy}, passes", ja="p={policy}、合格")
ZONE_SIGNED = Text(en="signed", ja="署名あり")
NOT_LISTED = Text(en="not listed", ja="掲載なし")

# What could not be looked up --------------------------------------------------------------------------------------

TOPIC: Mapping[str, Text] = {
    "spf": Text(en="SPF", ja="SPF"),
    "dkim": Text(en="DKIM", ja="DKIM"),
    "dmarc": Text(en="DMARC", ja="DMARC"),
    "mx": Text(en="MX", ja="MX"),
    "ptr": Text(en="reverse DNS", ja="逆引き"),
    "ptr.mx": Text(en="the reverse DNS of the MX", ja="MXの逆引き"),
    "tls": Text(en="TLS", ja="TLS"),
    "dnssec": Text(en="DNSSEC", ja="DNSSEC"),
    "bl": Text(en="blocklists", ja="ブラックリスト"),
    "bl.domain": Text(en="blocklists of domain names", ja="ドメイン名のブラックリスト"),
    "bl.mx": Text(en="blocklists by the IP addresses of the MX", ja="MXのIPアドレスのブラックリスト"),
    "bl.client": Text(en="blocklists by the sending IP address", ja="送信元IPアドレスのブラックリスト"),
    "helo": Text(en="HELO", ja="HELO"),
    "sts": Text(en="MTA-STS", ja="MTA-STS"),
    "rpt": Text(en="TLS reports (TLS-RPT)", ja="TLSレポート(TLS-RPT)"),
    "dane": Text(en="DANE", ja="DANE"),
    "bimi": Text(en="BIMI", ja="BIMI"),
    "arc": Text(en="ARC", ja="ARC"),
    "relay": Text(en="open relay", ja="オープンリレー"),
    "msg": Text(en="the From header", ja="Fromヘッダー"),
    "list": Text(en="unsubscribing", ja="配信停止"),
    "dns": Text(en="the domain itself", ja="ドメイン自体"),
}
AND = Text(en="{most} and {last}", ja="{most}、{last}")
NOT_LOOKED_UP = Text(
    en="{topics} could not be looked up: {reason}.",
    ja="{topics}は確認できなかったため、判定していません。{reason}。",
)
NOT_LOOKED_UP_BOGUS = Text(
    en="{topics} could not be looked up. That is the consequence of SEC201.",
    ja="{topics}は、SEC201(DNSSEC検証の失敗)のため確認できませんでした。",
)
NOT_TOLD = Text(en="could not be looked up", ja="確認できませんでした")

# The root message -------------------------------------------------------------------------------------------------

ITEM, STATE, FOUND = Text(en="Item", ja="項目"), Text(en="State", ja="状態"), Text(en="What we found", ja="検査結果")
PROVISIONAL = Text(en="{verdict} (provisional)", ja="{verdict}(暫定)")
VERDICT_OF = Text(en="{domain}: {verdict}", ja="{domain}:{verdict}")
PROVISIONAL_SAFE = Text(
    en="No problem was found in DNS; a test mail decides.",
    ja="DNSに問題は見つかりませんでした。テストメールを検査すると判定が確定します。",
)
PROVISIONAL_SAFE_BUT = Text(
    en="Nothing in DNS lowers the verdict ({counts}, see below); a test mail decides.",
    ja="DNSに判定を下げる問題はありません({counts}、下記)。テストメールを検査すると判定が確定します。",
)
PROVISIONAL_WHY = Text(
    en="From DNS alone; a test mail completes it.",
    ja="DNSだけによる判定です。テストメールを検査すると判定が確定します。",
)
PROVISIONAL_BOGUS = Text(
    en="From DNS alone. Until DNSSEC is repaired nothing more can be checked.",
    ja="DNSだけによる判定です。DNSSECを修復するまで、ほかの項目は検査できません。",
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
    en="Something that the verdict needs could not be looked up. That says nothing against the domain.",
    ja="判定に必要な情報を確認できませんでした。ドメインに問題があるという意味ではありません。",
)
WAITING: Mapping[str, Text] = {
    "fail": Text(
        en="1 mail from {sender} received; it fails DMARC. Is it yours?",
        ja="{sender} からのメールを1通受信しました。DMARCは不合格です。自社のメールですか。",
    ),
    "unproven": Text(
        en="1 mail from {sender} received; neither SPF nor DKIM proves whose it is. Is it yours?",
        ja="{sender} からのメールを1通受信しました。SPFでもDKIMでも送信元を確認できません。自社のメールですか。",
    ),
    "unknown": Text(
        en="1 mail from {sender} received; SPF or DKIM could not be looked up. Is it yours?",
        ja="{sender} からのメールを1通受信しました。SPFまたはDKIMを確認できませんでした。自社のメールですか。",
    ),
}
WAITING_SO_FAR = Text(
    en="If it is, it decides the verdict. Until then: {verdict}, from DNS alone.",
    ja="自社のメールであれば、このメールで判定が確定します。現時点の判定(DNSのみ): {verdict}",
)
WAITING_DECIDED = Text(
    en="If it is, it decides the verdict. Until then: {verdict}.",
    ja="自社のメールであれば、このメールで判定を更新します。現時点の判定: {verdict}",
)
CAUSE = Text(en="{sign} {rule}: {title}", ja="{sign} {rule}: {title}")
COUNTS = Text(en="{counts}. Details are in the thread.", ja="{counts}。詳しくはスレッドをご覧ください。")
COUNTED = Text(en="{count} ({places})", ja="{count}({places})")
IN_DNS = Text(en="in DNS", ja="DNS")
IN_MAIL = Text(en="in the mail", ja="メール")
N_IN_DNS = Text(en="{n} in DNS", ja="DNS{n}件")
N_IN_MAIL = Text(en="{n} in the mail", ja="メール{n}件")
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
BUTTON_CLOSE_ADDRESS = Text(en="Close address", ja="テスト用アドレスを無効にする")
BUTTON_NEW_ADDRESS = Text(en="New address", ja="新しいアドレス")
BUTTON_EXPLAIN = Text(en="Explain", ja="説明")
BUTTON_OURS = Text(en="This is ours", ja="自社のメールです")
BUTTON_NOT_OURS = Text(en="Not ours", ja="自社のメールではありません")
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

FINDINGS = Text(en="DNS findings: {domain}", ja="DNSの検査結果: {domain}")
FINDINGS_COUNT = Text(en="{counts}.", ja="{counts}。")
FINDINGS_SORTED = Text(en="{counts}, worst first.", ja="{counts}。重大度の高い順に表示します。")
FAULT_IN_MAIL = Text(
    en="DNS is in order. The fault is in the mail, see its reply below.",
    ja="DNSに問題はありません。問題はメールにあります。下のメールの検査結果をご覧ください。",
)
FAULT_SEEN_IN_MAIL = Text(
    en="The fault that was found is in the mail, see its reply below.",
    ja="見つかった問題はメールにあります。下のメールの検査結果をご覧ください。",
)
ALL_CLEAR = Text(
    en="Nothing to change: every question that DNS can answer is in order.",
    ja="修正が必要な点はありません。DNSで確認できる項目はすべて問題ありません。",
)
CLEAR_AS_FAR = Text(
    en="No problem was found in what could be looked up.",
    ja="確認できた範囲では、修正が必要な点は見つかりませんでした。",
)
WHY = Text(en="Why it matters", ja="影響")
HOW = Text(en="How to fix it", ja="直し方")
WHERE = Text(en="Where", ja="設定場所")
REFERENCE = Text(en="Reference", ja="参考資料")
LINES = Text(en="Found", ja="指摘")
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

GUIDELINES = Text(en="Sender guidelines", ja="送信者ガイドライン")
GUIDELINES_OF = Text(en="Sender guidelines: {name}", ja="送信者ガイドライン: {name}")
REQUIREMENTS: Mapping[str, Text] = {
    "met": Text(en="{n} met", ja="適合{n}件"),
    "not_met": Text(en="{n} not met", ja="不適合{n}件"),
    "not_known": Text(en="{n} need a test mail", ja="テストメール待ち{n}件"),
    "untested": Text(en="{n} not tested here", ja="未検査{n}件"),
    "not_testable": Text(en="{n} could not be tested", ja="確認できず{n}件"),
    "not_measurable": Text(en="{n} not measurable from one mail", ja="メール1通では判定不可{n}件"),
    "not_applicable": Text(en="{n} not applicable", ja="対象外{n}件"),
}
"""How many requirements have which status, in this order; the first two are said even of none."""
ASKED = Text(en="{counts}.", ja="{counts}。")
ALSO_RECOMMENDED = Text(en="{n} more are recommendations.", ja="このほか推奨事項{n}件。")
ONLY_RECOMMENDED = Text(en="Recommended only: {counts}.", ja="推奨事項: {counts}。")
GUIDELINES_OPEN = Text(
    en="None could be judged yet: DNS lookups failed, see the DNS findings. "
    "The table appears here after a check that gets answers.",
    ja="DNSの問い合わせに失敗したため、判定できた要件はありません(DNSの検査結果をご覧ください)。"
    "再検査で応答が得られると、ここに表を表示します。",
)
GUIDELINES_UNTESTED = Text(en="Could not be tested: {requirements}.", ja="確認できなかった要件: {requirements}。")
GUIDELINES_OLD = Text(
    en="The stored result is of an earlier version and has no such list. Press “Check again”.",
    ja="保存されている結果は以前のバージョンのもので、この一覧がありません。「再検査」を押してください。",
)
GUIDELINES_WHO = Text(
    en="“Bulk” is 5,000 mails or more a day to personal Gmail accounts; “marketing” is advertising and newsletters. "
    "The table shows Google's requirements.",
    ja="「大量送信者」は個人のGmail宛てに1日5,000通以上を送る送信者、"
    "「マーケティング」は広告やメールマガジンを指します。表はGoogleの要件です。",
)
GUIDELINES_LINE = Text(en="{name}: {counts}", ja="{name}: {counts}")
GUIDELINES_FURTHER = Text(en="{name}, further points", ja="{name}のその他の項目")
GUIDELINES_INCLUDED = Text(en="{name} (counted above)", ja="{name}(上の件数に含む)")
GUIDELINES_UNMEASURABLE = Text(
    en="Cannot be measured from one mail: {requirements}.",
    ja="メール1通では判定不可: {requirements}。",
)
GUIDELINES_ROW = Text(en="{requirement} ({applies}): {state}", ja="{requirement}({applies}): {state}")
GUIDELINES_SOURCES = Text(en="Sources", ja="出典")
BUTTON_SHOW = Text(en="Show", ja="一覧")
BROKEN = Text(en="{state} ({rules})", ja="{state}({rules})")
REQUIREMENT, APPLIES = Text(en="Requirement", ja="要件"), Text(en="Applies to", ja="対象")
