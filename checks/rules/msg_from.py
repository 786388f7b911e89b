"""Has the mail exactly one author?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier

_WHY = Text(
    en="DMARC looks up the domain of the one From address. Without exactly one, Gmail and others refuse the mail (550 5.7.1).",
    ja="DMARCは、Fromにある1つのアドレスのドメインで判定されます。正しいアドレスが1つだけでないと、Gmailなどで受信を拒否されます"
    "(550 5.7.1)。",
)


def _texts(title: Text, fix: Text) -> Texts:
    return Texts(title=title, why=_WHY, fix=fix)


FROM_HEADER_INVALID = Rule(
    id="MSG101",
    name="from-header-invalid",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    in_system=True,
    facts=("value", "count"),
    texts=_texts(
        Text(
            en="The From header holds no valid address: `{value}`",
            ja="Fromヘッダーに正しいメールアドレスがありません: `{value}`",
        ),
        Text(
            en="In the program that writes the mail, set From to one address, with the display name in quotes or encoded: "
            '`From: "Example, Inc." <info@example.co.jp>`.',
            ja="メールを作成するプログラムで、Fromを1つのアドレスにしてください。表示名は "
            '`From: "Example, Inc." <info@example.co.jp>` のように引用符で囲むか、エンコードします。',
        ),
    ),
    variants={
        "none": _texts(
            Text(en="The mail has no From header", ja="Fromヘッダーがありません"),
            Text(
                en="Let the program that writes the mail add one `From:` header with the address of the author.",
                ja="メールを作成するプログラムで、差出人のアドレスを書いた `From:` ヘッダーを1つ付けてください。",
            ),
        ),
        "several_fields": _texts(
            Text(en="The mail has {count} From headers", ja="Fromヘッダーが{count}個あります"),
            Text(
                en="Let the program that writes the mail add only one `From:`. A library and the code that uses it often add "
                "one each, or a gateway adds a second.",
                ja="メールを作成するプログラムで、`From:` を1つだけにしてください。ライブラリーとその呼び出し側の両方、"
                "またはゲートウェイが、重ねて追加していることがよくあります。",
            ),
        ),
        "several_addresses": _texts(
            Text(
                en="The From header holds several addresses: `{value}`",
                ja="Fromヘッダーに複数のアドレスがあります: `{value}`",
            ),
            Text(
                en="Leave one address in From and put the others into `Cc:`; if replies should reach all, name all of them, the author "
                "too, in `Reply-To:`. A display name that is an address "
                "itself must be the same address, or be dropped.",
                ja="Fromのアドレスを1つだけにし、他は `Cc:` に移してください。全員に返信を届けるには、差出人も含めた全員を "
                "`Reply-To:` に書きます。表示名にアドレスを書く場合は、"
                "実際のアドレスと同じにするか、表示名を削除します。",
            ),
        ),
        "bad_domain": _texts(
            Text(
                en="The domain of the From address is not valid: `{value}`",
                ja="Fromのアドレスのドメインが正しくありません: `{value}`",
            ),
            Text(
                en="Set From to an address of a domain that exists in the public DNS. Host names such as `localhost`, IP "
                "addresses and names without a dot are not accepted.",
                ja="Fromを、公開されたDNSにあるドメインのアドレスにしてください。`localhost` などのホスト名、IPアドレス、"
                "ドットのない名前は受け付けられません。",
            ),
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc5322#section-3.6.2",
        "https://www.rfc-editor.org/rfc/rfc9989#section-5.3.1",
    ),
    sample=Sample(bad="From: Example Inc.", good='From: "Example Inc." <info@example.co.jp>'),
)

_SHOWN = 60


def judge(message: MessageEvidence) -> Iterator[Finding]:
    if not message.from_problem:
        return
    value = message.from_fields[0] if message.from_fields else ""
    yield FROM_HEADER_INVALID.found(
        "From",
        variant=None if message.from_problem == "no_address" else message.from_problem,
        value=value[:_SHOWN] + ("…" if len(value) > _SHOWN else ""),
        count=message.header_names.count("from"),
    )


CHECKS = (
    Check(
        id="msg.from",
        title=Text(en="Message: the From header", ja="メッセージ: Fromヘッダー"),
        needs=(MessageEvidence,),
        rules=(FROM_HEADER_INVALID,),
        judge=judge,
        of_mail=True,
        required=True,
    ),
)
