"""Does the DMARC record ask for reports, at addresses that can be read?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcEvidence, DmarcRecord, ReportUri
from checks.evidence.domain import UseEvidence
from checks.evidence.mx import MxEvidence
from checks.model import Seen, Severity, Tier, Unreachable, Why
from checks.parse.dmarc_rewrite import repaired_uri
from checks.rules._dmarc_change import accepts_mail, change_now, mailbox_at

NO_AGGREGATE_REPORTS = Rule(
    id="DMARC301",
    name="no-aggregate-reports",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "name", "mailbox"),
    texts=Texts(
        title=Text(
            en="DMARC of `{domain}` asks for no reports (no `rua`)",
            ja="`{domain}` のDMARCレコードに、集計レポートの宛先(`rua`)がありません",
        ),
        why=Text(
            en="Only the aggregate reports show who sends in the name of the domain, and which of your own mail fails before a stricter policy hits it. Without `rua` receivers send none.",
            ja="誰がこのドメインを使って送信しているか、自社のどのメールが不合格かは、集計レポートでしか把握できません。`rua` がなければレポートは送られず、ポリシーの強化も手探りになります。",
        ),
        fix=Text(
            en="Create a mailbox such as `{mailbox}` (a few reports come every day, as XML), or use a report service, and add its address to the record at `{name}`.",
            ja="`{mailbox}` のようなメールボックスを用意するか(XML形式のレポートが毎日数通届きます)、レポート分析サービスを契約し、その宛先を `{name}` のレコードに追加してください。",
        ),
    ),
    variants={
        "no_mailbox": Texts(
            title=Text(
                en="DMARC of `{domain}` asks for no reports (no `rua`)",
                ja="`{domain}` のDMARCレコードに、集計レポートの宛先(`rua`)がありません",
            ),
            why=Text(
                en="Only the aggregate reports show who sends in the name of the domain, and which of your own mail fails before a stricter policy hits it. Without `rua` receivers send none.",
                ja="誰がこのドメインを使って送信しているか、自社のどのメールが不合格かは、集計レポートでしか把握できません。`rua` がなければレポートは送られず、ポリシーの強化も手探りになります。",
            ),
            fix=Text(
                en="`{domain}` accepts no mail: add the address of a mailbox at another domain of yours, or of a report service, to the record at `{name}`. If your other domain has another organizational domain, publish TXT `v=DMARC1;` at `{domain}._report._dmarc.<that domain>`; a report service does that itself.",
                ja="`{domain}` はメールを受信できないため、自社の別ドメインのメールボックスか、レポート分析サービスの宛先を `{name}` のレコードに追加してください。組織ドメインが異なる自社ドメインを使う場合は、`{domain}._report._dmarc.<宛先のドメイン>` にTXTレコード `v=DMARC1;` も登録します(分析サービスでは通常、サービス側で設定されます)。",
            ),
        ),
        "inherited": Texts(
            title=Text(
                en="The DMARC record that `{domain}` inherits asks for no reports (no `rua`)",
                ja="`{domain}` が継承しているDMARCレコードに、集計レポートの宛先(`rua`)がありません",
            ),
            why=Text(
                en="It has no record of its own and inherits from `{name}`. Only aggregate reports show who sends in its name, and which of its own mail fails; without `rua` receivers send none.",
                ja="独自のレコードがないため、`{name}` の設定を継承しています。誰がこの名前を使って送信しているか、どのメールが不合格かは、集計レポートでしか把握できません。",
            ),
            fix=Text(
                en="Create a mailbox such as `{mailbox}`, or use a report service, and add its address to the record at `{name}`: the reports then cover all names below.",
                ja="`{mailbox}` のようなメールボックスを用意するか、レポート分析サービスを契約し、その宛先を `{name}` のレコードに追加してください。配下のすべての名前のレポートが届きます。",
            ),
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc9989#section-4.7",
        "https://www.rfc-editor.org/rfc/rfc9990",
    ),
    sample=Sample(
        bad="v=DMARC1; p=reject",
        good="v=DMARC1; p=reject; rua=mailto:dmarc-reports@example.co.jp",
    ),
)

_NOT_USABLE = Text(
    en="`{uri}` in `{tag}` at `{name}` is no address that DMARC reports can be sent to",
    ja="`{name}` の `{tag}` にある `{uri}` は、DMARCレポートの宛先として使えません",
)
_FIX = Text(
    en="Write it as `{right}` in the record at `{name}`; several are separated by commas.",
    ja="`{name}` のレコードに `{right}` の形で記載してください。複数ある場合はカンマで区切ります。",
)

REPORT_URI_INVALID = Rule(
    id="DMARC302",
    name="report-uri-invalid",
    severity=Severity.ERROR,
    tier=Tier.NONE,
    since="0.2",
    facts=("name", "tag", "uri", "right"),
    alternatives=((Severity.WARNING, Tier.NONE), (Severity.NOTICE, Tier.NONE)),
    texts=Texts(
        title=_NOT_USABLE,
        why=Text(
            en="A destination is a URI that begins with `mailto:`. No usable one remains in `{tag}`, so nobody sends you these reports.",
            ja="宛先は `mailto:` で始まるURIで指定します。`{tag}` に有効な宛先が1つもないため、レポートは届きません。",
        ),
        fix=_FIX,
    ),
    variants={
        "others": Texts(
            title=_NOT_USABLE,
            why=Text(
                en="A destination is a URI that begins with `mailto:`. Receivers skip this one and use the others in `{tag}`.",
                ja="宛先は `mailto:` で始まるURIで指定します。受信側はこの宛先を無視し、`{tag}` にあるほかの宛先だけに送ります。",
            ),
            fix=_FIX,
        ),
        "size_limit": Texts(
            title=Text(
                en="`{uri}` in `{tag}` at `{name}` has a size limit, which is no longer in use",
                ja="`{name}` の `{tag}` にある `{uri}` のサイズ制限の指定は、廃止されています",
            ),
            why=Text(
                en="RFC 9989 has no size limits (`!10m`): receivers send reports of any size to this address.",
                ja="`!10m` のようなサイズ制限はRFC 9989で廃止されました。受信側は制限を無視し、この宛先にレポートを送ります。",
            ),
            fix=Text(
                en="Write `{right}` without the limit in the record at `{name}`.",
                ja="`{name}` のレコードでは、制限を付けずに `{right}` と記載してください。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc9989#section-4.6",),
    sample=Sample(
        bad="v=DMARC1; p=reject; rua=dmarc-reports@example.co.jp",
        good="v=DMARC1; p=reject; rua=mailto:dmarc-reports@example.co.jp",
    ),
)

_MAX_FINDINGS = 5
_SHOWN = 120


def judge(dmarc: DmarcEvidence, use: UseEvidence, mx: MxEvidence) -> Iterator[Finding]:
    match dmarc.record:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen(record) if not dmarc.is_suffix_record:
            pass
        case _:
            raise NotApplicable(Why.NO_RECORD)
    change = change_now(dmarc, use, mx)
    if not use.non_sending and not any(tag.name == "rua" for tag in record.tags):
        # A domain without mail has nothing that could fail, and reject from the start.
        yield NO_AGGREGATE_REPORTS.found(
            dmarc.at or "",
            variant=_wording(dmarc, mx),
            records=change,
            domain=dmarc.domain,
            name=f"_dmarc.{dmarc.at}",
            mailbox=mailbox_at(dmarc.at or ""),
        )
    yield from islice(_invalid(dmarc, record, change), _MAX_FINDINGS)


def _wording(dmarc: DmarcEvidence, mx: MxEvidence) -> str | None:
    if dmarc.at != dmarc.domain:
        return "inherited"
    return "no_mailbox" if accepts_mail(mx.records, mx.own_ipv4, mx.own_ipv6) is False else None


def _invalid(dmarc: DmarcEvidence, record: DmarcRecord, change: Sequence[RecordChange]) -> Iterator[Finding]:
    for tag, uris in (("rua", record.aggregate_uris), ("ruf", record.failure_uris)):
        present = any(t.name == tag for t in record.tags)
        usable = any(uri.domain for uri in uris)
        for uri in uris or ((ReportUri("", "", "no_scheme"),) if present else ()):
            if uri.domain and not uri.size_limit:
                continue
            severity = Severity.NOTICE if uri.size_limit else Severity.WARNING if usable or tag == "ruf" else None
            yield REPORT_URI_INVALID.found(
                uri.text[:_SHOWN] or f"{tag}=",
                severity=severity,
                variant="size_limit" if uri.size_limit else "others" if usable else None,
                records=change,
                name=f"_dmarc.{dmarc.at}",
                tag=tag,
                uri=uri.text[:_SHOWN] or f"{tag}=",
                right=(repaired_uri(uri.text) or f"mailto:{mailbox_at(dmarc.at or '')}")[:_SHOWN],
            )


CHECK = Check(
    id="dmarc.reports",
    title=Text(en="DMARC reports", ja="DMARCレポート"),
    needs=(DmarcEvidence, UseEvidence, MxEvidence),
    rules=(NO_AGGREGATE_REPORTS, REPORT_URI_INVALID),
    judge=judge,
)
