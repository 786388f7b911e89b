"""What each reason word says to a person."""

from __future__ import annotations

from collections.abc import Mapping

from checks.catalogue import Text
from checks.model import Why

_TEXTS: Mapping[Why, Text] = {
    Why.TIMEOUT: Text(en="the DNS did not answer in time", ja="DNSの応答が時間内にありませんでした"),
    Why.SERVFAIL: Text(en="the DNS lookup failed (SERVFAIL)", ja="DNSの問い合わせに失敗しました(SERVFAIL)"),
    Why.REFUSED: Text(en="the name server refused to answer", ja="ネームサーバーが応答を拒否しました"),
    Why.NETWORK: Text(
        en="the network or the resolver could not be reached", ja="ネットワークまたはリゾルバーに到達できませんでした"
    ),
    Why.BAD_NAME: Text(en="the name cannot be looked up in the DNS", ja="DNSで問い合わせできない名前です"),
    Why.BLOCKED: Text(
        en="the blocklists do not answer our resolver as they should",
        ja="ブラックリストが本ツールのリゾルバーに正しく応答しません",
    ),
    Why.FILTERED: Text(
        en="our resolver answered in place of the domain (a filter)",
        ja="本ツールのリゾルバーがフィルターによって応答を書き換えています",
    ),
    Why.NOT_VALIDATING: Text(
        en="our resolver does not validate DNSSEC", ja="本ツールのリゾルバーがDNSSEC検証を行っていません"
    ),
    Why.NO_DIRECT: Text(
        en="name servers cannot be asked directly from here (is port 53 outward closed?)",
        ja="本ツールの環境からネームサーバーへ直接問い合わせできません(外向きの53番ポートが遮断されている可能性があります)",
    ),
    Why.NO_CONNECT: Text(
        en="connections were switched off for this check", ja="この検査では接続試験を行わない設定です"
    ),
    Why.NOT_PROVIDED: Text(
        en="the facts of the SMTP session were not given", ja="SMTPセッションの情報が渡されていません"
    ),
    Why.NOT_ASKED: Text(en="not part of this check", ja="今回の検査の対象に含まれていません"),
    Why.NOT_COVERED: Text(en="this version does not test it", ja="このバージョンでは検査していません"),
    Why.NEEDS_MAIL: Text(en="not known until a test mail arrives", ja="テストメールの受信後に判定します"),
    Why.NEEDS_PROOF: Text(en="needs a proof that the domain is yours", ja="ドメインの所有確認が必要です"),
    Why.DEPENDS: Text(en="something it depends on could not be found out", ja="前提となる情報を取得できませんでした"),
    Why.INTERNAL: Text(en="an error of ours; it has been logged", ja="本ツールの内部エラーです(記録しました)"),
    Why.NON_SENDING: Text(en="the domain sends no mail", ja="メールを送信しないドメインです"),
    Why.NO_DOMAIN: Text(en="the domain does not exist", ja="ドメインが存在しません"),
    Why.NO_RECORD: Text(en="there is no record to judge", ja="対象のレコードがありません"),
    Why.NO_MX: Text(en="no mail server is named by MX", ja="MXレコードで指定されたメールサーバーがありません"),
    Why.NO_SIGNATURE: Text(en="there is no signature to judge", ja="対象の署名がありません"),
    Why.NO_PASS: Text(en="nothing of the kind passes", ja="対象となる合格した認証結果がありません"),
    Why.FORWARDED: Text(en="the mail was forwarded", ja="転送されたメールです"),
    Why.NO_FROM: Text(en="the mail has no usable From address", ja="有効なFromアドレスがありません"),
    Why.NOT_BULK: Text(en="the mail does not look like bulk mail", ja="一斉配信のメールではないようです"),
    Why.NO_UNSUBSCRIBE: Text(
        en="the mail has no unsubscribe headers to judge", ja="登録解除用のヘッダー(List-Unsubscribe)がありません"
    ),
    Why.TOO_COSTLY: Text(
        en="the mail could not be analysed: that took more time or memory than one mail is given",
        ja="メールを解析できませんでした(1通あたりの処理時間またはメモリーの上限を超えました)",
    ),
    Why.NOT_ANALYSED: Text(
        en="the mail could not be analysed: the analysis was cut short on our side",
        ja="メールを解析できませんでした(本ツールの解析処理が途中で終了しました)",
    ),
}


def reason_text(why: Why) -> Text:
    """A clause without a full stop that says why there is no answer."""
    return _TEXTS[why]
