"""What can be wrong with a DKIM key: the rules that hold for the keys of a mail and for those found in the DNS."""

from __future__ import annotations

from checks.catalogue import Rule, Sample, Text, Texts
from checks.model import Severity, Tier
from checks.rules._per_signature import ALTERNATIVES, FACTS

MINIMUM_BITS = 1024
RECOMMENDED_BITS = 2048
KEY_RECORD = "https://www.rfc-editor.org/rfc/rfc6376#section-3.6.1"
SHOWN = 60
"""As much of a record as a text shows."""

KEY_NOT_FOUND = Rule(
    id="DKIM002",
    name="key-not-found",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=FACTS,
    alternatives=ALTERNATIVES,
    texts=Texts(
        title=Text(
            en="There is no public key at `{key_name}`",
            ja="`{key_name}` に公開鍵がありません",
        ),
        why=Text(
            en="The mail is signed for `{domain}` with the selector `{selector}`, but receivers find no key for it: "
            "to them this signature is invalid.",
            ja="メールは `{domain}` のセレクター `{selector}` で署名されていますが、受信側は公開鍵を取得できません。"
            "この署名は無効と判定されます。",
        ),
        fix=Text(
            en="If `{selector}` was retired, publish the key of a new selector for this system alone, then let it sign with that "
            "(`d=` stays). Else publish at `{key_name}` the TXT or CNAME record that the sending system shows (mind panels that "
            "append the domain). If the mail is not yours, change nothing.",
            ja="廃止したセレクター `{selector}` であれば、ここには登録せず、このシステム専用の新しいセレクターの公開鍵を登録してから、そのセレクターで署名する"
            "ように切り替えてください(`d=` は変えません)。そうでなければ、送信システムに表示されるTXTまたはCNAMEレコードを `{key_name}` に登録します(DNSの管理画面がドメイン名を"
            "補う場合は、ドメイン名より前の部分だけを入力します)。自社のメールでなければ、対応は不要です。",
        ),
    ),
    variants={
        "published": Texts(
            title=Text(
                en="The key `{key_name}` of the latest signed mail is no longer published",
                ja="最近のメールの署名に使われた公開鍵 `{key_name}` が見つかりません",
            ),
            why=Text(
                en="If the mail of `{domain}` is still signed with the selector `{selector}`, DKIM now fails. After a change "
                "to a new selector, removing the old key is right.",
                ja="`{domain}` のメールが今もセレクター `{selector}` で署名されている場合、DKIMは不合格になります。"
                "新しいセレクターへ切り替えた後に古い公開鍵を削除したのであれば、問題ありません。",
            ),
            fix=Text(
                en="Send a test mail. If it is still signed with `{selector}`, publish the key at `{key_name}` again; if it "
                "is signed with another selector, nothing needs to be done.",
                ja="テストメールを送信してください。まだ `{selector}` で署名されていれば、`{key_name}` に公開鍵を登録し直します。"
                "別のセレクターで署名されていれば、対応は不要です。",
            ),
        )
    },
    references=(KEY_RECORD, "https://support.google.com/a/answer/174126"),
    sample=Sample(
        bad="s1._domainkey.example.co.jp.  TXT  →  NXDOMAIN",
        good='s1._domainkey.example.co.jp.  TXT  "v=DKIM1; k=rsa; p=MIIBIjANBgkq..."',
    ),
)

KEY_REVOKED = Rule(
    id="DKIM003",
    name="key-revoked",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=FACTS,
    alternatives=ALTERNATIVES,
    texts=Texts(
        title=Text(
            en="The key at `{key_name}` is revoked (empty `p=`)",
            ja="`{key_name}` の公開鍵は失効しています(`p=` が空です)",
        ),
        why=Text(
            en="The owner of `{domain}` declares by an empty `p=` that nothing signed with the selector `{selector}` is valid "
            "any more; receivers treat such mail as unsigned.",
            ja="空の `p=` は、`{domain}` のセレクター `{selector}` による署名をすべて無効とする宣言です。"
            "受信側は、このセレクターの署名を無効と判定します。",
        ),
        fix=Text(
            en="Switch the sending system to a new selector with a new key and publish it, or, if the record was emptied by "
            "mistake, put the public key that the system shows back at `{key_name}`.",
            ja="送信システムで新しいセレクターと鍵を作成し、その公開鍵を登録してください。誤って空にした場合は、"
            "送信システムに表示される公開鍵を `{key_name}` に登録し直します。",
        ),
    ),
    references=(KEY_RECORD,),
    sample=Sample(
        bad='s1._domainkey.example.co.jp.  TXT  "v=DKIM1; p="',
        good='s1._domainkey.example.co.jp.  TXT  "v=DKIM1; k=rsa; p=MIIBIjANBgkq..."',
    ),
)

