"""The words that only a terminal needs around a report; what it shares with a chat is bot.conversation.words."""

from collections.abc import Mapping

from checks import Outcome, Text, Tier

# Headings -----------------------------------------------------------------------------------------------------------

QUESTIONS = Text(en="What was checked", ja="検査項目")
FINDINGS = Text(en="Findings", ja="指摘")
WORST_FIRST = Text(en="{counts}, worst first", ja="{counts}、重大度の高い順")
GUIDELINES = Text(en="Sender guidelines", ja="送信者ガイドライン")
NOT_TOLD = Text(en="What could not be told", ja="判定できなかった項目")
AUTHENTICATION = Text(en="Authentication of the mail", ja="メールの認証結果")
EVIDENCE = Text(en="What was seen", ja="検査で得た情報")
SUMMARY = Text(en="{n} domains", ja="{n}ドメイン")
FORWARDED = Text(en="This mail was forwarded ({signs}).", ja="転送されたメールです({signs})。")

# Topics and profiles ------------------------------------------------------------------------------------------------

TOPIC: Mapping[str, Text] = {
    "dns": Text(en="DNS", ja="DNS"),
    "spf": Text(en="SPF", ja="SPF"),
    "dkim": Text(en="DKIM", ja="DKIM"),
    "dmarc": Text(en="DMARC", ja="DMARC"),
    "mx": Text(en="MX", ja="MX"),
    "ptr": Text(en="Reverse DNS", ja="逆引き"),
    "helo": Text(en="HELO", ja="HELO"),
    "tls": Text(en="TLS", ja="TLS"),
    "dane": Text(en="DANE", ja="DANE"),
    "sts": Text(en="MTA-STS", ja="MTA-STS"),
    "rpt": Text(en="TLS reports", ja="TLSレポート"),
    "bimi": Text(en="BIMI", ja="BIMI"),
    "arc": Text(en="ARC", ja="ARC"),
    "relay": Text(en="Open relay", ja="オープンリレー"),
    "dnssec": Text(en="DNSSEC", ja="DNSSEC"),
    "bl": Text(en="Blocklists", ja="ブラックリスト"),
    "msg": Text(en="Message", ja="メッセージ"),
    "list": Text(en="Unsubscribing", ja="配信停止"),
}
PROFILE: Mapping[str, Text] = {
    "mschecker": Text(
        en="The items of MSchecker (free diagnosis of designet.co.jp)",
        ja="MSchecker(designet.co.jpの無料診断)の検査項目",
    ),
}

# Questions ----------------------------------------------------------------------------------------------------------

N_NEED_A_MAIL = (
    Text(en="1 needs a mail", ja="1項目はテストメール待ち"),
    Text(en="{n} need a mail", ja="{n}項目はテストメール待ち"),
)
N_NOT_TESTED = (Text(en="1 not tested", ja="1項目は未検査"), Text(en="{n} not tested", ja="{n}項目は未検査"))
N_NOT_APPLICABLE = (
    Text(en="1 not applicable", ja="1項目は対象外"),
    Text(en="{n} not applicable", ja="{n}項目は対象外"),
)
LEGEND: Mapping[str, Text] = {
    "passed": Text(en="passed", ja="合格"),
    "notice": Text(en="passed, with a notice", ja="合格(参考情報あり)"),
    "warning": Text(en="warning", ja="警告"),
    "failed": Text(en="failed", ja="不合格"),
    "waiting": Text(en="needs a mail", ja="テストメール待ち"),
    "untested": Text(en="not tested", ja="未検査"),
    "unknown": Text(en="could not be told", ja="確認できず"),
    "outside": Text(en="not applicable", ja="対象外"),
}
NEED_A_MAIL = (
    Text(
        en="1 question needs a mail that the domain sent: {topics}. `mailcheck message FILE` reads one.",
        ja="1項目の判定には、ドメインから送信されたメールが必要です({topics})。"
        "`mailcheck message ファイル名` で検査できます。",
    ),
    Text(
        en="{n} questions need a mail that the domain sent: {topics}. `mailcheck message FILE` reads one.",
        ja="{n}項目の判定には、ドメインから送信されたメールが必要です({topics})。"
        "`mailcheck message ファイル名` で検査できます。",
    ),
)
NOT_TESTED = Text(en="Not tested here: {questions} ({reason}).", ja="未検査: {questions}({reason})")
NOTHING_TO_CHANGE = Text(en="Nothing has to change.", ja="修正が必要な点はありません。")

# Findings -----------------------------------------------------------------------------------------------------------

WHY = Text(en="Why", ja="影響")
FIX = Text(en="Fix", ja="直し方")
WHERE = Text(en="Where", ja="設定場所")
CHANGE = Text(en="Change", ja="変更")
ADD = Text(en="Add", ja="追加")
DELETE = Text(en="Delete", ja="削除")
KEEP = Text(en="Keep", ja="維持")
NOW = Text(en="Now", ja="現在")
SIGNS = Text(
    en=" (+ added, - removed; leave out the signs)", ja="(+は追加、-は削除する行です。記号は含めないでください)"
)

# Profiles -----------------------------------------------------------------------------------------------------------

