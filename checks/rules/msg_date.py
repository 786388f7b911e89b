"""Does the mail have a well-formed Date near the time of its arrival?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier, Why

_DAY_S = 86400

_FIX = Text(
    en="Correct the `Date:` that is there, and add no second one: let the program that writes the mail use the form `Tue, 24 Nov 2026 10:00:00 +0900`, with English day and month names and a numeric time zone. Mail libraries have a function for it.",
    ja="既存の `Date:` の値を直してください(2つ目は付けません)。メールを作成するプログラムで、`Tue, 24 Nov 2026 10:00:00 +0900` の形式(曜日と月は英語、タイムゾーンは数値)にします。メールライブラリーの日時用の関数を使うと確実です。",
)
_ADD = Text(
    en="Let the program that writes the mail add `Date: Tue, 24 Nov 2026 10:00:00 +0900` (English day and month names, a numeric time zone); mail libraries have a function for it. On a Postfix of your own through which only outgoing mail passes, before it is signed, `always_add_missing_headers = yes` adds it.",
    ja="メールを作成するプログラムで、`Date: Tue, 24 Nov 2026 10:00:00 +0900` の形式(曜日と月は英語、タイムゾーンは数値)で付けてください。メールライブラリーの日時用の関数を使うと確実です。署名前の自社の送信メールだけが通るPostfixでは、`always_add_missing_headers = yes` で補うこともできます。",
)

DATE_INVALID = Rule(
    id="MSG103",
    name="date-invalid",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    in_system=True,
    facts=("value", "hours"),
    texts=Texts(
        title=Text(en="The Date header is malformed: `{value}`", ja="Dateヘッダーの書式が正しくありません: `{value}`"),
        why=Text(
            en="It does not follow RFC 5322 section 3.3. Receivers sort such mail wrongly, count it as a sign of spam, or refuse it.",
            ja="RFC 5322 3.3節の書式に従っていません。受信側で並び順が乱れるほか、迷惑メールの特徴とみなされたり、拒否されたりすることがあります。",
        ),
        fix=_FIX,
    ),
    variants={
        "none": Texts(
            title=Text(en="The mail has no Date header", ja="Dateヘッダーがありません"),
            why=Text(
                en="RFC 5322 section 3.6 requires it. Receivers count its absence as a sign of spam, or refuse the mail.",
                ja="RFC 5322 3.6節で必須とされています。ないと、迷惑メールの特徴とみなされたり、拒否されたりすることがあります。",
            ),
            fix=_ADD,
        ),
        "wrong_weekday": Texts(
            title=Text(
                en="The day of the week in Date is wrong: `{value}`", ja="Dateの曜日が日付と合っていません: `{value}`"
            ),
            why=Text(
                en="RFC 5322 section 3.3 demands the weekday that the date has. A wrong one shows that the program puts the date together by itself.",
                ja="RFC 5322 3.3節では、曜日は日付と一致しなければなりません。誤った曜日は、迷惑メールの特徴とみなされることがあります。",
            ),
            fix=_FIX,
        ),
        "ahead": Texts(
            title=Text(
                en="The Date `{value}` lies {hours} hours in the future",
                ja="Dateの日時 `{value}` が{hours}時間先になっています",
            ),
            why=Text(
                en="Receivers count a date in the future as a sign of spam, or refuse the mail; it also stays on top of the inbox.",
                ja="未来の日時は、受信側で迷惑メールの特徴とみなされたり、拒否されたりすることがあります。受信トレイの先頭に残り続けることもあります。",
            ),
            fix=Text(
                en="Set the clock of the machine that writes the mail by NTP, and check that the program writes the time zone that its time belongs to (`+0900` for Japan).",
                ja="メールを作成するサーバーの時計をNTPで合わせ、プログラムが時刻に合ったタイムゾーン(日本時間なら `+0900`)を書いているか確認してください。",
            ),
        ),
        "behind": Texts(
            title=Text(
                en="The Date `{value}` is {hours} hours old", ja="Dateの日時 `{value}` が{hours}時間前になっています"
            ),
            why=Text(
                en="The mail is sorted among old ones and easily missed, and receivers count an old date as a sign of spam.",
                ja="古いメールの位置に並んで見落とされやすく、受信側で迷惑メールの特徴とみなされることもあります。",
            ),
            fix=Text(
                en="Set the clock of the machine that writes the mail by NTP, write `Date:` when the mail is sent and not when its text was prepared, and check whether it lay in a queue for long.",
                ja="メールを作成するサーバーの時計をNTPで合わせ、`Date:` は原稿の作成時ではなく送信時の日時にしてください。キューに長く滞留していなかったかも確認します。",
            ),
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc5322#section-3.3",
        "https://www.rfc-editor.org/rfc/rfc5322#section-3.6.1",
    ),
    sample=Sample(bad="Date: 2026/11/24 10:00:00", good="Date: Tue, 24 Nov 2026 10:00:00 +0900"),
)


def judge(message: MessageEvidence) -> Iterator[Finding]:
    form = message.form
    ahead = form.date_ahead_s or 0
    variant: str | None = form.date_problem
    if not variant and abs(ahead) > _DAY_S:
        variant = "ahead" if ahead > 0 else "behind"
    if variant:
        variant = None if variant == "malformed" else variant
        yield DATE_INVALID.found("Date", variant=variant, value=form.date, hours=abs(ahead) // 3600)
    elif form.date_ahead_s is None:
        raise CannotTell(Why.NOT_PROVIDED)


CHECK = Check(
    id="msg.date",
    title=Text(en="Message: Date", ja="メッセージ: Date"),
    needs=(MessageEvidence,),
    rules=(DATE_INVALID,),
    judge=judge,
    of_mail=True,
)
