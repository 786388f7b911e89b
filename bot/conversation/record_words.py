"""What is said of a DNS record or file that has to change, in both languages."""

from checks import Text

RECORD_NOW = Text(en="Now: {type} at {name}", ja="現在の{type}レコード({name})")
RECORD_NEW = Text(en="Change it to: {type} at {name}", ja="変更後の{type}レコード({name})")
RECORD_ADD = Text(en="Add: {type} at {name}", ja="追加する{type}レコード({name})")
RECORD_LATER = Text(
    en="Only as described above: set {type} at {name} to",
    ja="上記の条件と手順に従って設定する{type}レコード({name})",
)
RECORD_DELETE = Text(en="Delete this record: {type} at {name}", ja="削除する{type}レコード({name})")
RECORD_KEEP = Text(en="Keep: {type} at {name}", ja="そのまま残す{type}レコード({name})")
HELD = Text(
    en="Do not publish it while DMARC401 is open: mail that fails DMARC would be held back or refused.",
    ja="DMARC401が解消するまでは登録しないでください。DMARCに不合格のメールが隔離または拒否されます。",
)
FILE_NOW = Text(en="Now: file at {name}", ja="{name} の現在のファイル")
FILE_NEW = Text(en="Change it to: file at {name}", ja="{name} の変更後のファイル")
FILE_ADD = Text(en="File at {name}", ja="{name} に置くファイル")
FILE_KEEP = Text(en="Keep: file at {name}", ja="{name} にそのまま残すファイル")
FILE_DELETE = Text(en="Delete the file at {name}", ja="{name} から削除するファイル")
PUBLISHED_BY = Text(
    en="To be published by the operator of `{zone}`, in their zone:",
    ja="`{zone}` の管理者が、自身のゾーンに登録する必要があります。",
)
CHANGED_BY = Text(
    en="To be changed by the operator of `{zone}`, in their zone:",
    ja="`{zone}` の管理者が、自身のゾーンで変更する必要があります。",
)
BEHIND_ALIAS = Text(
    en="`{alias}` is an alias (CNAME) of `{name}`: the record stands there.",
    ja="`{alias}` は `{name}` の別名(CNAME)で、レコードは `{name}` にあります。",
)
ALIAS_FIRST = Text(
    en="`{name}` is an alias (CNAME) of `{target}`, where there is no such record. Beside a CNAME nothing can be "
    "added: delete it first (one of a wildcard can stay), or have the record published at `{target}` instead:",
    ja="`{name}` は `{target}` の別名(CNAME)ですが、そこに該当するレコードはありません。"
    "CNAMEのある名前にほかのレコードは追加できないため、先にCNAMEを削除するか(ワイルドカードによるものは残せます)、"
    "代わりに `{target}` に登録してもらってください。",
)
IN_A_ZONE_FILE = Text(
    en="In most DNS panels enter only the part of the name before that of the zone (`@` for the zone itself). "
    "In a zone file end full names with a dot, and put TXT values in double quotes.",
    ja="DNSの管理画面では、多くの場合、名前欄にはゾーン名より前の部分だけを入力します(ゾーン自体は `@`)。"
    'ゾーンファイルでは、FQDNの末尾にドットを付け、TXTの値を二重引用符(")で囲んでください。',
)
