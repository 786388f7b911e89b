"""The bot's own sentences about test addresses and received mails, in both languages."""

from collections.abc import Mapping

from checks import Text

# The test address -------------------------------------------------------------------------------------------------

ADDRESS = Text(en="Test address for {domain}", ja="{domain} のテスト用アドレス")
ADDRESS_HOW = Text(
    en="Send an ordinary mail to it from the system you want tested. The result appears in this thread within seconds.",
    ja="検査したいシステムから、普段どおりのメールをこのアドレスへ送ってください。"
    "数秒でこのスレッドに結果を表示します。",
)
ADDRESS_BOGUS = Text(
    en="Repair DNSSEC first (SEC201). Then send an ordinary mail to this address from the system you want tested.",
    ja="先にDNSSECを修復してください(SEC201)。その後、検査したいシステムから普段どおりのメールをこのアドレスへ送ってください。",
)
ADDRESS_TO = Text(en="Send to", ja="宛先")
ADDRESS_TO_LATER = Text(en="Send to, after the repair", ja="宛先(修復後に送信)")
ADDRESS_SWAKS = Text(
    en="Or on the mail server, with swaks",
    ja="メールサーバー上でswaksを使う場合",
)
ADDRESS_SWAKS_NOTE = Text(
    en="It goes straight to us, past your own mail server: use it to test connection and SPF only; "
    "the DKIM signature is missing then.",
    ja="自社のメールサーバーを経由しないため、接続とSPFの確認用です(DKIM署名は付きません)。",
)
ADDRESS_UNTIL = Text(en="Valid until", ja="有効期限:")
ADDRESS_ZONE = Text(en=" (your time zone)", ja="(お使いのタイムゾーン)")
ADDRESS_LIMITS = Text(
    en=", for {mails} mails of up to {size} each. After that, “Send a test mail” gives a new address.",
    ja="、{mails}通まで、1通{size}まで。期限を過ぎたら、「テストメールを送る」で新しいアドレスを発行できます。",
)
ADDRESS_LIMITS_BOGUS = Text(
    en=", for {mails} mails of up to {size} each. After that, a button for a new address stands here.",
    ja="、{mails}通まで、1通{size}まで。期限を過ぎたら、新しいアドレスを発行するボタンがここに表示されます。",
)
ADDRESS_LIMITS_ALONE = Text(en=", for {mails} mails of up to {size} each.", ja="、{mails}通まで、1通{size}まで。")
ADDRESS_SHOWS = Text(
    en="This thread shows From, Return-Path and technical headers, never subject or body.",
    ja="このスレッドに表示するのはFrom、Return-Path、技術的なヘッダーだけです。件名と本文は表示しません。",
)
ADDRESS_POINTLESS = Text(
    en="`{domain}` does not exist, so there is no mail to test.",
    ja="`{domain}` は存在しないため、テストできるメールがありません。",
)
ADDRESS_NON_SENDING = Text(
    en="`{domain}` is set up not to send mail, so no test address is needed.",
    ja="`{domain}` はメールを送信しない設定のため、テスト用アドレスは不要です。",
)
ADDRESS_CLOSED = Text(
    en="The test address `{address}` was closed; it accepts no more mail.",
    ja="テスト用アドレス `{address}` を無効にしました。今後のメールは受け付けません。",
)
ADDRESS_EXPIRED = Text(
    en="The test address `{address}` has expired.",
    ja="テスト用アドレス `{address}` の有効期間が終わりました。",
)
NOTHING_ARRIVED = Text(
    en="No mail arrived at `{address}` while it was valid. Shall we try again with a new address?",
    ja="`{address}` には有効期間中にメールが届きませんでした。新しいアドレスでもう一度試しますか。",
)
NO_MAILBOX = Text(
    en="No test mail can be received: no mail domain is configured for this bot. "
    "All that DNS tells is checked; how your server really sends stays unknown.",
    ja="このボットにはメールドメインが設定されていないため、テストメールを受信できません。"
    "DNSでわかることはすべて検査しますが、実際の送信状況は確認できません。",
)
ADDRESS_IS_OPEN = Text(
    en="The test address is `{address}` (see the first reply of the thread). It is still open.",
    ja="テスト用アドレスは `{address}` です(スレッドの最初の返信をご覧ください)。まだ有効です。",
)
ADDRESS_IS_NEW = Text(
    en="A new test address stands in the thread: `{address}`",
    ja="新しいテスト用アドレスをスレッドに表示しました: `{address}`",
)

