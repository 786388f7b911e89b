"""What to do next, in both languages."""

from checks import Text

NEXT = Text(en="What to do next", ja="次に行うこと")
STEP = Text(en="{n}. {step}", ja="{n}. {step}")
STEP_WHOSE = Text(
    en="Say whether the mail is yours: press “This is ours” or “Not ours”.",
    ja="「自社のメールです」か「自社のメールではありません」を押してください。",
)
STEP_IF_OURS = Text(
    en="If it is yours, do what is described under {rules} in the mail's reply, then send another test mail.",
    ja="自社のメールの場合は、スレッドにあるメールの検査結果の{rules}の「直し方」に従い、もう一度テストメールを送ってください。",
)
STEP_DNSSEC = Text(
    en="Repair DNSSEC as described under SEC201 in the thread. Until then receivers that validate see none of "
    "your records.",
    ja="スレッドのSEC201に従ってDNSSECを修復してください。修復するまで、DNSSEC検証を行う相手側は"
    "このドメインのレコードを取得できません。",
)
STEP_DNSSEC_THEN = Text(
    en="Press “Check again” once the TTL of the old DS, often up to a day, and of the old records has passed. Do not "
    "send a test mail before.",
    ja="変更前のDS(TTLは最長1日のことが多い)とレコードのTTLが過ぎてから「再検査」を押してください。"
    "テストメールはその後に送ってください。",
)
STEP_TRY_AGAIN = Text(
    en="Press “Check again” in about 10 minutes.",
    ja="10分ほど待ってから「再検査」を押してください。",
)
STEP_ASK_OPERATOR = Text(
    en="If that gives no answer either, ask the operator of the name servers of `{domain}`.",
    ja="それでも確認できない場合は、`{domain}` のネームサーバーの管理者に問い合わせてください。",
)
STEP_SEND_LATER = Text(
    en="Send another test mail in about 10 minutes: lookups for this one failed.",
    ja="このメールの検査ではDNSの問い合わせに失敗しました。10分ほど待って、もう一度テストメールを送ってください。",
)
STEP_SEND_SINCE = Text(
    en="Send another test mail: the SPF error that the last one met is no longer in DNS.",
    ja="前回のメールで問題になったSPFのエラーは、DNSで解消しています。もう一度テストメールを送ってください。",
)
STEP_DNS = Text(
    en="Change DNS as described under {rules} in the thread.",
    ja="スレッドの{rules}に従って、DNSのレコードを修正してください。",
)
STEP_DO = Text(
    en="Do what is described under {rules} in the thread.",
    ja="スレッドの{rules}に従って対応してください。",
)
STEP_MAIL = Text(
    en="Do what is described under {rules} in the mail's reply.",
    ja="スレッドにあるメールの検査結果の{rules}の「直し方」に従ってください。",
)
STEP_MAIL_IF_OWN = Text(
    en="If the server that sent is yours or works for you, do what is described under {rules} in the mail's reply. "
    "If not, or if the mail was forwarded, change nothing, and send one directly.",
    ja="送信したサーバーが自社で使うものであれば、スレッドにあるメールの検査結果の{rules}の「直し方」に従ってください。そうでない場合や転送された場合は、"
    "何も変更せず、テスト用アドレスへ直接送信してください。",
)
STEP_SYSTEM = Text(
    en="Change the sending system as described under {rules} in the mail's reply. No DNS record has to change.",
    ja="スレッドにあるメールの検査結果の{rules}に従って、送信システムを修正してください。DNSレコードの変更は不要です。",
)
STEP_TTL = Text(
    en="Wait until the TTL of the old records has passed, often an hour, then press “Check again”.",
    ja="変更前のレコードのTTL(1時間ほどのことが多い)が過ぎてから「再検査」を押してください。",
)
STEP_TTL_OF = Text(
    en="Wait until the TTL of the old records has passed ({ttl}), then press “Check again”.",
    ja="変更前のレコードのTTL({ttl})が過ぎてから「再検査」を押してください。",
)
MINUTES, HOURS = Text(en="{n} minutes", ja="{n}分"), Text(en="{n} hours", ja="{n}時間")
HOUR = Text(en="1 hour", ja="1時間")
STEP_ADDED = Text(
    en="Press “Check again” some minutes later. New records can take up to an hour to show: resolvers remember that "
    "there was none.",
    ja="数分後に「再検査」を押してください。「レコードなし」の応答がキャッシュされている間(通常は長くて1時間ほど)は、"
    "反映されないことがあります。",
)
STEP_ALSO_ADDED = Text(
    en="Added records can take up to an hour to show.",
    ja="追加したレコードは、反映まで1時間ほどかかることがあります。",
)
STEP_THEN_AGAIN = Text(en="Then press “Check again”.", ja="対応したら「再検査」を押してください。")
STEP_ELSEWHERE = Text(
    en="Then press “Check again”. A change in DNS shows only once the TTL of the old answer has passed, often an hour.",
    ja="対応したら「再検査」を押してください。DNSの変更は、以前の応答のTTL(1時間ほどのことが多い)が過ぎるまで"
    "反映されないことがあります。",
)
STEP_THEN_MAIL = Text(
    en="Then send a test mail to the address in the thread.",
    ja="その後、スレッドのテスト用アドレスへメールを送ってください。",
)
STEP_MAIL_AGAIN = Text(en="Then send another test mail.", ja="修正したら、もう一度テストメールを送ってください。")
STEP_SEND = Text(
    en="Send a test mail from your mail system to the address in the thread.",
    ja="検査したいシステムから、スレッドのテスト用アドレスへメールを送ってください。",
)
STEP_FROM = Text(
    en="Let From hold exactly one address of `{domain}`, as MSG101 in the mail's reply describes, then send it again.",
    ja="スレッドにあるメールの検査結果のMSG101の「直し方」に従い、Fromを `{domain}` のアドレス1つだけにして、"
    "送り直してください。",
)
STEP_NEW_ADDRESS = Text(
    en="Press “Send a test mail” for a new address, and send a mail to it from your mail system.",
    ja="「テストメールを送る」を押して新しいアドレスを取得し、検査したいシステムからメールを送ってください。",
)
STEP_ADVICE = Text(
    en="Optional: the thread has advice ({rules}); nothing has to change now.",
    ja="任意: スレッドの{rules}は参考情報です。すぐに変更する必要はありません。",
)
STEP_NONE = Text(en="Nothing has to change.", ja="必要な作業はありません。")
