"""Blocklists judged: decisive and informational, shared pools, the addresses that receive, and lists that do not tell."""

from __future__ import annotations

from typing import Any

import pytest
from built import NODATA, NXDOMAIN, TIMEOUT, addresses, mx

from checks.catalogue import CheckResult
from checks.engine import judge
from checks.evidence.blocklist import (
    BlocklistAnswer,
    ClientBlocklistEvidence,
    DomainBlocklistEvidence,
    Listing,
    MxBlocklistEvidence,
)
from checks.evidence.mx import MxEvidence, MxTarget
from checks.model import Known, Outcome, Seen, Severity, Tier, Unreachable, Why
from checks.profiles import mschecker
from checks.rules import CATALOGUE
from checks.rules.blocklist import CHECKS

BL_DOMAIN, BL_MX, BL_CLIENT = CHECKS
BLOCKED, FILTERED = Unreachable(Why.BLOCKED), Unreachable(Why.FILTERED)
MX = MxEvidence("example.co.jp", mx("mx1"), (MxTarget("mx1", 10, addresses("11.1.0.10"), NODATA),), NODATA, NODATA)


def listed(**more: Any) -> Seen[Listing]:
    return Seen(Listing(("127.0.0.2",), "spam", **more))


def entry(answer: Known[Listing], decisive: bool = True) -> BlocklistAnswer:
    refused_by = ("Yahoo",) if decisive else ()
    return BlocklistAnswer("zen.example", "Zen", decisive, "https://zen.example/", answer, "11.1.0.10", refused_by)


def of_client(*answers: BlocklistAnswer, owner: str | None = None) -> CheckResult:
    return judge(BL_CLIENT, ClientBlocklistEvidence("11.1.0.10", answers, owner))


@pytest.mark.parametrize(
    ("answers", "rules", "reason"),
    [
        ([entry(listed())], ["BL201"], None),
        ([entry(NXDOMAIN)], [], None),
        ([entry(NXDOMAIN), entry(TIMEOUT)], [], None),
        ([entry(BLOCKED)], [], Why.BLOCKED),
        ([entry(FILTERED)], [], Why.FILTERED),
        ([entry(TIMEOUT), entry(BLOCKED)], [], Why.TIMEOUT),
        ([entry(listed(), decisive=False), entry(NXDOMAIN)], ["BL202"], None),
        ([entry(listed(), decisive=False), entry(BLOCKED)], ["BL202"], Why.BLOCKED),
        ([entry(NXDOMAIN, decisive=False), entry(BLOCKED)], [], Why.BLOCKED),
        ([entry(TIMEOUT, decisive=False), entry(NXDOMAIN)], [], None),
    ],
    ids=[
        "listed",
        "clean",
        "one answered",
        "refused",
        "rewritten",
        "none answered",
        "informational",
        "informational, decisive refuses",
        "only an informational one answered",
        "informational failed",
    ],
)
def test_one_decisive_list_determines(answers: list[BlocklistAnswer], rules: list[str], reason: Why | None) -> None:
    for check, evidence in (
        (BL_CLIENT, ClientBlocklistEvidence("11.1.0.10", tuple(answers))),
        (BL_DOMAIN, DomainBlocklistEvidence("example.co.jp", tuple(answers))),
    ):
        result = judge(check, evidence)
        assert [f.rule.id for f in result.findings] == rules
        assert result.reason is reason


def test_a_listing_on_a_decisive_list_is_dangerous_and_on_another_advice() -> None:
    (danger,) = of_client(entry(listed())).findings
    assert (danger.severity, danger.tier) == (Severity.CRITICAL, Tier.DANGER)
    (advice,) = of_client(entry(listed(), decisive=False), entry(NXDOMAIN)).findings
    assert (advice.severity, advice.tier) == (Severity.NOTICE, Tier.NONE)


