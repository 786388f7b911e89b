"""Do the DMARC records draw the boundary of the organization where it is?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcEvidence, DmarcRecord
from checks.evidence.domain import UseEvidence
from checks.evidence.mx import MxEvidence
from checks.model import Seen, Severity, Tier, Unreachable, Why
from checks.parse.dmarc import single_record
from checks.parse.dmarc_rewrite import corrected
from checks.rules._dmarc_change import change_at, change_now, is_misused

MISUSED_PSD = Rule(
    id="DMARC204",
    name="misused-psd",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    facts=("domain", "name"),
    texts=Texts(
        title=Text(
            en="The DMARC record at `{name}` says that `{domain}` is a public suffix (`psd=y`), which it is not",
            ja="`{name}` のDMARCレコードに、`{domain}` をパブリックサフィックスとする指定(`psd=y`)があります",
        ),
        why=Text(
            en="`psd=y` is for domains under which others register, such as `co.jp`. Here it makes every name below `{domain}` an organization of its own: SPF and DKIM of one no longer align with another.",
            ja="`psd=y` は、`co.jp` のように各組織がその下に登録するドメイン用の指定です。このままでは `{domain}` の配下の名前がそれぞれ別の組織とみなされ、互いのSPFやDKIMがアライメントしなくなります。",
        ),
        fix=Text(
            en="Remove `psd=y` from the record at `{name}`. If you wanted to say that `{domain}` is the top of your organization, that is `psd=n`.",
            ja="`{name}` のレコードから `psd=y` を削除してください。`{domain}` が組織ドメインであることを示す場合は、`psd=n` を指定します。",
        ),
    ),
    references=(
        "https://www.rfc-editor.org/rfc/rfc9989#section-4.7",
        "https://www.rfc-editor.org/rfc/rfc9989#section-4.10.2",
    ),
    sample=Sample(
        bad="v=DMARC1; p=reject; psd=y; rua=mailto:dmarc-reports@example.co.jp",
        good="v=DMARC1; p=reject; rua=mailto:dmarc-reports@example.co.jp",
    ),
)


def judge(dmarc: DmarcEvidence, use: UseEvidence, mx: MxEvidence) -> Iterator[Finding]:
    known = [(step.domain, single_record(step.answer)) for step in dmarc.walk.steps]
    for domain, record in known:
        if isinstance(record, Seen) and is_misused(domain, record.value):
            change = change_now(dmarc, use, mx) if domain == dmarc.at else _change(dmarc, domain, record.value)
            yield MISUSED_PSD.found(domain, records=change, domain=domain, name=f"_dmarc.{domain}")
    failed = next((record for _, record in known if isinstance(record, Unreachable)), None)
    if failed:
        raise CannotTell(failed.why)
    if not any(isinstance(record, Seen) for _, record in known):
        raise NotApplicable(Why.NO_RECORD)


def _change(dmarc: DmarcEvidence, domain: str, record: DmarcRecord) -> tuple[RecordChange, ...]:
    """Of a record that does not govern the checked name."""
    return (change_at(dmarc, domain, record.text, corrected(record, without=("psd",))),)


CHECK = Check(
    id="dmarc.organization",
    title=Text(en="Organizational domain", ja="組織ドメイン"),
    needs=(DmarcEvidence, UseEvidence, MxEvidence),
    rules=(MISUSED_PSD,),
    judge=judge,
)
