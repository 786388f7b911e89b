"""The few words that only a terminal needs around a report; what it shares with a chat is bot.conversation.words."""

from collections.abc import Mapping

from checks import Text

LABELS: Mapping[str, Text] = {
    "google": Text(en="Google's sender guidelines", ja="Googleの送信者ガイドライン"),
    "method": Text(en="method", ja="方式"),
    "result": Text(en="result", ja="結果"),
    "domain": Text(en="domain", ja="ドメイン"),
    "aligned": Text(en="aligned with From", ja="アライメント"),
    "yes": Text(en="yes", ja="あり"),
    "no": Text(en="no", ja="なし"),
}
