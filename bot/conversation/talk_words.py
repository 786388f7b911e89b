"""What the bot answers to one person, says on joining a channel and shows in its home tab, in both languages."""

from collections.abc import Mapping

from checks import Text

HELP = Text(
    en="""`/mailcheck example.co.jp` checks a mail domain: verdict, findings and a test address appear in a thread.
`/mailcheck a.example b.example` checks up to {most} domains at once.
In a thread, mention me: `recheck`, `explain dmarc` or `explain SPF301`, `send-test`, `ja`, `en`, `help`.
Send a mail from your system to the test address, and the verdict becomes final.""",
    ja="""`/mailcheck example.co.jp` でメールドメインを検査し、判定、指摘、テスト用アドレスをスレッドに表示します。
`/mailcheck a.example b.example` のように、一度に{most}ドメインまで指定できます。
スレッドでメンションに続けて使える言葉: `recheck`、`explain dmarc`、`explain SPF301`、`send-test`、`ja`、`en`、`help`
検査したいシステムからテスト用アドレスへメールを送ると、判定が確定します。""",
)
UNKNOWN = Text(
    en="I do not know `{word}`. `/mailcheck help` shows what I can do.",
    ja="`{word}` というコマンドはありません。使い方は `/mailcheck help` で確認できます。",
)
DID_YOU_MEAN = Text(
    en="I do not know `{word}`. Did you mean `{command}`?",
    ja="`{word}` というコマンドはありません。`{command}` でしょうか。",
)
TOO_MANY = Text(
    en="That is {given} domains; one command takes {most}. Please split them up.",
    ja="{given}ドメインが指定されました。一度に検査できるのは{most}ドメインまでです。分けて指定してください。",
)
ALREADY_RUNNING = Text(
    en="A check of `{domain}` is already running in this channel:",
    ja="`{domain}` の検査は、このチャンネルですでに実行中です。",
)
ALREADY_RUNNING_LINK = Text(en="open its thread", ja="スレッドを開く")
NOT_IN_CHANNEL = Text(
    en="I cannot post in this channel. Invite me with `/invite @mailcheck`, or use the command in a direct "
    "message to me.",
    ja="このチャンネルには投稿できません。`/invite @mailcheck` で招待するか、"
    "私とのダイレクトメッセージで実行してください。",
)
ARCHIVED = Text(
    en="This channel is archived, so I cannot post here. Use another channel or a direct message to me.",
    ja="アーカイブ済みのチャンネルには投稿できません。別のチャンネルか、私とのダイレクトメッセージで実行してください。",
)
NOT_POSTED = Text(
    en="Slack does not let me post here (`{error}`). Try a direct message to me.",
    ja="Slackがここへの投稿を許可しませんでした(`{error}`)。私とのダイレクトメッセージでお試しください。",
)
OUR_ERROR = Text(
    en="That ended in an error on our side. It has been logged; please try again.",
    ja="ボット側でエラーが起きました。記録しましたので、もう一度お試しください。",
)
STILL_CHECKING = Text(en="The check is still running.", ja="検査中です。終わるまでお待ちください。")
ADDRESS_REPLACED = Text(
    en="`{old}` takes no more mail. The new test address is `{address}`; it stands in the thread.",
    ja="`{old}` はこれ以上メールを受け取れないため、新しいテスト用アドレス `{address}` を発行しました。"
    "スレッドにも表示しています。",
)
DOMAIN_IS_GONE = Text(
    en="`{domain}` does not exist any more, so there is nothing to list here.",
    ja="`{domain}` は存在しなくなったため、ここに表示する項目はありません。",
)
ADDRESS_MEMBERS_ONLY = Text(
    en="Only full members of this workspace, or whoever started this check, can open or close a test address.",
    ja="テスト用アドレスの発行と終了は、このワークスペースの正式なメンバーか、この検査を始めた人だけが行えます。",
)
SINCE_OTHER = Text(en="△ Other values: {title}", ja="△ 内容に変化あり: {title}")
SINCE_OTHER_TITLE = Text(en="△ Now: {title} (before: {before})", ja="△ 変化: {title}(前回: {before})")
THREAD_IS_OVER = Text(
    en="This check is over: its first message is gone. Start a new one with `/mailcheck {domain}`.",
    ja="この検査は、先頭のメッセージが削除されたため終了しています。`/mailcheck {domain}` で検査し直してください。",
)
MEMBERS_ONLY = Text(
    en="Only full members of this workspace can say whether a mail is ours.",
    ja="自社のメールかどうかの回答は、このワークスペースの正式なメンバーだけが行えます。",
)
NOT_HERE = Text(
    en="I only take commands in a thread of a check. Start one with `/mailcheck example.co.jp`.",
    ja="コマンドは検査のスレッドの中で使えます。`/mailcheck example.co.jp` で検査を始めてください。",
)
GREETING = Text(
    en="""I check whether mail of a domain is set up properly, and say what to change.
Type `/mailcheck example.co.jp`; everything goes into one thread.
Send a test mail to the address in the thread and I also check what your servers really send.""",
    ja="""メールドメインの設定を検査し、直すべき点を具体的にお伝えします。
`/mailcheck example.co.jp` と入力すると、結果を1つのスレッドにまとめます。
スレッドに表示するアドレスへテストメールを送ると、実際の送信状況も検査します。""",
)

