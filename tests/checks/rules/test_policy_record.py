"""Records behind a CNAME: what stands at a service is changed there, and nothing is added beside a CNAME."""

from __future__ import annotations

from dataclasses import replace

import pytest
from built import Absent, Answer, Seen, dmarc, domain, txt, use
from built_dmarc import NAME, place, receiving

from checks.catalogue import RecordChange
from checks.engine import judge
from checks.evidence.bimi import BimiEvidence
from checks.evidence.sts import StsEvidence, StsRecord
from checks.evidence.tls_reports import TlsReportEvidence
from checks.evidence.versioned import FaultyRecord
from checks.model import LANGS
from checks.rules import (
    bimi_record,
    dmarc_organization,
    dmarc_place,
    dmarc_policy,
    dmarc_record,
    dmarc_syntax,
    dmarc_tags,
    sts_policy,
    sts_record,
    tls_reports,
)
from checks.rules._policy_record import policy_change

HOSTED = "example.co.jp.dmarc.vendor.net"
ASKED = f"_dmarc.{NAME}"
DEAD = Absent("nxdomain", alias_of=HOSTED)


def hosted(*texts: str) -> Seen[Answer[bytes]]:
    return Seen(replace(txt(*texts, name=ASKED).value, alias_of=HOSTED))


def changes(check, *evidence) -> list[RecordChange]:  # type: ignore[no-untyped-def]
    return [change for finding in judge(check, *evidence).findings for change in finding.records]


@pytest.mark.parametrize("record", ["p=none; rua=mailto:a@b.jp", "p=rejct", "adkim=x; p=none", "p=reject; pct=5; t=y", "p=none; psd=y"])  # fmt: skip
def test_a_dmarc_record_at_a_service_is_changed_there(record: str) -> None:
    evidence = dmarc(NAME, {NAME: hosted(f"v=DMARC1; {record}")})
    of_record = (dmarc_syntax, dmarc_tags, dmarc_policy, dmarc_organization)
    made = [change for rules in of_record for change in changes(rules.CHECK, evidence, use(), receiving())]
    assert made
    assert {(c.name, c.alias, c.alias_of, c.asked_name) for c in made} == {(HOSTED, ASKED, None, ASKED)}


def test_several_records_and_look_alikes_at_a_service_are_mended_there() -> None:
    several = dmarc(NAME, {NAME: hosted("v=DMARC1; p=none", "v=DMARC1; p=reject", "unrelated")})
    meant = dmarc(NAME, {NAME: hosted("v=dmarc1; p=none", "“v=DMARC1; p=none”")})
    made = [
        *changes(dmarc_record.CHECK, several, use(), domain(), place(), receiving()),
        *changes(dmarc_syntax.CHECK, meant, use(), receiving()),
        *changes(
            dmarc_place.CHECK, dmarc(NAME, {NAME: hosted("v=DMARC1; p=none", "x")}), place(nested=None), use(), domain()
        ),
    ]
    assert len(made) == 5
    assert {(c.name, c.alias) for c in made} == {(HOSTED, ASKED)}


@pytest.mark.parametrize("answer", [DEAD, Absent(alias_of=HOSTED), hosted("something else")])
def test_no_dmarc_record_is_simply_added_beside_a_cname(answer) -> None:  # type: ignore[no-untyped-def]
    """The name stays: the CNAME may be a wildcard's, and lead to a host that has nothing to do with it."""
    for non_sending in (False, True):
        made = changes(
            dmarc_record.CHECK,
            dmarc(NAME, {NAME: answer}),
            use(non_sending=non_sending),
            domain(),
            place(),
            receiving(),
        )
        assert [(c.name, c.old, c.alias, c.alias_of) for c in made] == [(ASKED, None, None, HOSTED)]


def test_a_name_without_mail_that_inherits_has_its_own_cname() -> None:
    name = f"parked.{NAME}"
    evidence = dmarc(name, {name: DEAD, NAME: txt("v=DMARC1; p=none")})
    (made,) = changes(dmarc_policy.CHECK, evidence, use(name, non_sending=True), receiving(name))
    assert (made.name, made.alias_of) == (f"_dmarc.{name}", HOSTED)


