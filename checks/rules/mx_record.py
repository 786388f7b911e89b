"""Does the domain say where it receives mail?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.mx import MxEvidence
from checks.model import Seen, Severity, Tier, Unreachable

NO_MAIL_SERVER = Rule(
    id="MX001",
    name="no-mail-server",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.1",
    facts=("domain",),
    texts=Texts(
        title=Text(
            en="`{domain}` has neither an MX record nor an address: it receives no mail",
            ja="`{domain}` にはMXレコードもアドレスもなく、メールを受信できません",
        ),
        why=Text(
            en="Replies and bounces to this domain fail. If it also sends, receivers may refuse its mail, since its senders cannot be answered.",
            ja="このドメイン宛ての返信やエラーメールは届きません。このドメインから送信している場合は、返信できない差出人として受信を拒否されることがあります。",
        ),
        fix=Text(
            en="If it should receive mail, publish an MX record. If it never has mail, say so: `{domain}` MX `0 .` (null MX), SPF `v=spf1 -all` and DMARC `p=reject`.",
            ja="受信する場合はMXレコードを公開します。メールを使わないドメインであれば、`{domain}` のMXに `0 .`(null MX)、SPFに `v=spf1 -all`、DMARCに `p=reject` を公開して明示します。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc5321#section-5.1", "https://www.rfc-editor.org/rfc/rfc7505"),
    sample=Sample(bad="(no MX, no A, no AAAA)", good="example.co.jp.  MX  10 mx1.example.co.jp."),
)

IMPLICIT_MX = Rule(
    id="MX002",
    name="implicit-mx",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "addresses"),
    texts=Texts(
        title=Text(
            en="`{domain}` has no MX record: its mail goes to the address of the name itself",
            ja="`{domain}` にMXレコードがなく、メールは同じ名前のA/AAAAレコードのアドレスに配送されます",
        ),
        why=Text(
            en="Without MX, senders try the A and AAAA records of the name ({addresses:code}, RFC 5321 section 5.1). Often a web server is there: mail then waits for days and comes back.",
            ja="MXレコードがない場合、送信側は同じ名前のA/AAAAレコード({addresses:code})に配送します(RFC 5321 5.1節)。Webサーバーのアドレスであることが多く、その場合メールは数日間滞留した後に送信者に戻ります。",
        ),
        fix=Text(
            en="If the name receives mail, publish an MX record that names its mail server. If it neither receives nor sends any, publish `{domain}` MX `0 .` (null MX): senders then learn of it at once. If it only sends, name a server that takes its bounces: receivers may refuse mail from a domain with a null MX (550 5.7.27).",
            ja="この名前でメールを受信する場合は、受信サーバーを指定するMXレコードを公開してください。送信も受信もしない場合は、`{domain}` のMXに `0 .`(null MX)を公開します。送信だけに使う場合は、エラーメールを受け取るサーバーのMXレコードを公開してください(null MXにすると、550 5.7.27で受信を拒否されることがあります)。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc5321#section-5.1", "https://www.rfc-editor.org/rfc/rfc7505"),
    sample=Sample(bad="example.co.jp.  A  192.0.2.80  (no MX)", good="example.co.jp.  MX  10 mx1.example.co.jp."),
)

NULL_MX_WITH_OTHERS = Rule(
    id="MX104",
    name="null-mx-with-others",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    facts=("domain", "hosts"),
    texts=Texts(
        title=Text(
            en="`{domain}` has a null MX beside other MX records",
            ja="`{domain}` のMXに、null MX(`0 .`)とほかのMXレコードが混在しています",
        ),
        why=Text(
            en="`0 .` says that the domain receives no mail, {hosts:code} says where it does. A null MX must stand alone (RFC 7505 section 3): some senders give up at once, others deliver, so mail is lost now and then.",
            ja="`0 .` は「メールを受信しない」という宣言で、{hosts:code} への配送指定と矛盾します。null MXは単独でなければならず(RFC 7505 3節)、送信側によっては配送せずエラーにするため、一部のメールが失われます。",
        ),
        fix=Text(
            en="If the domain receives or sends mail, delete its MX record `0 .`; only if it does neither, delete all others.",
            ja="送信または受信に使うドメインであれば、`0 .` のMXレコードを削除してください。送信も受信もしないドメインに限り、`0 .` だけを残してほかのMXレコードをすべて削除します。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc7505#section-3",),
    sample=Sample(
        bad="example.co.jp.  MX  0 .\nexample.co.jp.  MX  10 mx1.example.co.jp.",
        good="example.co.jp.  MX  10 mx1.example.co.jp.",
    ),
)
_MAX_SHOWN = 5


def judge(mx: MxEvidence) -> Iterator[Finding]:
    match mx.records:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen():
            if mx.has_null and mx.targets:
                hosts = tuple(t.host for t in mx.targets[:_MAX_SHOWN])
                record = RecordChange(mx.domain, "MX", "0 .", None)
                yield NULL_MX_WITH_OTHERS.found(mx.domain, records=[record], domain=mx.domain, hosts=hosts)
            return
    if mx.own_addresses:
        yield IMPLICIT_MX.found(mx.domain, domain=mx.domain, addresses=mx.own_addresses[:_MAX_SHOWN])
        return
    for address in (mx.own_ipv4, mx.own_ipv6):
        if isinstance(address, Unreachable):
            raise CannotTell(address.why)
    yield NO_MAIL_SERVER.found(mx.domain, domain=mx.domain)


CHECK = Check(
    id="mx.record",
    title=Text(en="Mail server (MX)", ja="メールサーバー(MX)"),
    needs=(MxEvidence,),
    rules=(NO_MAIL_SERVER, IMPLICIT_MX, NULL_MX_WITH_OTHERS),
    judge=judge,
    required=True,
)
