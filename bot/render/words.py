"""The few words around a report that every renderer needs, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from checks import Lang, RequirementStatus, Severity, Status, Text

SEVERITIES: Mapping[Severity, Text] = {
    Severity.CRITICAL: Text(en="CRITICAL", ja="危険"),
    Severity.ERROR: Text(en="ERROR", ja="エラー"),
    Severity.WARNING: Text(en="WARNING", ja="警告"),
    Severity.NOTICE: Text(en="NOTICE", ja="助言"),
}

STATUSES: Mapping[Status, Text] = {
    Status.MET: Text(en="met", ja="満たしている"),
    Status.NOT_MET: Text(en="not met", ja="満たしていない"),
    Status.NOT_KNOWN: Text(en="not known until a mail arrives", ja="メール受信後に判定"),
    Status.NOT_TESTABLE: Text(en="could not be tested", ja="検査できず"),
    Status.NOT_MEASURABLE: Text(en="cannot be measured from one mail", ja="1通のメールでは判定不可"),
    Status.NOT_APPLICABLE: Text(en="does not apply", ja="対象外"),
}

FINE_SO_FAR = Text(en="fine in the DNS; a mail decides", ja="DNS上は問題なし(メールで確定)")
"""In place of NOT_KNOWN where what is known without a mail is in order."""

APPLIES: Mapping[str, Text] = {
    "all": Text(en="all senders", ja="全送信者"),
    "bulk": Text(en="bulk", ja="大量送信者"),
    "marketing": Text(en="marketing", ja="マーケティング"),
}

LABELS: Mapping[str, Text] = {
    "all_clear": Text(en="Nothing to change was found.", ja="変更が必要な項目は見つかりませんでした。"),
    "unanswered": Text(en="Could not be determined:", ja="判定できなかった項目:"),
    "google": Text(en="Google's sender guidelines", ja="Googleの送信者ガイドライン"),
    "provisional": Text(en=" (provisional)", ja="(暫定)"),
    "fix": Text(en="Fix:", ja="対処:"),
    "where": Text(en="Where:", ja="操作場所:"),
    "method": Text(en="method", ja="方式"),
    "result": Text(en="result", ja="結果"),
    "domain": Text(en="domain", ja="ドメイン"),
    "aligned": Text(en="aligned with From", ja="アライメント"),
    "yes": Text(en="yes", ja="あり"),
    "no": Text(en="no", ja="なし"),
}


def say_status(status: RequirementStatus, lang: Lang) -> str:
    """The state of one requirement or item, without its reason."""
    if status.status is Status.NOT_KNOWN and status.so_far is Status.MET:
        return FINE_SO_FAR.say(lang)
    return STATUSES[status.status].say(lang)