# A received mail --------------------------------------------------------------------------------------------------

MAIL = Text(en="Mail from {sender}", ja="{sender} からのメール")
MAIL_NO_SENDER = Text(en="Mail whose From names no one sender", ja="Fromから差出人を特定できないメール")
MAIL_FAILED = Text(
    en="A mail arrived, but its analysis ended in an error on our side. It has been logged; please send it again.",
    ja="メールは届きましたが、ボット側のエラーで解析できませんでした。記録しましたので、もう一度送ってください。",
)
MAIL_NOT_ANALYSED = Text(
    en="A mail arrived, but it tells nothing about the domain: {reason}. The verdict stays; please send another mail.",
    ja="メールは届きましたが、判定には使えません。{reason}。判定は変わりません。別のメールを送ってください。",
)
NULL_PATH = Text(en="<> (empty)", ja="<>(空)")
LINE_FROM = Text(en="From: `{value}`", ja="From: `{value}`")
LINE_RETURN_PATH = Text(en="Return-Path: `{value}`", ja="Return-Path: `{value}`")
LINE_CLIENT = Text(en="Connected from: `{value}`", ja="接続元: `{value}`")
LINE_REVERSE = Text(en="Reverse name: {value}", ja="逆引き: {value}")
LINE_HELO = Text(en="HELO: `{value}`", ja="HELO: `{value}`")
REVERSE = {
    "confirmed": Text(en="`{name}` (forward-confirmed)", ja="`{name}`(正引きと一致)"),
    "unconfirmed": Text(en="`{name}` (its address is another)", ja="`{name}`(正引きと不一致)"),
    "unknown": Text(en="`{name}` (its address could not be looked up)", ja="`{name}`(正引きを確認できず)"),
}
REVERSE_NONE = Text(en="none", ja="なし")
REVERSE_UNKNOWN = Text(en="could not be looked up", ja="確認できず")
WITH_TLS = Text(en="TLS: `{version}`, cipher `{cipher}`", ja="TLS: `{version}`(暗号スイート `{cipher}`)")
WITHOUT_TLS = Text(en="TLS: none, sent in clear", ja="TLS: なし(平文で送信)")
AUTHENTICATION = Text(en="Authentication", ja="送信ドメイン認証")
DOMAIN_SHOWN = Text(en="Domain", ja="ドメイン")
RESULT = Text(en="Result", ja="結果")
ROW_FROM = Text(en="From (what people see)", ja="From(受信者に見える差出人)")
FROM_COMPARED = Text(en="(what the others are compared with)", ja="(照合の基準)")
ROW_SPF = Text(en="SPF (Return-Path)", ja="SPF(Return-Path)")
ROW_SPF_HELO = Text(en="SPF (HELO)", ja="SPF(HELO)")
ROW_DKIM = Text(en="DKIM {selector}", ja="DKIM {selector}")
ROW_NO_DKIM = Text(en="DKIM", ja="DKIM")
NO_SIGNATURE = Text(en="not signed", ja="署名なし")
ROW_MORE_DKIM = Text(en="{n} more signatures", ja="ほか{n}件の署名")
ALIGNED = Text(en="{result}, aligned with From", ja="{result}、アライメントあり")
NOT_ALIGNED = Text(en="{result}, not aligned with From", ja="{result}、アライメントなし")
ALIGNMENT_UNKNOWN = Text(en="{result}, alignment unknown", ja="{result}、アライメント不明")
POLICY = Text(en="{result}, {tag}={policy}", ja="{result}、{tag}={policy}")
POLICY_FAILS = Text(en="{result}: {asked} ({why})", ja="{result}。{asked}({why})")
ASKED: Mapping[str, Text] = {
    "none": Text(en="receivers are asked to do nothing", ja="受信側への処理の要求なし"),
    "quarantine": Text(en="receivers are asked to quarantine", ja="受信側に隔離を要求"),
    "reject": Text(en="receivers are asked to reject", ja="受信側に拒否を要求"),
}
POLICY_OF = Text(en="{tag}={policy} of {domain}", ja="{domain} の{tag}={policy}")
POLICY_EASED = Text(
    en="{tag}={policy} of {domain}, one level less under t=y", ja="{domain} の{tag}={policy}。t=yのため1段階緩和"
)
POLICY_ACTS = Text(
    en="the record of {domain} has no valid policy and acts as p=none",
    ja="{domain} のレコードに有効なポリシーがなく、p=noneとして扱われる",
)
NO_DMARC_RECORD = Text(en="no DMARC record", ja="レコードなし")
ARC = Text(en="{result}, {n} hops", ja="{result}、{n}段")
RESULTS: Mapping[str, Text] = {
    "pass": Text(en="✓ pass", ja="✓ 合格(pass)"),
    "fail": Text(en="✗ fail", ja="✗ 不合格(fail)"),
    "softfail": Text(en="✗ softfail", ja="✗ softfail"),
    "neutral": Text(en="– neutral", ja="– neutral"),
    "none": Text(en="– none", ja="– なし(none)"),
    "policy": Text(en="✗ policy", ja="✗ policy"),
    "permerror": Text(en="✗ permanent error (permerror)", ja="✗ 恒久的エラー(permerror)"),
    "temperror": Text(en="? temporary error (temperror)", ja="? 一時的エラー(temperror)"),
}
UNTESTED_RESULT = Text(en="? not evaluated", ja="? 評価できず")
MAIL_CLEAR = Text(en="Nothing to change in this mail.", ja="このメールに修正が必要な点はありません。")
COMPARED = Text(en="DNS alone said something else:", ja="DNSだけの検査と異なる項目:")
CONFIRMED = Text(en="Fine in this mail: {items}", ja="このメールで問題がなかった項目: {items}")
COMPARED_ITEM = Text(
    en="{item}: DNS said {dns}, the mail shows {mail}", ja="{item}: DNSでは{dns}、実際のメールでは{mail}"
)
IN_ORDER = Text(en="in order", ja="問題なし")
MAIL_COUNTS = Text(en="The verdict is final now: {verdict}.", ja="判定が確定しました: {verdict}")
MAIL_WAITS = Text(
    en="The domain check is still running; the verdict follows when it is done.",
    ja="ドメインの検査が続いています。完了しだい判定します。",
)
MAIL_DOMAINS_STAY = Text(
    en="DMARC passes: From, Return-Path and the signing domain (d=) can stay as they are.",
    ja="DMARCに合格しています。From、Return-Path、署名ドメイン(d=)の変更は不要です。",
)
MAIL_UNCONFIRMED = Text(
    en="Nothing in this mail proves that it is yours: neither SPF nor DKIM passes for the domain in From. "
    "It changes the verdict only after someone in this channel presses “This is ours”.",
    ja="FromのドメインについてSPFもDKIMも合格していないため、自社のメールかどうか確認できません。"
    "このチャンネルの参加者が「自社のメールです」を押すまで、判定には反映しません。",
)
MAIL_UNKNOWN = Text(
    en="Whether this mail is yours could not be told: SPF or DKIM could not be looked up. "
    "It changes the verdict only after someone in this channel presses “This is ours”.",
    ja="SPFまたはDKIMを確認できなかったため、自社のメールかどうか判定できません。"
    "このチャンネルの参加者が「自社のメールです」を押すまで、判定には反映しません。",
)
_WHAT_IS_OURS = Text(
    en="“Ours” includes mail of the services that send for you. If yours came by way of a forwarder or a mailing list, "
    "press neither, and send one directly. ",
    ja="自社のメールには、利用中の配信サービスからのメールも含みます。転送やメーリングリストを経由した自社のメールであれば、"
    "どちらも押さず、テスト用アドレスへ直接送信してください。",
)
MAIL_IF_NOT_OURS = Text(
    en=_WHAT_IS_OURS.en + "“Not ours” means that nothing has to change because of it. Either answer can be taken back "
    "later.",
    ja=_WHAT_IS_OURS.ja + "「自社のメールではありません」を押した場合、このメールについての対応は不要です。"
    "回答は後から変更できます。",
)
MAIL_IF_NOT_OURS_REJECTED = Text(
    en=_WHAT_IS_OURS.en + "“Not ours” means that nothing has to change because of it: with `p=reject` published, "
    "receivers that follow DMARC refuse such mail. Either answer can be taken back later.",
    ja=_WHAT_IS_OURS.ja + "「自社のメールではありません」を押した場合、このメールについての対応は不要です"
    "(`p=reject` を公開しているため、DMARCに従う受信側はこのようなメールを拒否します)。回答は後から変更できます。",
)
MAIL_CLAIMED = Text(
    en="Someone in this channel confirmed that this mail is yours.",
    ja="このチャンネルの参加者が、自社のメールであることを確認しました。",
)
MAIL_DISOWNED = Text(
    en="Someone in this channel said that this mail is not yours. It does not change the verdict.",
    ja="このチャンネルの参加者が、自社のメールではないと回答しました。判定には反映しません。",
)
MAIL_BOUNCE = Text(
    en="This is a bounce or an automatic answer (empty Return-Path). It does not change the verdict.",
    ja="エラー通知または自動応答です(Return-Pathが空)。判定には反映しません。",
)
MAIL_FORWARDED = Text(
    en="This mail was forwarded ({signs}), so it shows the forwarder's system. It does not change the verdict: "
    "send one directly.",
    ja="転送されたメールです({signs})。転送元のシステムを検査することになるため、判定には反映しません。"
    "直接送ってください。",
)
FORWARDED_BY: Mapping[str, Text] = {
    "srs": Text(en="a rewritten Return-Path (SRS)", ja="書き換えられたReturn-Path(SRS)"),
    "list_id": Text(en="a mailing list's `List-Id` header", ja="メーリングリストの `List-Id` ヘッダー"),
    "resent": Text(en="`Resent-` headers", ja="`Resent-` ヘッダー"),
    "arc": Text(en="an ARC set of another domain", ja="別ドメインのARCセット"),
}
MAIL_OTHER = Text(
    en="This mail is from `{other}`, not from `{domain}`. It does not change the verdict.",
    ja="`{domain}` ではなく `{other}` からのメールです。判定には反映しません。",
)
MAIL_OTHER_UNKNOWN = Text(
    en="From does not hold exactly one valid address, so this mail cannot be compared with `{domain}`. "
    "It does not change the verdict. "
    "Write one address of the domain into From, such as `From: Example <info@{domain}>`, and send it again. "
    "Leave Return-Path and d= as they are: the reply to that mail tells whether they fit.",
    ja="Fromが有効なアドレス1つになっていないため、`{domain}` と照合できません。判定には反映しません。"
    "`From: Example <info@{domain}>` のように、このドメインのアドレスを1つだけ書いて、送り直してください。"
    "Return-Pathとd=は今は変えず、送り直したメールの検査結果で確認してください。",
)
# A mail that tells nothing of the domain, in the root -------------------------------------------------------------