NOT_MEASURABLE = Text(en="not measurable from one mail", ja="メール1通では判定不可")
FINE_SO_FAR = Text(en="in order so far", ja="現時点で問題なし")

# Authentication -----------------------------------------------------------------------------------------------------

METHOD = Text(en="method", ja="方式")
RESULT = Text(en="result", ja="結果")
DOMAIN = Text(en="domain", ja="ドメイン")
ALIGNED = Text(en="aligned with From", ja="アライメント")
YES = Text(en="yes", ja="あり")
NO = Text(en="no", ja="なし")
HEARSAY = Text(
    en="Hearsay: by its topmost Received field the mail came from {client} (HELO {helo}), {tls}. "
    "Anybody can write that, so nothing is judged by it; `--ip`, `--helo`, `--mail-from` and `--tls` tell the session.",
    ja="伝聞: 先頭のReceivedフィールドによると、このメールは {client}(HELO {helo})から届きました({tls})。"
    "偽造できるため、判定には使いません。"
    "セッションは `--ip`、`--helo`、`--mail-from`、`--tls` で指定できます。",
)
HEARSAY_TLS = Text(en="over {tls}", ja="{tls}")
HEARSAY_NO_TLS = Text(en="TLS is not told", ja="TLSの記載なし")

# Evidence -----------------------------------------------------------------------------------------------------------

LOOKUPS = Text(en="{n} DNS lookups of at most 10", ja="DNSルックアップ{n}回(上限10回)")
SPF_LOOP = Text(en="leads back to a record above", ja="上位のレコードへ戻る循環")
SPF_CUT = Text(en="not followed", ja="これ以降は未確認")
NONE = Text(en="none", ja="なし")
NO_SUCH_NAME = Text(en="none (NXDOMAIN)", ja="なし(NXDOMAIN)")
METRICS = Text(en="{queries} DNS queries, {seconds} s", ja="DNS問い合わせ{queries}回、{seconds}秒")
MORE = Text(en="{n} more", ja="ほか{n}件")

# Tables of domains --------------------------------------------------------------------------------------------------

COLUMN: Mapping[str, Text] = {
    "domain": Text(en="domain", ja="ドメイン"),
    "shown": Text(en="written", ja="表記"),
    "verdict": Text(en="verdict", ja="判定"),
    "critical": Text(en="critical", ja="重大"),
    "error": Text(en="errors", ja="エラー"),
    "warning": Text(en="warnings", ja="警告"),
    "notice": Text(en="notices", ja="参考"),
    "rules": Text(en="rules", ja="指摘されたルール"),
    "failure": Text(en="not checked because", ja="検査できなかった理由"),
}
OUTCOME: Mapping[Outcome, Text] = {
    Outcome.PASSED: Text(en="passed", ja="合格"),
    Outcome.FAILED: Text(en="failed", ja="不合格"),
    Outcome.UNKNOWN: Text(en="could not be told", ja="確認できず"),
    Outcome.BROKEN: Text(en="could not be told", ja="確認できず"),
    Outcome.NOT_APPLICABLE: Text(en="not applicable", ja="対象外"),
}
PASSED_SO_FAR = Text(en="passed in DNS", ja="合格(DNSのみ)")
NEEDS_A_MAIL = Text(en="needs a mail", ja="テストメール待ち")
UNTESTED = Text(en="not tested", ja="未検査")

# Rules --------------------------------------------------------------------------------------------------------------

TIER: Mapping[Tier, Text] = {
    Tier.DANGER: Text(en="verdict: Danger", ja="判定: 危険"),
    Tier.MAIL: Text(en="verdict: mail", ja="判定: メール"),
    Tier.DNS: Text(en="verdict: DNS", ja="判定: DNS"),
    Tier.NONE: Text(en="verdict: none", ja="判定: 影響なし"),
}
TIER_SHORT: Mapping[Tier, Text] = {
    Tier.DANGER: Text(en="danger", ja="危険"),
    Tier.MAIL: Text(en="mail", ja="メール"),
    Tier.DNS: Text(en="DNS", ja="DNS"),
    Tier.NONE: Text(en="–", ja="–"),
}
BAD = Text(en="Bad", ja="悪い例")
GOOD = Text(en="Good", ja="良い例")
RULE = Text(en="Rule", ja="ルール")
SAYS = Text(en="What it says", ja="内容")
SEVERITY = Text(en="Severity", ja="重大度")
LOWERS = Text(en="Verdict", ja="判定")
QUESTION = Text(en="Question", ja="検査項目")
NAME = Text(en="Name", ja="名前")
SINCE = Text(en="Since", ja="追加されたバージョン")
FROM = Text(en="Told by", ja="情報源")
FROM_MAIL = Text(en="a received mail", ja="受信したメール")
FROM_DNS = Text(en="the domain", ja="ドメイン")
ALL_RULES = Text(en="All rules", ja="ルール一覧")
WORDING = Text(en="It may also say", ja="場合によっては次のように表示")
REFERENCES = Text(en="References", ja="参考資料")
WHY_LONG = Text(en="Why it matters", ja="影響")
FIX_LONG = Text(en="How to fix it", ja="直し方")
