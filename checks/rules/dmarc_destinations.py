"""Will the DMARC reports arrive?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcEvidence, DmarcReportsEvidence, ReportDestination
from checks.model import Absent, Known, Seen, Severity, Tier, Unreachable, Why
from checks.parse.dmarc import records_at
from checks.rules._dmarc_change import accepts_mail, change_without_destination

_SHOWN = 100
_MAX_SHOWN = 3

_TITLE_303 = Text(
    en="DMARC reports of `{domain}` do not go to `{destination}`: it has not agreed to receive them",
    ja="`{domain}` のDMARCレポートは `{destination}` に届きません(受信の許可がありません)",
)
_WHY_303 = Text(
    en="{tags:code} in `{record}` names another organization. Receivers send reports there only if it has the TXT record `{name}`, which does not exist.",
    ja="`{record}` の {tags:code} が別の組織のドメインを指定しています。その場合、受信側は宛先側のTXTレコード `{name}` を確認してから送りますが、このレコードがありません。",
)
_IF_CHOSEN = Text(
    en="If you chose `{destination}`, have its operator publish `{name}` there (a report service does so once you register `{domain}`); your own record stays. ",
    ja="`{destination}` への送信が意図どおりの場合は、その管理者に `{name}` の登録を依頼します(レポート分析サービスでは、`{domain}` を登録すると設定されます)。自社のレコードは変更しません。",
)

REPORT_DESTINATION_NOT_AUTHORISED = Rule(
    id="DMARC303",
    name="report-destination-not-authorised",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "destination", "tags", "name", "record", "uris"),
    texts=Texts(
        title=_TITLE_303,
        why=_WHY_303,
        fix=Text(
            en=_IF_CHOSEN.en
            + "If the address is mistyped or not one that you chose, take {uris:code} out of your own record instead, as shown; a mailbox of your own domain can take its place.",
            ja=_IF_CHOSEN.ja
            + "誤記や心当たりのない宛先の場合は、自社のレコードを、下記のとおり {uris:code} を除いたものに変更します。代わりに自社ドメインの宛先を指定してもかまいません。",
        ),
    ),
    variants={
        "by_hand": Texts(
            title=_TITLE_303,
            why=_WHY_303,
            fix=Text(
                en=_IF_CHOSEN.en
                + "If the address is mistyped or not one that you chose, take {uris:code} out of your own record instead; a mailbox of your own domain can take its place.",
                ja=_IF_CHOSEN.ja
                + "誤記や心当たりのない宛先の場合は、自社のレコードから {uris:code} を除いてください。代わりに自社ドメインの宛先を指定してもかまいません。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc9990#section-4",),
    sample=Sample(
        bad="v=DMARC1; p=reject; rua=mailto:reports@example.net  (example.co.jp._report._dmarc.example.net: NXDOMAIN)",
        good='v=DMARC1; p=reject; rua=mailto:reports@example.net  (example.co.jp._report._dmarc.example.net: "v=DMARC1;")',
    ),
)

REPORT_DESTINATION_UNREACHABLE = Rule(
    id="DMARC304",
    name="report-destination-unreachable",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("destination", "tags", "record", "found"),
    texts=Texts(
        title=Text(
            en="DMARC reports cannot be delivered to `{destination}`: it accepts no mail",
            ja="DMARCレポートの宛先 `{destination}` は、メールを受信できないドメインです",
        ),
        why=Text(
            en="{tags:code} in `{record}` sends reports to this domain, but it has neither an MX record nor an address, or refuses all mail (found: `{found}`).",
            ja="`{record}` の {tags:code} で指定されていますが、MXレコードもアドレスもないか、メールを受信しない設定です(確認結果: `{found}`)。レポートは届きません。",
        ),
        fix=Text(
            en="Check the spelling of `{destination}` in the record at `{record}`, and name a mailbox that exists.",
            ja="`{record}` のレコードに記載した `{destination}` の綴りを確認し、実在するメールボックスを指定してください。",
        ),
    ),
    references=(
        "https://www.rfc-editor.org/rfc/rfc9990#section-4",
        "https://www.rfc-editor.org/rfc/rfc5321#section-5.1",
    ),
    sample=Sample(
        bad="v=DMARC1; p=reject; rua=mailto:dmarc-reports@exmaple.co.jp  (NXDOMAIN)",
        good="v=DMARC1; p=reject; rua=mailto:dmarc-reports@example.co.jp",
    ),
)


def judge(dmarc: DmarcEvidence, reports: DmarcReportsEvidence) -> Iterator[Finding]:
    match dmarc.record:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen() if not dmarc.is_suffix_record and reports.destinations:
            pass
        case _:
            raise NotApplicable(Why.NO_RECORD)
    failed: list[Why] = []
    strangers = [to for to in reports.destinations if _is_not_authorised(dmarc, to, failed)]
    for destination in reports.destinations:
        if destination in strangers:
            yield _not_authorised(dmarc, destination, alone=len(strangers) == 1)
        yield from _unreachable(dmarc, destination, failed)
    if failed or reports.not_asked:
        raise CannotTell(failed[0] if failed else Why.NOT_COVERED)


def _is_not_authorised(dmarc: DmarcEvidence, to: ReportDestination, failed: list[Why]) -> bool:
    """The rest of the record counts for nothing: one that begins with the version is consent (RFC 9990 section 4)."""
    if to.authorisation is None or records_at(to.authorisation):
        return False
    external = _is_external(dmarc, to)
    for told in (external, to.authorisation) if external is not False else ():
        if isinstance(told, Unreachable):
            failed.append(told.why)
            return False
    return external is not False


def _not_authorised(dmarc: DmarcEvidence, to: ReportDestination, *, alone: bool) -> Finding:
    """`alone`: it is the only one. Of several, which are meant only the owner knows, and so which record is right."""
    own = change_without_destination(dmarc, to.domain) if alone else ()
    return REPORT_DESTINATION_NOT_AUTHORISED.found(
        to.domain,
        variant=None if any(change.new is not None for change in own) else "by_hand",
        # The own one, which changes only where the address is not the one that was meant, right below that condition;
        # and theirs to publish.
        records=[*own, RecordChange(to.authorised_at, "TXT", None, "v=DMARC1;")],
        domain=dmarc.at or "",
        destination=to.domain,
        tags=to.tags,
        name=to.authorised_at,
        record=f"_dmarc.{dmarc.at}",
        uris=_uris(dmarc, to),
    )


def _uris(dmarc: DmarcEvidence, to: ReportDestination) -> tuple[str, ...]:
    """As the record gives them."""
    if not isinstance(dmarc.record, Seen):
        return ()
    named = (*dmarc.record.value.aggregate_uris, *dmarc.record.value.failure_uris)
    return tuple(dict.fromkeys(uri.text[:_SHOWN] for uri in named if uri.domain == to.domain))[:_MAX_SHOWN] or (
        to.domain,
    )


def _is_external(dmarc: DmarcEvidence, to: ReportDestination) -> bool | Unreachable:
    """Its organizational domain is another than the one of the record."""
    ours, theirs = _or_self(dmarc.walk.organizational, dmarc.at or ""), _or_self(to.organizational, to.domain)
    if isinstance(ours, Unreachable):
        return ours
    return theirs if isinstance(theirs, Unreachable) else ours != theirs


def _or_self(organizational: Known[str], domain: str) -> str | Unreachable:
    match organizational:
        case Seen(name):
            return name
        case Absent():
            return domain
        case failed:
            return failed


def _unreachable(dmarc: DmarcEvidence, to: ReportDestination, failed: list[Why]) -> Iterator[Finding]:
    match accepts_mail(to.mx, to.ipv4, to.ipv6):
        case None:
            failed += [told.why for told in (to.mx, to.ipv4, to.ipv6) if isinstance(told, Unreachable)][:1]
        case False:
            yield REPORT_DESTINATION_UNREACHABLE.found(
                to.domain,
                destination=to.domain,
                tags=to.tags,
                record=f"_dmarc.{dmarc.at}",
                found=_found(to),
            )


def _found(to: ReportDestination) -> str:
    match to.mx:
        case Seen():
            return "MX 0 ."
        case Absent(how="nxdomain"):
            return "NXDOMAIN"
        case _:
            return "no MX, A, AAAA"


CHECK = Check(
    id="dmarc.destinations",
    title=Text(en="Destinations of DMARC reports", ja="DMARCレポートの宛先"),
    needs=(DmarcEvidence, DmarcReportsEvidence),
    rules=(REPORT_DESTINATION_NOT_AUTHORISED, REPORT_DESTINATION_UNREACHABLE),
    judge=judge,
)