UNUSED = Text(
    en="1 mail was received that could not be used: {reason}. See its reply in the thread.",
    ja="判定に使えないメールを1通受信しました({reason})。詳しくはスレッドの返信をご覧ください。",
)
UNUSED_MANY = Text(
    en="{n} mails were received that could not be used; the latest: {reason}. See the replies in the thread.",
    ja="判定に使えないメールを{n}通受信しました(最新: {reason})。詳しくはスレッドの返信をご覧ください。",
)
UNUSED_FROM = Text(
    en="its From is not exactly one valid address: error MSG101",
    ja="Fromが有効なアドレス1つになっていない: エラーMSG101",
)
UNUSED_FORWARDED = Text(en="it was forwarded ({signs})", ja="転送されたメール: {signs}")
UNUSED_BOUNCE = Text(en="a bounce or automatic answer", ja="エラー通知または自動応答")
UNUSED_OTHER = Text(en="it is from {other}", ja="{other} からのメール")
UNUSED_FAILED = Text(en="it could not be analysed", ja="解析できなかった")
WAITING_COUNTS = Text(en="In the mail, not counted yet: {counts}.", ja="メールで見つかった問題(未反映): {counts}。")
MANY = Text(en="{n} more mails arrived", ja="さらに{n}通届きました")
MANY_WHY = Text(
    en="Five mails got a reply of their own within ten minutes; further ones are counted here.",
    ja="10分以内に5通へ個別に返信したため、以降はここにまとめます。",
)
MANY_LINE = Text(
    en="DMARC passes in {passed}, fails in {failed}, is open in {open}. The latest is from `{sender}` through `{ip}`.",
    ja="DMARC合格{passed}通、不合格{failed}通、判定不能{open}通。最新は `{sender}` から `{ip}` 経由です。",
)
