"""Is a TXT record meant as SPF that receivers do not recognise?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.domain import UseEvidence
from checks.evidence.spf import SpfEvidence
from checks.model import Absent, Seen, Severity, Tier, Unreachable, Why
from checks.parse.spf import parse_spf
from checks.parse.spf_redundancy import listed
from checks.parse.spf_repair import look_alikes, recognised
from checks.rules._spf_change import MAX_SHOWN, one_for_look_alikes

_MAX_CHARACTERS = 80

_TITLE = Text(
    en="A TXT record of `{domain}` is meant as SPF, but receivers do not recognise it: `{published}`",
    ja="`{domain}` のTXTレコードの1つがSPFとして認識されません: `{published}`",
)
_WHY = Text(
    en="A record counts as SPF only if it begins with exactly `v=spf1` and a space. With a quote, a blank or another character there receivers skip it without an error, and with it the senders it lists.",
    ja="SPFレコードと認識されるのは、`v=spf1` と半角スペースで始まるものだけです。先頭に引用符や空白があったり、`v=spf1` の直後に別の文字が続いたりすると、エラーにならずに読み飛ばされ、記載した送信元は使われません。",
)
_WHY_BESIDE = Text(
    en="A record counts as SPF only if it begins with exactly `v=spf1` and a space. Receivers use the valid record of `{domain}` alone and skip this one, without an error.",
    ja="SPFレコードと認識されるのは、`v=spf1` と半角スペースで始まるものだけです。受信側が使うのは `{domain}` の有効なレコードだけで、このレコードはエラーにならずに読み飛ばされます。",
)

LOOK_ALIKE_SPF_RECORD = Rule(
    id="SPF103",
    name="look-alike-spf-record",
    severity=Severity.WARNING,
    tier=Tier.MAIL,
    since="0.2",
    facts=("domain", "published"),
    alternatives=((Severity.WARNING, Tier.NONE),),
    texts=Texts(
        title=_TITLE,
        why=_WHY,
        fix=Text(
            en="Replace every TXT record of `{domain}` that is meant as SPF by the one corrected record (shown with this finding), once that lists all your senders.",
            ja="送信元がすべて記載されていることを確認し、`{domain}` の該当するTXTレコードを(複数あれば、すべてまとめて)修正した1つのレコード(下記)に置き換えます。",
        ),
    ),
    variants={
        "by_hand": Texts(
            title=_TITLE,
            why=_WHY,
            fix=Text(
                en="Publish at `{domain}`, in place of all that is meant as SPF, one TXT record that begins with `v=spf1` and a space, lists your senders and ends in `~all`. No new record is shown: what was to be said is not certain, or one record of it all would let nearly everybody send or need more than 10 lookups.",
                ja="`{domain}` の該当するTXTレコードをすべて削除し、代わりに、`v=spf1` と半角スペースで始まり、送信元を記載して `~all` で終わるTXTレコードを1つ公開します。意図した内容を確定できない、または1つにまとめるとほぼ誰でも送信できるかルックアップが10回を超えるため、変更後のレコードは示していません。",
            ),
        ),
        "surplus": Texts(
            title=_TITLE,
            why=_WHY_BESIDE,
            fix=Text(
                en="Delete every TXT record of `{domain}` that is shown with this finding: the valid record already lists all senders. Correct none of them: a second SPF record would make both useless.",
                ja="下記に示した `{domain}` のTXTレコードをすべて削除します。記載されている送信元は、すべて有効なレコードにあります。SPFレコードが2つになるとどちらも使われなくなるため、修正はしないでください。",
            ),
        ),
        "beside": Texts(
            title=_TITLE,
            why=_WHY_BESIDE,
            fix=Text(
                en="Move the senders that you still use into the valid SPF record of `{domain}`, before its `all`, then delete every TXT record that is shown with this finding. Correct none of them: a second SPF record would make both useless.",
                ja="現在も使っている送信元を、`{domain}` の有効なSPFレコードの `all` より前に移してから、下記に示したTXTレコードをすべて削除します。SPFレコードが2つになるとどちらも使われなくなるため、修正はしないでください。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc7208#section-4.5",),
    sample=Sample(bad="v=spf1; mx; -all", good="v=spf1 mx -all"),
)


def judge(spf: SpfEvidence, use: UseEvidence) -> Iterator[Finding]:
    match spf.answer:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Absent():
            raise NotApplicable(Why.NO_RECORD)
        case Seen(answer):
            # What stands at the canonical name of an alias may be somebody else's.
            if answer.alias_of is None and (texts := look_alikes(spf.answer)):
                yield _found(spf, use, texts)


def _found(spf: SpfEvidence, use: UseEvidence, texts: Sequence[str]) -> Finding:
    """One finding for all of them, since one record has to take their place."""
    if not spf.records:
        one, changes = one_for_look_alikes(spf)
        variant = None if one else "by_hand"
    else:
        is_surplus = len(texts) <= MAX_SHOWN and all(_is_surplus(spf, text) for text in texts)
        new, variant = ("", "surplus") if is_surplus else (None, "beside")
        changes = tuple(RecordChange(spf.domain, "TXT", text, new) for text in texts[:MAX_SHOWN])
    text = texts[0]
    return LOOK_ALIKE_SPF_RECORD.found(
        spf.domain,
        tier=None if use.non_sending is False else Tier.NONE,
        variant=variant,
        records=changes,
        domain=spf.domain,
        published=text if len(text) <= _MAX_CHARACTERS else text[: _MAX_CHARACTERS - 1] + "…",
    )


def _is_surplus(spf: SpfEvidence, text: str) -> bool:
    """Whether the one valid record names every sender of the other."""
    meant = recognised(text)
    record = spf.tree.record if spf.tree else None
    if meant is None or record is None or record.error is not None or record.cut:
        return False
    valid = [t for t in record.reached if t.kind == "mechanism" and t.name != "all"]
    senders = [t for t in parse_spf(meant.text).terms if t.qualifier == "+" or t.name == "redirect"]
    return len(listed(valid, senders, spf.domain)) == len(senders)


CHECK = Check(
    id="spf.look_alike",
    title=Text(en="Unrecognised SPF records", ja="SPFとして認識されないレコード"),
    needs=(SpfEvidence, UseEvidence),
    rules=(LOOK_ALIKE_SPF_RECORD,),
    judge=judge,
)
