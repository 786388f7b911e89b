"""Can receivers get the public keys, and are they fit for use?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.dkim import KnownKeysEvidence, PublishedKey
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import MessageEvidence, SignatureReason
from checks.model import Answer, Known, Seen, Severity, Tier, Unreachable, Why
from checks.rules._per_signature import ALTERNATIVES, FACTS, broken_signatures

MINIMUM_BITS = 1024
_KEY_RECORD = "https://www.rfc-editor.org/rfc/rfc6376#section-3.6.1"

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
            en="Publish at `{key_name}` the TXT or CNAME record that the sending system shows for this selector. If you "
            "have published it, check its name: many DNS consoles append the domain once more.",
            ja="送信システムの管理画面に表示されるこのセレクターのTXTまたはCNAMEレコードを、`{key_name}` に登録してください。"
            "登録済みの場合はレコード名を確認します(DNSの管理画面がドメイン名を補い、二重になっていることがあります)。",
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
    references=(_KEY_RECORD, "https://support.google.com/a/answer/174126"),
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
    references=(_KEY_RECORD,),
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
    references=(_KEY_RECORD,),
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

KEY_RESTRICTION_BROKEN = Rule(
    id="DKIM210",
    name="key-restriction-broken",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=(*FACTS, "record", "algorithm"),
    alternatives=ALTERNATIVES,
    texts=Texts(
        title=Text(
            en="The key at `{key_name}` does not permit this signature",
            ja="`{key_name}` の公開鍵は、この署名を許可していません",
        ),
        why=Text(
            en="The signature of `{domain}` (`{algorithm}`) is outside what the tags `k=`, `h=`, `s=` or `t=s` of the key "
            "allow, so receivers reject it. The record begins: `{record}`.",
            ja="`{domain}` の署名(`{algorithm}`)が、公開鍵の `k=`、`h=`、`s=`、`t=s` のいずれかの制限に反しているため、"
            "受信側では無効と判定されます。レコードの先頭は `{record}` です。",
        ),
        fix=Text(
            en="Replace the record at `{key_name}` by what the sending system shows for `{selector}`. Usually removing `h=`, "
            "`s=` and `t=s` is enough; `k=` must fit the algorithm of the signature.",
            ja="`{key_name}` のレコードを、送信システムに表示される `{selector}` の値に直してください。多くは `h=`、`s=`、`t=s` を"
            "削除すれば解決します。`k=` は署名のアルゴリズムに合わせます。",
        ),
    ),
    references=(_KEY_RECORD,),
    sample=Sample(
        bad='s1._domainkey.example.co.jp.  TXT  "v=DKIM1; h=sha1; p=MIIBIjANBgkq..."',
        good='s1._domainkey.example.co.jp.  TXT  "v=DKIM1; k=rsa; p=MIIBIjANBgkq..."',
    ),
)

_SHOWN = 60
_OF_MAIL: tuple[SignatureReason, ...] = (
    "key_not_found",
    "key_revoked",
    "key_syntax",
    "key_too_short",
    "key_restricted",
)


def judge_of_mail(message: MessageEvidence, dmarc: DmarcResultEvidence) -> Iterator[Finding]:
    for broken in broken_signatures(message, dmarc, _OF_MAIL):
        signature = broken.signature
        records = signature.key_records
        begin = records[0][:_SHOWN] if records else "-"
        match signature.reason:
            case "key_not_found":
                yield broken.found(KEY_NOT_FOUND, with_record=True)
            case "key_revoked":
                yield broken.found(KEY_REVOKED, with_record=True)
            case "key_syntax":
                count = _key_records(records)
                variant = "several" if count > 1 else None
                yield broken.found(KEY_RECORD_SYNTAX, variant=variant, with_record=True, record=begin, count=count)
            case "key_too_short":
                bits = signature.key_bits or 0
                yield broken.found(WEAK_KEY, with_record=True, bits=bits, minimum=MINIMUM_BITS)
            case "key_restricted":
                yield broken.found(
                    KEY_RESTRICTION_BROKEN, with_record=True, record=begin, algorithm=signature.algorithm
                )
    for signature in message.signatures:
        if signature.reason == "key_lookup_failed":
            raise CannotTell(Why(signature.key_why) if signature.key_why else Why.DEPENDS)


def judge_published(known: KnownKeysEvidence) -> Iterator[Finding]:
    """Only the newest selector must still be there: removing old keys is proper rotation. A bad key is bad in any of them."""
    if not known.keys:
        raise NotApplicable(Why.NO_SIGNATURE)
    for index, key in enumerate(known.keys):
        facts: dict[str, Any] = {
            "domain": key.name.partition("._domainkey.")[2],
            "selector": key.selector,
            "key_name": key.name,
        }
        records = _texts(key.answer)
        change = (RecordChange(key.name, "TXT", records[0] if len(records) == 1 else None, None),)
        match key.problem:
            case "key_not_found" if index == 0:
                yield _mild(KEY_NOT_FOUND, key, "published", change, facts)
            case "key_revoked" if index == 0:
                yield _mild(KEY_REVOKED, key, None, change, facts)
            case "key_syntax":
                count = _key_records(records)
                yield KEY_RECORD_SYNTAX.found(
                    key.name,
                    variant="several" if count > 1 else None,
                    records=change,
                    record=records[0][:_SHOWN] if records else "-",
                    count=count,
                    **facts,
                )
            case "key_too_short":
                yield WEAK_KEY.found(key.name, records=change, bits=key.bits or 0, minimum=MINIMUM_BITS, **facts)
    for key in known.keys:
        if isinstance(key.answer, Unreachable):
            raise CannotTell(key.answer.why)


def _mild(
    rule: Rule, key: PublishedKey, variant: str | None, change: tuple[RecordChange, ...], facts: Mapping[str, Any]
) -> Finding:
    return rule.found(key.name, severity=Severity.WARNING, tier=Tier.NONE, variant=variant, records=change, **facts)


def _texts(answer: Known[Answer[bytes]]) -> tuple[str, ...]:
    return tuple(v.decode("utf-8", "backslashreplace") for v in answer.value.values) if isinstance(answer, Seen) else ()


def _key_records(records: tuple[str, ...]) -> int:
    return sum("p=" in record for record in records)


CHECKS = (
    Check(
        id="dkim.published",
        title=Text(en="DKIM: keys of known selectors", ja="DKIM: 既知のセレクターの公開鍵"),
        needs=(KnownKeysEvidence,),
        rules=(KEY_NOT_FOUND, KEY_REVOKED, KEY_RECORD_SYNTAX, WEAK_KEY),
        judge=judge_published,
    ),
    Check(
        id="dkim.key",
        title=Text(en="DKIM: keys of the mail's signatures", ja="DKIM: 署名の公開鍵"),
        needs=(MessageEvidence, DmarcResultEvidence),
        rules=(KEY_NOT_FOUND, KEY_REVOKED, KEY_RECORD_SYNTAX, WEAK_KEY, KEY_RESTRICTION_BROKEN),
        judge=judge_of_mail,
        of_mail=True,
    ),
)
