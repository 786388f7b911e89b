"""Is a TXT record meant as SPF that receivers do not recognise?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.domain import UseEvidence
from checks.evidence.spf import SpfEvidence
from checks.model import Absent, Seen, Severity, Tier, Unreachable, Why
from checks.parse.spf import parse_spf, text_of
from checks.parse.spf_proposal import corrected
from checks.parse.spf_redundancy import redundancies
from checks.parse.spf_repair import recognised, resembles

_MAX_FOUND = 5
_MAX_SHOWN = 80

_TITLE = Text(
    en="A TXT record of `{domain}` is meant as SPF, but receivers do not recognise it: `{published}`",
    ja="`{domain}` のTXTレコードの1つがSPFとして認識されません: `{published}`",
)
_WHY = Text(
    en="A record counts as SPF only if it begins with exactly `v=spf1` and a space. With a quote, a blank or another character there receivers skip it without an error, and with it the senders it lists.",
    ja="SPFレコードと認識されるのは、`v=spf1` と半角スペースで始まるものだけです。引用符や空白、ほかの文字があるとエラーにならずに読み飛ばされ、記載した送信元は使われません。",
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
            en="Replace this TXT record of `{domain}` by the corrected one (shown with this finding), once it lists all your senders.",
            ja="送信元がすべて記載されていることを確認し、`{domain}` のこのTXTレコードを、修正したレコード(下記)に置き換えます。",
        ),
    ),
    variants={
        "by_hand": Texts(
            title=_TITLE,
            why=_WHY,
            fix=Text(
                en="Publish in its place one TXT record at `{domain}` that begins with `v=spf1` and a space, lists your senders and ends in `~all`. No new record is shown: what this one was to say is not certain.",
                ja="代わりに、`v=spf1` と半角スペースで始まり、送信元を記載して `~all` で終わるTXTレコードを `{domain}` に1つ公開します。意図した内容を確定できないため、変更後のレコードは示していません。",
            ),
        ),
        "surplus": Texts(
            title=_TITLE,
            why=_WHY_BESIDE,
            fix=Text(
                en="Delete this TXT record of `{domain}`: the valid record already lists every sender in it. Do not correct it, a second SPF record would make both useless.",
                ja="`{domain}` のこのTXTレコードを削除します。記載されている送信元は、すべて有効なレコードにあります。SPFレコードが2つになるとどちらも使われなくなるため、修正はしないでください。",
            ),
        ),
        "beside": Texts(
            title=_TITLE,
            why=_WHY_BESIDE,
            fix=Text(
                en="Move the senders that you still use into the valid SPF record of `{domain}`, before its `all`, then delete this TXT record. Do not correct it: a second SPF record would make both useless.",
                ja="現在も使っている送信元を、`{domain}` の有効なSPFレコードの `all` より前に移してから、このTXTレコードを削除します。SPFレコードが2つになるとどちらも使われなくなるため、修正はしないでください。",
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
            if answer.alias_of is None:
                texts = [text_of(octets) for octets in answer.values]
                for text in [t for t in dict.fromkeys(texts) if resembles(t)][:_MAX_FOUND]:
                    yield _found(spf, use, text)


def _found(spf: SpfEvidence, use: UseEvidence, text: str) -> Finding:
    meant = recognised(text)
    if not spf.records:
        new = corrected(meant.text, spf.domain).text or meant.text if meant else None
        variant = None if new else "by_hand"
    else:
        is_surplus = meant is not None and _lists_all_of(spf, meant.text)
        new, variant = ("", "surplus") if is_surplus else (None, "beside")
    return LOOK_ALIKE_SPF_RECORD.found(
        spf.domain,
        tier=Tier.NONE if use.non_sending else None,
        variant=variant,
        records=(RecordChange(spf.domain, "TXT", text, new),),
        domain=spf.domain,
        published=text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…",
    )


def _lists_all_of(spf: SpfEvidence, meant: str) -> bool:
    """Whether the one valid record names every sender of the other."""
    record = spf.tree.record if spf.tree else None
    if record is None or record.error is not None or record.cut:
        return False
    listed = [t for t in record.reached if t.kind == "mechanism" and t.name != "all"]
    senders = [t for t in parse_spf(meant).terms if t.qualifier == "+" or t.name == "redirect"]
    return all(any(r.term is s for r in redundancies([*listed, s], spf.domain)) for s in senders)


CHECK = Check(
    id="spf.look_alike",
    title=Text(en="Unrecognised SPF records", ja="SPFとして認識されないレコード"),
    needs=(SpfEvidence, UseEvidence),
    rules=(LOOK_ALIKE_SPF_RECORD,),
    judge=judge,
)