# Explanations -----------------------------------------------------------------------------------------------------

EXPLAIN_WHAT = Text(
    en="Explain what? A rule such as `SPF301`, or one of: {topics}.",
    ja="何を説明しますか。`SPF301` のようなルール番号か、次のいずれかを指定してください: {topics}。",
)
NO_SUCH_RULE = Text(
    en="There is no rule `{rule}`. A finding shows its number, or ask for one of: {topics}.",
    ja="`{rule}` というルールはありません。指摘に表示される番号か、次のいずれかを指定してください: {topics}。",
)
NOT_FOUND_HERE = Text(
    en="Not found in this thread. In general:",
    ja="このスレッドの検査では見つかっていません。一般には次のとおりです。",
)
TOPICS: Mapping[str, Text] = {
    "spf": Text(
        en="SPF is a TXT record at the domain that lists the servers which may send with it as Return-Path. "
        "A receiver compares it with the address that connects. It looks at the Return-Path, not at the From "
        "that people see.",
        ja="SPFは、ドメインをReturn-Path(エンベロープFrom)に使って送信してよいサーバーを列挙するTXTレコードです。"
        "受信側は接続元のIPアドレスと照合します。確認されるのはReturn-Pathで、受信者に見えるFromではありません。",
    ),
    "dkim": Text(
        en="DKIM is a signature that the sending system adds to each mail; its public key stands in DNS under "
        "a selector. "
        "It shows that the mail was not changed, and which domain answers for it (d=).",
        ja="DKIMは、送信システムがメールごとに付ける電子署名です。公開鍵はDNSのセレクターの下に置きます。"
        "メールが改変されていないことと、どのドメイン(d=)が責任を持つかを示します。",
    ),
    "dmarc": Text(
        en="DMARC is a TXT record at `_dmarc` that says what a receiver shall do with mail whose From domain "
        "nobody vouches for. "
        "It passes when SPF or DKIM passes for the domain in From (alignment). Start with `p=none` and "
        "reports, then quarantine, then reject.",
        ja="DMARCは `_dmarc` に置くTXTレコードで、Fromのドメインを誰も保証していないメールの扱いを受信側に伝えます。"
        "SPFかDKIMがFromのドメインと一致(アライメント)して合格すれば、DMARCも合格です。`p=none` "
        "とレポートの受信から始め、quarantine、rejectへ進めます。",
    ),
    "dnssec": Text(
        en="DNSSEC signs the records of a zone, so that a resolver notices forged answers. MTA-STS and DANE "
        "build on a DNS that can be trusted.",
        ja="DNSSECはゾーンのレコードに署名し、偽の応答をリゾルバーが見分けられるようにします。"
        "DANEなどの前提になります。",
    ),
    "ptr": Text(
        en="Reverse DNS (PTR) gives a name for the address that sends; the name must lead back to the address. "
        "Many receivers refuse mail from addresses without it. Whoever runs the network sets it.",
        ja="逆引き(PTR)は送信元IPアドレスに対応する名前で、その名前の正引きが同じIPアドレスに戻る必要があります。"
        "設定がないと受信を拒否されることがあります。設定するのはIPアドレスを管理する事業者です。",
    ),
    "tls": Text(
        en="STARTTLS encrypts the connection between two mail servers. Gmail demands it of every sender.",
        ja="STARTTLSは、メールサーバー間の通信を暗号化します。Gmailはすべての送信者に求めています。",
    ),
    "helo": Text(
        en="HELO (or EHLO) is the name with which a sending server greets. It has to be a full host name that has "
        "an address; where the return path is empty, receivers look up the SPF record of that name.",
        ja="HELO(EHLO)は、送信サーバーが接続時に名乗るホスト名です。完全修飾ドメイン名(FQDN)とし、正引きできる"
        "必要があります。エンベロープFromが空のメールでは、このホスト名のSPFが確認されます。",
    ),
    "sts": Text(
        en="MTA-STS tells senders to deliver only over TLS, and only to mail servers with a valid certificate. It is a "
        "TXT record at `_mta-sts` and a policy file on a web server at `mta-sts`. It protects the mail you receive.",
        ja="MTA-STSは、有効な証明書を持つメールサーバーへTLSで配送するよう、送信側に求める仕組みです。`_mta-sts` の"
        "TXTレコードと、`mta-sts` のWebサーバーに置くポリシーで構成されます。受信するメールを保護します。",
    ),
    "rpt": Text(
        en="TLS-RPT is a TXT record at `_smtp._tls` that names where senders report failures of TLS, MTA-STS and DANE "
        "when they deliver to you.",
        ja="TLS-RPTは `_smtp._tls` に置くTXTレコードで、TLS、MTA-STS、DANEの失敗を送信側が報告する宛先を指定します。",
    ),
    "dane": Text(
        en="DANE publishes, in TLSA records, which certificate or key a mail server shows; senders that know it refuse "
        "any other. It needs DNSSEC on the zones of the domain and of its mail servers.",
        ja="DANEは、メールサーバーの証明書または公開鍵の情報をTLSAレコードで公開する仕組みです。DANEに対応した送信側は、"
        "一致しないサーバーには配送しません。ドメインとメールサーバー名のゾーンがDNSSECで署名されている必要があります。",
    ),
    "bimi": Text(
        en="BIMI is a TXT record at `default._bimi` that names a logo for mailbox providers to show beside your mail. "
        "It takes effect only where DMARC enforces (quarantine or reject); most providers want a certificate as well.",
        ja="BIMIは `default._bimi` に置くTXTレコードで、受信者のメール一覧に表示するロゴを指定します。DMARCのポリシーが"
        "quarantineまたはrejectの場合にだけ有効で、証明書(VMCなど)を求める事業者もあります。",
    ),
    "list": Text(
        en="`List-Unsubscribe` tells a mail program how to unsubscribe; with `List-Unsubscribe-Post` one click is "
        "enough (RFC 8058). Gmail wants that for marketing mail, signed by DKIM; Yahoo also accepts a mailto address.",
        ja="`List-Unsubscribe` は配信停止の方法を示すヘッダーです。`List-Unsubscribe-Post` を併せて付けると、"
        "ワンクリックで配信停止できます(RFC 8058)。"
        "Gmailはマーケティングメールにこれを求め、両方のヘッダーをDKIM署名の対象に含める必要があります。Yahooではmailtoも可です。",
    ),
    "arc": Text(
        en="ARC lets a server that forwards mail record which checks passed when the mail arrived there, since "
        "forwarding breaks SPF and often DKIM. It is the business of forwarders and mailing lists; Apple asks for it.",
        ja="ARCは、転送サーバーが受信時点の認証結果を署名付きで記録する仕組みです。転送によってSPFやDKIMが不合格になる場合に"
        "役立ちます。対応が必要なのは転送サーバーとメーリングリストで、Appleは転送メールに求めています。",
    ),
}

# Home tab ---------------------------------------------------------------------------------------------------------

HOME = Text(en="Mailcheck", ja="Mailcheck")
HOME_CHECKS = Text(en="Last checks", ja="最近の検査")
HOME_NO_CHECKS = Text(
    en="No check yet. Type `/mailcheck example.co.jp` in a channel or here under Messages.",
    ja="まだ検査はありません。チャンネルか、このアプリの「メッセージ」で `/mailcheck example.co.jp` "
    "と入力してください。",
)
HOME_CHECK = Text(en="`{domain}`: {verdict}", ja="`{domain}`: {verdict}")
HOME_ADDRESSES = Text(en="Open test addresses", ja="有効なテスト用アドレス")
HOME_NO_ADDRESSES = Text(en="None is open.", ja="ありません。")
HOME_ADDRESS = Text(
    en="`{address}` for `{domain}`, until {until}, {mails} of {most} mails received",
    ja="`{address}`(`{domain}` 用、{until}まで、{most}通中{mails}通受信)",
)
