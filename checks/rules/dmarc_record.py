"""Is there one DMARC record that governs the name?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcEvidence, DmarcPlaceEvidence
from checks.evidence.domain import DomainEvidence, UseEvidence
from checks.evidence.mx import MxEvidence
from checks.model import Absent, Severity, Tier, Unreachable
from checks.parse.dmarc import POLICIES, parse_dmarc, records_at
from checks.rules._dmarc_change import (
    accepts_mail,
    begun_with,
    change_at,
    first_at,
    first_record,
    harmless,
    is_missing,
    misplaced_records,
    usual_record,
)

_MISSING = Text(en="`{domain}` has no DMARC record", ja="`{domain}` にDMARCレコードがありません")
_WHY_MISSING = Text(
    en="Anyone can use the domain in From, and nobody reports it to you. Gmail, Yahoo and Microsoft demand a DMARC record of bulk senders; the Japanese carrier docomo shows a warning on mail without a DMARC pass.",
    ja="このドメインをかたるメールを防げず、DMARCレポートも届きません。Gmail、米国Yahoo、Microsoftは大量送信者にDMARCを必須とし、ドコモはDMARCに合格しないメールに警告を表示します。",
)

MISSING_DMARC = Rule(
    id="DMARC001",
    name="missing-dmarc",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("domain", "name", "misplaced"),
    alternatives=((Severity.WARNING, Tier.NONE),),
    texts=Texts(
        title=_MISSING,
        why=_WHY_MISSING,
        fix=Text(
            en="Create a mailbox for the reports, then publish this TXT record at `{name}`. With p=none delivery does not change. Read the reports for a few weeks; when all your own mail passes, change to p=quarantine, and later to p=reject.",
            ja="DMARCレポートを受け取るメールボックスを用意し、`{name}` にこのTXTレコードを登録してください。p=noneなので配送に影響はありません。数週間レポートを確認し、自社のメールがすべて合格していれば、p=quarantine、続いてp=rejectへ強化します。",
        ),
    ),
    variants={
        "misplaced": Texts(
            title=_MISSING,
            why=_WHY_MISSING,
            fix=Text(
                en="Publish the TXT record shown, once, at `{name}` (in most DNS panels enter only `_dmarc` as the name), and delete the one at `{misplaced}`; the finding on that one means the same change. p=none changes no delivery. When the reports of a few weeks show that all your mail passes: p=quarantine, later p=reject.",
                ja="下記のTXTレコードを `{name}` に1つだけ登録し(管理画面の名前欄には `_dmarc` とだけ入力)、`{misplaced}` のレコードは削除してください。`{misplaced}` についての指摘も同じ変更を指します。p=noneなので配送に影響はありません。数週間レポートを確認し、自社のメールがすべて合格していれば、p=quarantine、続いてp=rejectへ強化します。",
            ),
        ),
        "no_mailbox": Texts(
            title=_MISSING,
            why=_WHY_MISSING,
            fix=Text(
                en="Publish this TXT record at `{name}` (p=none changes no delivery), with `rua=mailto:` and a mailbox at another domain of yours: `{domain}` takes no mail. If that domain has another organizational domain, publish TXT `v=DMARC1;` at `{domain}._report._dmarc.<that domain>`. When all your mail passes: p=quarantine, later p=reject.",
                ja="`{name}` にこのTXTレコードを登録し(p=noneなので配送に影響はありません)、自社の別ドメインのメールボックスを `rua=mailto:` で加えてください(`{domain}` は受信できません)。組織ドメインが異なる場合は、`{domain}._report._dmarc.<宛先のドメイン>` にTXTレコード `v=DMARC1;` も登録します。自社のメールがすべて合格していれば、p=quarantine、続いてp=rejectへ強化します。",
            ),
        ),
        "non_sending": Texts(
            title=Text(
                en="`{domain}` sends no mail, but has no DMARC record that says so",
                ja="`{domain}` はメールを送信しないドメインですが、DMARCレコードがありません",
            ),
            why=Text(
                en="Domains without mail are popular for forgery: nothing tells receivers to refuse mail that claims to come from it.",
                ja="メールを使わないドメインは、なりすましに悪用されやすいドメインです。拒否してよいことを受信側に伝える必要があります。",
            ),
            fix=Text(
                en="Publish this TXT record at `{name}`: receivers then refuse everything that claims to come from `{domain}`.",
                ja="`{name}` にこのTXTレコードを登録すると、`{domain}` をかたるメールを受信側が拒否できます。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc9989#section-4.7", "https://support.google.com/a/answer/81126"),
    sample=Sample(
        bad="_dmarc.example.co.jp.  →  NXDOMAIN",
        good='_dmarc.example.co.jp.  TXT  "v=DMARC1; p=none; rua=mailto:dmarc-reports@example.co.jp"',
    ),
)

MULTIPLE_DMARC_RECORDS = Rule(
    id="DMARC101",
    name="multiple-dmarc-records",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("name", "count", "governing"),
    texts=Texts(
        title=Text(en="`{name}` has {count} DMARC records", ja="`{name}` にDMARCレコードが{count}個あります"),
        why=Text(
            en="Receivers discard all of them and go on as if there were none. No other record applies (`{governing}`), so DMARC is off.",
            ja="DMARCレコードは1つでなければならず、複数ある場合、受信側はすべて無視します。ほかに適用されるレコードもなく(`{governing}`)、DMARCは無効の状態です。",
        ),
        fix=Text(
            en="Keep one record at `{name}` and delete the others. It takes effect at once: the one that stays below puts no mail of yours at risk, a stricter one is right when all of it passes. Check that `rua` is the address you want.",
            ja="`{name}` のDMARCレコードを1つだけ残し、ほかは削除してください。残したレコードはすぐに有効になるため、下記では自社のメールに影響しないものを残しています。より厳しいものは、自社のメールがすべて合格することを確認してから使います。`rua` の宛先も確認してください。",
        ),
    ),
    variants={
        "inherited": Texts(
            title=Text(en="`{name}` has {count} DMARC records", ja="`{name}` にDMARCレコードが{count}個あります"),
            why=Text(
                en="Receivers discard all of them and apply the record of the organizational domain, `{governing}`, instead.",
                ja="DMARCレコードは1つでなければならず、複数ある場合、受信側はすべて無視します。代わりに組織ドメインのレコード(`{governing}`)が適用されます。",
            ),
            fix=Text(
                en="Keep one record at `{name}` and delete the others, or delete all to inherit on purpose.",
                ja="`{name}` のDMARCレコードを1つだけ残してほかを削除するか、上位の設定に従う場合はすべて削除してください。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc9989#section-4.10",),
    sample=Sample(bad='"v=DMARC1; p=none" and "v=DMARC1; p=reject" at one name', good='"v=DMARC1; p=reject" alone'),
)

_MAX_SHOWN = 10


def judge(
    dmarc: DmarcEvidence, use: UseEvidence, domain: DomainEvidence, place: DmarcPlaceEvidence, mx: MxEvidence
) -> Iterator[Finding]:
    several = tuple(_multiple(dmarc, use))
    yield from several
    if isinstance(dmarc.record, Unreachable):
        raise CannotTell(dmarc.record.why)
    if several or not is_missing(dmarc, domain):
        # There is a record, if one that nobody can use (a look-alike is DMARC102): that finding says what to do.
        return
    at = first_at(dmarc, use, domain)
    name, is_own = f"_dmarc.{at}", at == dmarc.domain
    new = first_record(dmarc, use, place) if is_own else usual_record(at)
    misplaced = [where for where, _ in misplaced_records(place)] if is_own else []
    variant = "non_sending" if use.non_sending else "misplaced" if misplaced else None
    if variant is None and is_own and accepts_mail(mx.records, mx.own_ipv4, mx.own_ipv6) is False:
        variant, new = "no_mailbox", "v=DMARC1; p=none"
    # The least that is certain: where a lookup failed, whether mail is sent is not known. p=none is safe in any case.
    sends = use.non_sending is False
    yield MISSING_DMARC.found(
        dmarc.domain,
        severity=None if sends else Severity.WARNING,
        tier=None if sends else Tier.NONE,
        variant=variant,
        records=[change_at(dmarc, at, None, new)],
        domain=dmarc.domain if variant == "no_mailbox" else domain.shown,  # there it is part of a record's name
        name=name,
        misplaced=misplaced[0] if misplaced else "-",
    )


def _multiple(dmarc: DmarcEvidence, use: UseEvidence) -> Iterator[Finding]:
    for step in dmarc.walk.steps:
        records = records_at(step.answer)[:_MAX_SHOWN]
        concerns = step.domain in (dmarc.domain, dmarc.at) or isinstance(dmarc.record, Absent)
        if len(records) < 2 or not concerns:
            continue
        name = f"_dmarc.{step.domain}"
        # The strictest that puts nothing at risk; where each does, the mildest: receivers use none of them today.
        safe = [t for t in records if (r := parse_dmarc(t)).policy and harmless(r, step.domain, dmarc, use)]
        kept = min(safe, key=_mildness, default=None) or max(records, key=_mildness)
        stays = kept if safe else begun_with(parse_dmarc(kept), step.domain, dmarc, use)
        yield MULTIPLE_DMARC_RECORDS.found(
            step.domain,
            variant="inherited" if dmarc.at else None,
            records=[change_at(dmarc, step.domain, text, stays if text is kept else "") for text in records],
            name=name,
            count=len(records_at(step.answer)),
            governing=f"_dmarc.{dmarc.at}" if dmarc.at else "-",
        )


def _mildness(text: str) -> int:
    """0 for the strictest policy; a record without a valid one before all others."""
    policy = parse_dmarc(text).policy
    return len(POLICIES) - 1 - POLICIES.index(policy) if policy else -1


CHECK = Check(
    id="dmarc.record",
    title=Text(en="DMARC record", ja="DMARCレコード"),
    needs=(DmarcEvidence, UseEvidence, DomainEvidence, DmarcPlaceEvidence, MxEvidence),
    rules=(MISSING_DMARC, MULTIPLE_DMARC_RECORDS),
    judge=judge,
    required=True,
)