KEY_RECORD_SYNTAX = Rule(
    id="DKIM101",
    name="key-record-syntax",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=(*FACTS, "record", "count"),
    alternatives=ALTERNATIVES,
    texts=Texts(
        title=Text(
            en="The record at `{key_name}` is not a valid DKIM key",
            ja="`{key_name}` のレコードはDKIMの公開鍵として正しくありません",
        ),
        why=Text(
            en="Receivers cannot use the key of the selector `{selector}`, so signatures of `{domain}` made with it are "
            "invalid. It begins: `{record}`.",
            ja="受信側はセレクター `{selector}` の公開鍵を使えないため、`{domain}` のこの署名は無効と判定されます。"
            "現在の値の先頭は `{record}` です。",
        ),
        fix=Text(
            en="Replace the TXT record at `{key_name}` by the value that the sending system shows, as one record. Usual "
            "causes: characters lost on copying, a missing `;`, or a `p=` cut off at 255 characters.",
            ja="`{key_name}` のTXTレコードを、送信システムに表示される値で1つのレコードとして登録し直してください。"
            "コピー時の文字の欠落、`;` の抜け、255文字で切れた `p=` がよくある原因です。",
        ),
    ),
    variants={
        "several": Texts(
            title=Text(
                en="There are {count} key records at `{key_name}`; there must be one",
                ja="`{key_name}` に公開鍵のレコードが{count}個あります(1個にする必要があります)",
            ),
            why=Text(
                en="Which one a receiver takes is undefined, so signatures of `{domain}` with the selector `{selector}` pass "
                "or fail by chance.",
                ja="受信側がどのレコードを使うかは決まっていません。`{domain}` のセレクター `{selector}` の署名は、"
                "合格することも不合格になることもあります。",
            ),
            fix=Text(
                en="Leave only the record at `{key_name}` that the sending system shows and delete the others. A second "
                "system that signs needs a selector of its own.",
                ja="送信システムに表示される値のレコードだけを `{key_name}` に残し、他は削除してください。"
                "署名するシステムが複数ある場合は、セレクターを分けます。",
            ),
        )
    },
    references=(KEY_RECORD,),
    sample=Sample(
        bad='s1._domainkey.example.co.jp.  TXT  "v=DKIM1 k=rsa p=MIIBIjANBgkq..."',
        good='s1._domainkey.example.co.jp.  TXT  "v=DKIM1; k=rsa; p=MIIBIjANBgkq..."',
    ),
)