def test_the_cname_of_a_subdomain_is_not_that_of_its_organization() -> None:
    name = f"news.{NAME}"
    evidence = dmarc(name, {name: DEAD, NAME: txt("v=DMARC1; p=rejct")})
    (made,) = changes(dmarc_syntax.CHECK, evidence, use(name), receiving(name))
    assert (made.name, made.alias, made.alias_of) == (ASKED, None, None)


def test_the_other_records_of_policy_follow() -> None:
    mx = receiving()
    faulty = FaultyRecord(("v=1", "v=2"), "multiple")
    asked, made = [], []
    for check, evidence, at in (
        (sts_record.CHECK, StsEvidence(NAME, Seen(faulty), "2", HOSTED), "_mta-sts"),
        (tls_reports.CHECK, TlsReportEvidence(NAME, Seen(faulty), HOSTED), "_smtp._tls"),
        (tls_reports.CHECK, TlsReportEvidence(NAME, Seen(FaultyRecord(("v=1",), "syntax")), HOSTED), "_smtp._tls"),
    ):
        found = changes(check, evidence, mx)
        asked += [f"{at}.{NAME}"] * len(found)
        made += found
    found = changes(bimi_record.CHECK, BimiEvidence(NAME, Seen(faulty), HOSTED), dmarc(NAME, {}), use())
    assert [c.alias for c in (*made, *found)] == [*asked, *[f"default._bimi.{NAME}"] * 2]
    assert {c.name for c in (*made, *found)} == {HOSTED}


def test_where_the_service_has_nothing_the_cname_is_named() -> None:
    _, announced = changes(sts_record.CHECK, StsEvidence(NAME, DEAD, "2", HOSTED), receiving())
    (reports,) = changes(tls_reports.CHECK, TlsReportEvidence(NAME, DEAD, HOSTED), receiving())
    assert [(c.name, c.alias_of) for c in (announced, reports)] == [
        (f"_mta-sts.{NAME}", HOSTED),
        (f"_smtp._tls.{NAME}", HOSTED),
    ]
    enforced = dmarc(NAME, {NAME: txt("v=DMARC1; p=reject")})
    (logo,) = judge(bimi_record.CHECK, BimiEvidence(NAME, DEAD, HOSTED), enforced, use()).findings
    assert logo.variant == "alias"
    for lang in LANGS:
        assert "CNAME" in logo.fix(lang)
        assert HOSTED in logo.fix(lang)


def test_a_new_id_is_given_at_the_service() -> None:
    sts = StsEvidence(NAME, Seen(StsRecord("v=STSv1; id=1", "1")), "2", HOSTED)
    (made,) = sts_policy._new_id(sts)
    assert (made.name, made.alias) == (HOSTED, f"_mta-sts.{NAME}")


def test_a_name_that_is_no_alias_stays_as_it_is() -> None:
    assert policy_change("a", None, "x", "y", later=True) == RecordChange("a", "TXT", "x", "y", later=True)


def test_the_record_of_another_domain_is_not_changed_for_a_name_that_shares_it() -> None:
    shared = Seen(replace(txt("v=DMARC1; p=none", name=ASKED).value, alias_of="_dmarc.corp.jp"))
    evidence = dmarc(NAME, {NAME: shared})
    parked = use(non_sending=True)
    (made,) = changes(dmarc_policy.CHECK, evidence, parked, receiving())
    assert (made.name, made.old, made.new, made.alias_of) == (ASKED, None, "v=DMARC1; p=reject", "_dmarc.corp.jp")
    meant = dmarc(NAME, {NAME: Seen(replace(txt("v=dmarc1; p=reject", name=ASKED).value, alias_of="_dmarc.corp.jp"))})
    (mended,) = changes(dmarc_syntax.CHECK, meant, parked, receiving())
    assert mended.new == "v=DMARC1; p=none"


def test_a_record_at_the_name_that_an_alias_leads_to_is_not_misplaced() -> None:
    apex = Seen(replace(txt("v=DMARC1; p=none").value, alias_of="elsewhere.example"))
    assert judge(dmarc_place.CHECK, dmarc(NAME, {}), place(apex=apex), use(), domain()).findings == ()
