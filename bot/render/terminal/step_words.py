"""What to do next, as a terminal says it, in both languages; a thread has bot.conversation.step_words."""

from checks import Text

DNS = Text(en="Change DNS as described under {rules}.", ja="{rules}の説明に従って、DNSのレコードを修正してください。")
DO = Text(en="Do what is described under {rules}.", ja="{rules}の説明に従って対応してください。")
SYSTEM = Text(
    en="Change the sending system as described under {rules}. No DNS record has to change.",
    ja="{rules}の説明に従って、送信システムを修正してください。DNSレコードの変更は不要です。",
)
DIRECT = Text(
    en="Before you change anything for {rules}, use `mailcheck message FILE` on a mail that came directly: this one "
    "was forwarded, and what fails in it may be the forwarder's doing.",
    ja="このメールは転送されており、{rules}は転送元のシステムが原因の可能性があります。対応する前に、転送を経由せずに届いた"
    "メールを `mailcheck message ファイル名` で検査してください。",
)
DNSSEC = Text(
    en="Repair DNSSEC as described under SEC201. Until then receivers that validate see none of your records.",
    ja="SEC201の説明に従ってDNSSECを修復してください。修復するまで、DNSSEC検証を行う相手側はこのドメインの"
    "レコードを取得できません。",
)
DNSSEC_THEN = Text(
    en="Run `mailcheck check {domain}` again once the TTL of the old DS, often up to a day, and of the old "
    "records has passed, and check a mail after that.",
    ja="変更前のDS(TTLは最長1日のことが多い)とレコードのTTLが過ぎてから `mailcheck check {domain}` を"
    "再実行してください。"
    "メールの検査はその後に行ってください。",
)
TTL = Text(
    en="Wait until the TTL of the old records has passed, often an hour, then run `mailcheck check {domain}` again.",
    ja="変更前のレコードのTTL(1時間ほどのことが多い)が過ぎてから `mailcheck check {domain}` を再実行してください。",
)
TTL_OF = Text(
    en="Wait until the TTL of the old records has passed ({ttl}), then run `mailcheck check {domain}` again.",
    ja="変更前のレコードのTTL({ttl})が過ぎてから `mailcheck check {domain}` を再実行してください。",
)
ELSEWHERE = Text(
    en="Then run `mailcheck check {domain}` again. A change in DNS shows only once the TTL of the old answer has "
    "passed, often an hour.",
    ja="対応したら `mailcheck check {domain}` を再実行してください。DNSの変更は、以前の応答のTTL"
    "(1時間ほどのことが多い)が過ぎるまで反映されないことがあります。",
)
ADDED = Text(
    en="Run `mailcheck check {domain}` again some minutes later. New records can take up to an hour to show: "
    "resolvers remember that there was none.",
    ja="数分後に `mailcheck check {domain}` を再実行してください。「レコードなし」の応答がキャッシュされている間"
    "(通常は長くて1時間ほど)は、反映されないことがあります。",
)
THEN_AGAIN = Text(
    en="Then run `mailcheck check {domain}` again.", ja="対応したら `mailcheck check {domain}` を再実行してください。"
)
THEN_MAIL = Text(
    en="Then check a mail that the domain sent: save one where it was received (Gmail: Show original, then Download "
    "Original) and run `mailcheck message FILE`.",
    ja="その後、ドメインから送信したメールを検査してください。受信側で保存し(Gmailでは「メッセージのソースを表示」から"
    "ダウンロード)、`mailcheck message ファイル名` を実行します。",
)
MAIL_AGAIN = Text(
    en="Then send another mail, and check it with `mailcheck message FILE`.",
    ja="修正したら新しいメールを送信し、`mailcheck message ファイル名` で検査してください。",
)
MAIL = Text(
    en="Check a mail that the domain sent: save one where it was received (Gmail: Show original, then Download "
    "Original) and run `mailcheck message FILE`.",
    ja="ドメインから送信したメールを検査してください。受信側で保存し(Gmailでは「メッセージのソースを表示」から"
    "ダウンロード)、`mailcheck message ファイル名` を実行します。",
)
TRY_AGAIN = Text(
    en="Run `mailcheck check {domain}` again in about 10 minutes.",
    ja="10分ほど待ってから `mailcheck check {domain}` を再実行してください。",
)
TRY_MAIL_AGAIN = Text(
    en="Run `mailcheck message FILE` again in about 10 minutes: lookups for this mail failed.",
    ja="このメールの検査ではDNSの問い合わせに失敗しました。10分ほど待って `mailcheck message ファイル名` を"
    "再実行してください。",
)
ADVICE = Text(
    en="Optional: {rules} are advice; nothing has to change now.",
    ja="任意: {rules}は参考情報です。すぐに変更する必要はありません。",
)