def test_a_finding_gives_the_lists_own_reason_its_page_and_who_refuses_by_it() -> None:
    (finding,) = of_client(entry(listed(parts=("SBL",)))).findings
    assert "`spam`" in finding.why("en")
    assert "Yahoo" in finding.why("ja")
    assert "SBL" in finding.why("en")
    assert "https://zen.example/" in finding.fix("en")


def test_a_shared_pool_on_a_short_lived_list_is_its_owners() -> None:
    (pool,) = of_client(entry(listed(short_lived=True)), owner="Amazon SES").findings
    assert (pool.severity, pool.tier, pool.variant) == (Severity.WARNING, Tier.MAIL, "shared_pool")
    assert "Amazon SES" in pool.title("en")
    (lasting,) = of_client(entry(listed()), owner="Amazon SES").findings
    assert lasting.severity is Severity.CRITICAL
    (own,) = of_client(entry(listed(short_lived=True))).findings
    assert own.severity is Severity.CRITICAL


def test_an_address_that_is_not_to_send_has_its_own_words() -> None:
    (finding,) = of_client(entry(listed(policy=True))).findings
    assert (finding.variant, finding.severity) == ("policy", Severity.CRITICAL)


def test_an_mx_address_on_any_list_is_advice() -> None:
    for decisive in (True, False):
        evidence = MxBlocklistEvidence("example.co.jp", (entry(listed(), decisive), entry(NXDOMAIN)))
        (finding,) = judge(BL_MX, evidence, MX).findings
        assert (finding.rule.id, finding.severity, finding.variant) == ("BL202", Severity.NOTICE, "mx")
    assert judge(BL_MX, MxBlocklistEvidence("example.co.jp", (entry(NXDOMAIN),)), MX).outcome is Outcome.PASSED
    assert judge(BL_MX, MxBlocklistEvidence("example.co.jp", (entry(TIMEOUT),)), MX).reason is Why.TIMEOUT


def test_without_mx_addresses_there_is_nothing_to_look_up() -> None:
    nothing = MxBlocklistEvidence("example.co.jp", ())

    def of(records: Known[Any], *targets: MxTarget) -> tuple[Outcome, Why | None]:
        result = judge(BL_MX, nothing, MxEvidence("example.co.jp", records, targets, NODATA, NODATA))
        return result.outcome, result.reason

    assert of(NODATA) == (Outcome.NOT_APPLICABLE, Why.NO_MX)
    assert of(mx("")) == (Outcome.NOT_APPLICABLE, Why.NO_MX)
    assert of(TIMEOUT) == (Outcome.UNKNOWN, Why.TIMEOUT)
    assert of(mx("mx1"), MxTarget("mx1", 10, TIMEOUT, NODATA)) == (Outcome.UNKNOWN, Why.TIMEOUT)
    assert of(mx("mx1"), MxTarget("mx1", 10, NXDOMAIN, NXDOMAIN)) == (Outcome.NOT_APPLICABLE, Why.NO_RECORD)


def test_without_a_session_the_client_is_not_known() -> None:
    assert judge(BL_CLIENT, ClientBlocklistEvidence(None, ())).reason is Why.NOT_PROVIDED


def test_that_we_asked_wrongly_is_our_bug_but_costs_nothing_while_another_list_answered() -> None:
    wrong = entry(Unreachable(Why.INTERNAL))
    with pytest.raises(RuntimeError, match=r"zen\.example"):
        of_client(wrong)
    assert of_client(wrong, entry(NXDOMAIN)).outcome is Outcome.PASSED


def test_a_resolver_of_ours_that_rewrites_the_lists_does_not_make_the_verdict_undetermined() -> None:
    results = {
        check.id: CheckResult(check.id, Outcome.PASSED)
        if check.id != "bl.client"
        else CheckResult(check.id, Outcome.UNKNOWN, Why.FILTERED)
        for check in CATALOGUE.checks
    }
    assert mschecker.verdict(results, CATALOGUE) is mschecker.Verdict.SAFE
