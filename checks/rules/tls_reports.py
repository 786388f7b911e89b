"""Does the domain ask for reports on TLS (TLS-RPT)?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.mx import MxEvidence
from checks.evidence.tls_reports import TlsReportEvidence
from checks.evidence.versioned import FaultyRecord
from checks.model import Absent, Seen, Severity, Tier, Unreachable
from checks.parse.tls_reports import destinations_in
from checks.rules._policy_record import policy_change
from checks.rules._receiving import usable_mx_hosts

NO_TLS_REPORTS = Rule(
    id="RPT001",
    name="no-tls-reports",
    severity=Severity.NOTICE,
    tier=Tier.DNS,
    since="0.2",
    facts=("domain", "name"),
    texts=Texts(
        title=Text(
            en="`{domain}` asks for no TLS reports (TLS-RPT)",
            ja="`{domain}` はTLSレポート(TLS-RPT)を受け取っていません",
        ),
        why=Text(
            en="When senders cannot deliver to you over TLS, or MTA-STS or DANE fails, nobody tells you.",
            ja="送信側がTLSで配送できない場合や、MTA-STSやDANEの検証に失敗した場合に、それを知る手段がありません。",
        ),
        fix=Text(
            en="Create a mailbox for the reports (each large sender sends one every day), then publish the TXT record shown at `{name}`. If you have a mailbox or report service for them already, put its address in place of `tls-reports@{domain}`.",
            ja="レポートを受け取るメールボックス(レポートは大手の送信側から毎日届きます)を用意し、下記のTXTレコードを `{name}` に登録してください。既存のメールボックスやレポート分析サービスを使う場合は、`tls-reports@{domain}` をその宛先に置き換えます。",
        ),
    ),
    variants={
        "mx_first": Texts(
            title=Text(
                en="`{domain}` asks for no TLS reports (TLS-RPT)",
                ja="`{domain}` はTLSレポート(TLS-RPT)を受け取っていません",
            ),
            why=Text(
                en="When senders cannot deliver to you over TLS, or MTA-STS or DANE fails, nobody tells you.",
                ja="送信側がTLSで配送できない場合や、MTA-STSやDANEの検証に失敗した場合に、それを知る手段がありません。",
            ),
            fix=Text(
                en="First repair the MX records of `{domain}` (see the findings on them): no mailbox there can get a report. Then publish a TXT record `v=TLSRPTv1; rua=mailto:` and your address at `{name}`.",
                ja="先に `{domain}` のMXレコードを修正してください(MXの指摘を参照)。現在は、このドメインのメールボックスではレポートを受け取れません。その後、`{name}` に `v=TLSRPTv1; rua=mailto:` と宛先を書いたTXTレコードを登録します。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc8460#section-3",),
    sample=Sample(
        bad="(no TXT record at _smtp._tls.example.co.jp)",
        good='_smtp._tls.example.co.jp. TXT "v=TLSRPTv1; rua=mailto:tls-reports@example.co.jp"',
    ),
)

_WHY = Text(
    en="Senders cannot use it, so no reports on failed TLS arrive.",
    ja="送信側はこのレコードを利用できないため、TLSの失敗に関するレポートが届きません。",
)
_FIX = Text(
    en="Publish one record at `{name}` as shown, with the mailbox that shall get the reports.",
    ja="`{name}` に下記のレコードを1個だけ登録してください。宛先には、レポートを受け取るメールボックスを指定します。",
)

RECORD_INVALID = Rule(
    id="RPT101",
    name="tls-report-record-invalid",
    severity=Severity.WARNING,
    tier=Tier.DNS,
    since="0.2",
    facts=("domain", "name", "part", "count"),
    texts=Texts(
        title=Text(
            en="The TLS-RPT record at `{name}` cannot be read at `{part}`",
            ja="`{name}` のTLS-RPTレコードの `{part}` に構文エラーがあります",
        ),
        why=_WHY,
        fix=_FIX,
    ),
    variants={
        "missing": Texts(
            title=Text(
                en="The TLS-RPT record at `{name}` has no `{part}`",
                ja="`{name}` のTLS-RPTレコードに `{part}` がありません",
            ),
            why=_WHY,
            fix=_FIX,
        ),
        "value": Texts(
            title=Text(
                en="The TLS-RPT record at `{name}` has `{part}`, which is no mailto: or https: address",
                ja="`{name}` のTLS-RPTレコードの `{part}` は、mailto:またはhttps:の宛先ではありません",
            ),
            why=_WHY,
            fix=_FIX,
        ),
        "look_alike": Texts(
            title=Text(
                en="The TXT record at `{name}` does not begin with `v=TLSRPTv1;`",
                ja="`{name}` のTXTレコードが `v=TLSRPTv1;` で始まっていません",
            ),
            why=_WHY,
            fix=_FIX,
        ),
        "multiple": Texts(
            title=Text(
                en="There are {count} TLS-RPT records at `{name}`", ja="`{name}` にTLS-RPTレコードが{count}個あります"
            ),
            why=Text(
                en="Senders have to ignore all of them, so no reports on failed TLS arrive.",
                ja="送信側はどのレコードも無視するため、TLSの失敗に関するレポートが届きません。",
            ),
            fix=Text(
                en="Leave one record at `{name}`, with the address that shall get the reports, and delete the others.",
                ja="`{name}` のレコードを1個だけ残し、ほかは削除してください。残すレコードの宛先は、レポートを受け取るメールボックスにします。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc8460#section-3",),
    sample=Sample(
        bad="v=TLSRPTv1; rua=tls-reports@example.co.jp", good="v=TLSRPTv1; rua=mailto:tls-reports@example.co.jp"
    ),
)


def judge(reports: TlsReportEvidence, mx: MxEvidence) -> Iterator[Finding]:
    hosts = usable_mx_hosts(mx)
    name = f"_smtp._tls.{reports.domain}"
    new = f"v=TLSRPTv1; rua=mailto:tls-reports@{reports.domain}"
    match reports.record:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Absent():
            yield NO_TLS_REPORTS.found(
                reports.domain,
                variant=None if hosts else "mx_first",
                records=[policy_change(name, reports.alias_of, None, new)] if hosts else [],
                domain=reports.domain,
                name=name,
            )
        case Seen(FaultyRecord(texts, fault, part)):
            # With several, which address is the right one only their owner knows.
            changes = [policy_change(name, reports.alias_of, text, None) for text in texts]
            if len(texts) == 1:
                changes = [policy_change(name, reports.alias_of, texts[0], _repaired(texts[0], new))]
            yield RECORD_INVALID.found(
                reports.domain,
                variant=None if fault == "syntax" else fault,
                records=changes,
                domain=reports.domain,
                name=name,
                part=part,
                count=len(texts),
            )


def _repaired(text: str, new: str) -> str:
    """With the destinations that the record has; `new` where it has none."""
    kept = destinations_in(text)
    return f"v=TLSRPTv1; rua={','.join(kept)}" if kept else new


CHECK = Check(
    id="rpt.record",
    title=Text(en="TLS reports (TLS-RPT)", ja="TLSレポート(TLS-RPT)"),
    needs=(TlsReportEvidence, MxEvidence),
    rules=(NO_TLS_REPORTS, RECORD_INVALID),
    judge=judge,
)
