"""Does the domain announce an MTA-STS policy?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.mx import MxEvidence
from checks.evidence.sts import StsEvidence
from checks.evidence.versioned import FaultyRecord
from checks.model import Absent, Seen, Severity, Tier, Unreachable
from checks.rules._policy_record import policy_change
from checks.rules._receiving import usable_mx_hosts

URL = "https://mta-sts.{domain}/.well-known/mta-sts.txt"

_NO_POLICY = Text(en="`{domain}` has no MTA-STS policy", ja="`{domain}` はMTA-STSのポリシーを公開していません")
_WHY_POLICY = Text(
    en="Without MTA-STS or DANE, an attacker on the network path can suppress STARTTLS or present any certificate, and read the mail sent to you. Senders do not notice.",
    ja="MTA-STSもDANEもない場合、経路上の第三者がSTARTTLSを妨げたり偽の証明書を使ったりして、このドメイン宛てのメールを盗み見ることができます。送信側はそれに気づけません。",
)

NO_MTA_STS = Rule(
    id="STS001",
    name="no-mta-sts",
    severity=Severity.NOTICE,
    tier=Tier.DNS,
    since="0.2",
    facts=("domain", "url", "policy"),
    texts=Texts(
        title=_NO_POLICY,
        why=_WHY_POLICY,
        fix=Text(
            en="Give `mta-sts.{domain}` an address and a web server with a valid certificate, and serve the file shown at `{url}` as text/plain. Then publish the TXT record shown, and ask for TLS reports (RPT001). Weeks later, if they show no failures, change `testing` to `enforce` and give the record a new `id`.",
            ja="`mta-sts.{domain}` のA/AAAAレコードと、有効な証明書を備えたWebサーバーを用意し、下記のファイルを `{url}` でtext/plainとして公開します。続いて下記のTXTレコードを登録し、TLSレポートも受け取れるようにします(RPT001)。数週間後、失敗がなければ `testing` を `enforce` に変え、レコードの `id` も変更してください。",
        ),
    ),
    variants={
        "mx_first": Texts(
            title=_NO_POLICY,
            why=_WHY_POLICY,
            fix=Text(
                en="First repair the MX records (see the findings on them): none of them names a server to which mail can be delivered, and a policy has to list exactly those names. Then check again: the policy to publish will be shown.",
                ja="先にMXレコードを修正してください(MXの指摘を参照)。配送できるサーバーを指すMXレコードがなく、ポリシーに書く名前が決まりません。修正後にもう一度検査すると、公開するポリシーを表示します。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc8461#section-3", "https://support.google.com/a/answer/9261504"),
    sample=Sample(
        bad="(no TXT record at _mta-sts.example.co.jp)", good='_mta-sts.example.co.jp. TXT "v=STSv1; id=20261101000000"'
    ),
)

_WHY = Text(
    en="Senders have to ignore it, so the MTA-STS policy of the domain protects nobody.",
    ja="送信側はこのレコードを無視するため、MTA-STSのポリシーは効力を持ちません。",
)
_FIX = Text(
    en="First see that the policy at `{url}` names all your MX. Then publish the record as shown, with a new `id`.",
    ja="まず、`{url}` のポリシーがすべてのMXを含むことを確認します。その後、新しい `id` を付けた下記のレコードを登録してください。",
)

STS_RECORD_INVALID = Rule(
    id="STS101",
    name="sts-record-invalid",
    severity=Severity.ERROR,
    tier=Tier.DNS,
    since="0.2",
    facts=("domain", "name", "part", "count", "url"),
    texts=Texts(
        title=Text(
            en="The MTA-STS record at `{name}` cannot be read at `{part}`",
            ja="`{name}` のMTA-STSレコードの `{part}` に構文エラーがあります",
        ),
        why=_WHY,
        fix=_FIX,
    ),
    variants={
        "missing": Texts(
            title=Text(
                en="The MTA-STS record at `{name}` has no `{part}`",
                ja="`{name}` のMTA-STSレコードに `{part}` がありません",
            ),
            why=_WHY,
            fix=_FIX,
        ),
        "value": Texts(
            title=Text(
                en="The MTA-STS record at `{name}` has `{part}`; only 1 to 32 letters and digits are allowed",
                ja="`{name}` のMTA-STSレコードの `{part}` は使えません(英数字1〜32文字のみ)",
            ),
            why=_WHY,
            fix=_FIX,
        ),
        "look_alike": Texts(
            title=Text(
                en="The TXT record at `{name}` does not begin with `v=STSv1;`",
                ja="`{name}` のTXTレコードが `v=STSv1;` で始まっていません",
            ),
            why=_WHY,
            fix=_FIX,
        ),
        "multiple": Texts(
            title=Text(
                en="There are {count} MTA-STS records at `{name}`", ja="`{name}` にMTA-STSレコードが{count}個あります"
            ),
            why=Text(
                en="Senders have to ignore all of them, so the MTA-STS policy of the domain protects nobody.",
                ja="送信側はどのレコードも無視するため、MTA-STSのポリシーは効力を持ちません。",
            ),
            fix=Text(
                en="First see that the policy at `{url}` names all your MX. Then leave one record, as shown, with a new `id`.",
                ja="まず、`{url}` のポリシーがすべてのMXを含むことを確認します。その後、レコードを1個だけにし、新しい `id` を付けた下記の内容にしてください。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc8461#section-3.1",),
    sample=Sample(bad="v=STSv1; id=2026-11-01", good="v=STSv1; id=20261101000000"),
)


def judge(sts: StsEvidence, mx: MxEvidence) -> Iterator[Finding]:
    hosts = usable_mx_hosts(mx)
    name, url = f"_mta-sts.{sts.domain}", URL.format(domain=sts.domain)
    new = f"v=STSv1; id={sts.fresh_id}"
    match sts.record:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Absent():
            policy = policy_lines("testing", hosts) if hosts else ()
            changes = (
                [policy_file(url, policy), policy_change(name, sts.alias_of, None, new, later=True)] if hosts else []
            )
            yield NO_MTA_STS.found(
                sts.domain,
                variant=None if hosts else "mx_first",
                records=changes,
                domain=sts.domain,
                url=url,
                policy=policy,
            )
        case Seen(FaultyRecord(texts, fault, part)):
            others = [policy_change(name, sts.alias_of, text, "", later=True) for text in texts[1:]]
            yield STS_RECORD_INVALID.found(
                sts.domain,
                variant=None if fault == "syntax" else fault,
                records=[policy_change(name, sts.alias_of, texts[0], new, later=True), *others],
                domain=sts.domain,
                name=name,
                part=part,
                count=len(texts),
                url=url,
            )


def policy_lines(mode: str, mx: tuple[str, ...], max_age_s: int = 604800) -> tuple[str, ...]:
    """A policy (RFC 8461 section 3.2), line by line."""
    return ("version: STSv1", f"mode: {mode}", *(f"mx: {pattern}" for pattern in mx), f"max_age: {max_age_s}")


def policy_file(url: str, lines: tuple[str, ...], old: str = "") -> RecordChange:
    """The file to serve at `url`, in place of `old`; as a change of the type "file"."""
    return RecordChange(url, "file", old or None, "\n".join(lines))


CHECK = Check(
    id="sts.record",
    title=Text(en="MTA-STS record", ja="MTA-STSレコード"),
    needs=(StsEvidence, MxEvidence),
    rules=(NO_MTA_STS, STS_RECORD_INVALID),
    judge=judge,
)
