"""What the sources of findings and requirements are called, in both languages."""

from collections.abc import Mapping

from checks import Text

RFC = Text(en="RFC {number}", ja="RFC {number}")
SECTION = Text(en="RFC {number} section {section}", ja="RFC {number} {section}節")
GUIDELINES = Text(en="Google: sender guidelines", ja="Google: メール送信者のガイドライン")
GOOGLE_PAGES: Mapping[str, Text] = {
    "33786": Text(en="Google: protecting a domain with SPF", ja="Google: SPFの設定"),
    "3726730": Text(en="Google: SPF records and how to troubleshoot them", ja="Google: SPFレコードの問題と対処"),
    "174124": Text(en="Google: protecting a domain with DKIM", ja="Google: DKIMの設定"),
    "174126": Text(en="Google: DKIM keys", ja="Google: DKIM鍵の設定"),
    "9261504": Text(en="Google: MTA-STS and TLS reporting", ja="Google: MTA-STSとTLSレポート"),
    "10911320": Text(en="Google: setting up BIMI", ja="Google: BIMIの設定"),
    "14016360": Text(en="Google: limits for message headers", ja="Google: メールヘッダーの上限"),
    "14229414": Text(en="Google: sender guidelines FAQ", ja="Google: メール送信者のガイドラインに関するよくある質問"),
}
"""By the number of the page of the administrators' help: what it is about."""
GOOGLE = Text(en="Google: admin help {page}", ja="Google: 管理者ヘルプ {page}")
KNOWN: Mapping[str, Text] = {
    "senders.yahooinc.com": Text(en="Yahoo: sender best practices", ja="Yahoo: 送信者向けベストプラクティス"),
    "techcommunity.microsoft.com": Text(
        en="Microsoft: requirements for high-volume senders", ja="Microsoft: 大量送信者の要件"
    ),
    "learn.microsoft.com": Text(en="Microsoft Learn", ja="Microsoft Learn"),
    "substrate.office.com": Text(en="Microsoft: Outlook.com for senders", ja="Microsoft: Outlook.comの送信者向け情報"),
    "support.apple.com": Text(
        en="Apple: iCloud Mail for postmasters", ja="Apple: iCloudメールのポストマスター向け情報"
    ),
    "www.docomo.ne.jp": Text(en="NTT docomo: notice to mail senders", ja="NTTドコモ: メール送信者へのお知らせ"),
    "www.au.com": Text(en="au: SPF records of mail senders", ja="au: SPFレコードについて"),
    "www.softbank.jp": Text(en="SoftBank: notice on DMARC", ja="ソフトバンク: DMARC対応のお知らせ"),
    "whatsnewmail.yahoo.co.jp": Text(en="Yahoo! JAPAN Mail: notice", ja="Yahoo!メール: お知らせ"),
    "bimigroup.org/implementation-guide/": Text(en="BIMI Group: implementation guide", ja="BIMI Group: 導入ガイド"),
    "bimigroup.org/creating-bimi-svg-logo-files/": Text(en="BIMI Group: SVG logos", ja="BIMI Group: SVGロゴの作成"),
    "www.unicode.org": Text(en="Unicode: UTS #39", ja="Unicode: UTS #39"),
}
"""By host, or by host and path where a host has several pages."""
