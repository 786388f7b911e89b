"""Does the name exist?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.domain import DomainEvidence
from checks.model import Absent, Severity, Tier, Unreachable

DOMAIN_NOT_FOUND = Rule(
    id="DNS001",
    name="domain-not-found",
    severity=Severity.ERROR,
    tier=Tier.NONE,
    since="0.1",
    facts=("domain",),
    texts=Texts(
        title=Text(en="`{domain}` does not exist in the DNS", ja="`{domain}` はDNSに存在しません"),
        why=Text(
            en="The name servers answer NXDOMAIN: no record of any kind has this name, so nothing can be checked.",
            ja="ネームサーバーの応答はNXDOMAIN(この名前のレコードは1つもない)です。そのため検査できる項目がありません。",
        ),
        fix=Text(
            en="Check the spelling. If the name is right, see whether its registration has expired, and whether the zone above delegates it.",
            ja="つづりを確認してください。正しい場合は、ドメインの登録期限が切れていないか、上位のゾーンから委任されているかを確認してください。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc8020",),
    sample=Sample(bad="no-such-name.example.  →  NXDOMAIN", good="example.co.jp.  SOA  ns1.example.co.jp. ..."),
)


def judge(domain: DomainEvidence) -> Iterator[Finding]:
    match domain.start_of_authority:
        case Absent("nxdomain", alias_of=None):
            yield DOMAIN_NOT_FOUND.found(domain.ascii, domain=domain.shown)
        case Unreachable(why=why):
            raise CannotTell(why)


CHECK = Check(
    id="dns.exists",
    title=Text(en="Domain name", ja="ドメイン名"),
    needs=(DomainEvidence,),
    rules=(DOMAIN_NOT_FOUND,),
    judge=judge,
)