WEAK_KEY = Rule(
    id="DKIM202",
    name="weak-key",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=(*FACTS, "bits", "minimum"),
    alternatives=ALTERNATIVES,
    texts=Texts(
        title=Text(
            en="The key at `{key_name}` has only {bits} bits",
            ja="`{key_name}` の鍵長は{bits}ビットしかありません",
        ),
        why=Text(
            en="Receivers must not accept RSA signatures under {minimum} bits (RFC 8301), and a key this short can be "
            "computed by others, who then sign as `{domain}`.",
            ja="受信側は{minimum}ビット未満のRSA鍵による署名を受け入れてはなりません(RFC 8301)。"
            "また、短い鍵は第三者に解読され、`{domain}` の署名を偽造されるおそれがあります。",
        ),
        fix=Text(
            en="Make a 2048-bit key in the sending system under a new selector, publish it, switch over, then delete "
            "the record of the selector `{selector}`.",
            ja="送信システムで新しいセレクターの2048ビットの鍵を作成し、公開鍵を登録して切り替えてください。"
            "切り替え後に、セレクター `{selector}` のレコードを削除します。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc8301#section-3.2",),
    sample=Sample(
        bad='s1._domainkey.example.co.jp.  TXT  "v=DKIM1; k=rsa; p=MEwwDQYJKoZIhvcNAQEB..."  (512 bits)',
        good='s2._domainkey.example.co.jp.  TXT  "v=DKIM1; k=rsa; p=MIIBIjANBgkq..."  (2048 bits)',
    ),
)

TESTING_MODE = Rule(
    id="DKIM201",
    name="testing-mode",
    severity=Severity.WARNING,
    tier=Tier.MAIL,
    since="0.2",
    facts=FACTS,
    alternatives=ALTERNATIVES,
    texts=Texts(
        title=Text(
            en="The key at `{key_name}` says that DKIM is only being tested (`t=y`)",
            ja="`{key_name}` の公開鍵が試験運用(`t=y`)のままです",
        ),
        why=Text(
            en="Receivers may treat mail of `{domain}` signed with the selector `{selector}` as unsigned (RFC 6376), so that "
            "nothing is gained from signing it.",
            ja="受信側は、`{domain}` のセレクター `{selector}` で署名されたメールを、署名のないメールとして扱うことがあります"
            "(RFC 6376)。署名の効果が得られません。",
        ),
        fix=Text(
            en="Once the signatures verify, take `y` out of the tag `t=` of the TXT record at `{key_name}` (if nothing else is "
            "in it, remove the tag), or switch off the test mode in the system that signs.",
            ja="署名の検証に合格することを確認できたら、`{key_name}` のTXTレコードの `t=` から `y` を削除します"
            "(ほかの値がなければ `t=` ごと削除します)。または、署名するシステムの試験モードを無効にしてください。",
        ),
    ),
    variants={
        "hosted": Texts(
            title=Text(
                en="The key that `{key_name}` leads to says that DKIM is only being tested (`t=y`)",
                ja="`{key_name}` の参照先の公開鍵が試験運用(`t=y`)のままです",
            ),
            why=Text(
                en="Receivers may treat mail of `{domain}` signed with the selector `{selector}` as unsigned (RFC 6376), so "
                "that nothing is gained from signing it.",
                ja="受信側は、`{domain}` のセレクター `{selector}` で署名されたメールを、署名のないメールとして扱うことが"
                "あります(RFC 6376)。署名の効果が得られません。",
            ),
            fix=Text(
                en="`{key_name}` is a CNAME, so the service that it leads to publishes the key: switch off the test mode for "
                "`{domain}` there, or ask its support to.",
                ja="`{key_name}` はCNAMEで、公開鍵は参照先のサービスが公開しています。そのサービスの管理画面で `{domain}` の"
                "試験モードを無効にするか、サポートに依頼してください。",
            ),
        )
    },
    references=(KEY_RECORD,),
    sample=Sample(
        bad='s1._domainkey.example.co.jp.  TXT  "v=DKIM1; k=rsa; t=y; p=MIIBIjANBgkq..."',
        good='s1._domainkey.example.co.jp.  TXT  "v=DKIM1; k=rsa; p=MIIBIjANBgkq..."',
    ),
)

SHORT_KEY = Rule(
    id="DKIM203",
    name="short-key",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=(*FACTS, "bits", "recommended"),
    texts=Texts(
        title=Text(
            en="The key at `{key_name}` has {bits} bits; {recommended} are recommended",
            ja="`{key_name}` の鍵長は{bits}ビットです({recommended}ビット以上を推奨)",
        ),
        why=Text(
            en="Receivers still accept it, but RFC 8301 and Gmail recommend {recommended} bits: shorter RSA keys come within reach "
            "of those who would sign as `{domain}`.",
            ja="現在は受け入れられますが、RFC 8301とGmailは{recommended}ビットを推奨しています。短いRSA鍵は、将来、第三者に解読され、"
            "`{domain}` の署名を偽造されるおそれがあります。",
        ),
        fix=Text(
            en="Make a {recommended}-bit key in the sending system under a new selector, publish it and switch over. Delete the "
            "record of the selector `{selector}` about a week later: mail still on its way needs it. A TXT string holds 255 characters: the value has to be split.",
            ja="送信システムで新しいセレクターの{recommended}ビットの鍵を作成し、公開鍵を登録して切り替えてください。配送中のメールの検証に"
            "必要なため、セレクター `{selector}` のレコードは1週間ほど残してから削除します。1つの文字列は255文字までのため、値を分割して登録します。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc8301#section-3.2", "https://support.google.com/a/answer/81126"),
    sample=Sample(
        bad='s1._domainkey.example.co.jp.  TXT  "v=DKIM1; k=rsa; p=MIGfMA0GCSqG..."  (1024 bits)',
        good='s2._domainkey.example.co.jp.  TXT  "v=DKIM1; k=rsa; p=MIIBIjANBgkq..."  (2048 bits)',
    ),
)


def count_of_keys(records: tuple[str, ...]) -> int:
    return sum("p=" in record for record in records)
