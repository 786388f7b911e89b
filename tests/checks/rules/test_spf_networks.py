"""SPF105 and SPF204: addresses that no receiver sees, and networks that many share."""

from __future__ import annotations

from dataclasses import replace

import pytest
from built import TIMEOUT
from spf_judged import judged, new, of, single, unanswered
from spf_world import published

from bot.demo.nameserver import Fault
from checks.catalogue import CannotTell, NotApplicable, Rule
from checks.engine import judge
from checks.model import Absent, Outcome, Severity, Tier
from checks.parse.spf import parse_spf
from checks.rules import spf_networks

CHECK = spf_networks.CHECK


@pytest.mark.parametrize(
    "network",
    [
        "ip4:10.0.0.1",
        "ip4:192.168.0.0/16",
        "ip4:172.16.5.0/24",
        "ip4:127.0.0.1",
        "ip4:100.64.1.0/24",
        "ip4:169.254.1.1",
        "ip4:192.0.2.1",
        "ip4:224.0.0.1",
        "ip4:240.0.0.1",
        "ip6:fd00::/8",
        "ip6:fe80::1",
        "ip6:2001:db8::/32",
        "ip6:::1",
    ],
)
def test_private_and_reserved_addresses(network: str) -> None:
    finding = single(CHECK, of(f"v=spf1 mx {network} ip4:11.1.0.10 ~all"))
    assert (finding.rule.id, finding.severity, finding.tier) == ("SPF105", Severity.NOTICE, Tier.NONE)
    assert (finding.facts["terms"], new(finding)) == ((network,), None)


@pytest.mark.parametrize(
    "record",
    [
        "-all",
        "ip4:11.1.0.10 ip6:2400:1234::/32 -all",
        "ip4:11.1.0.0/16 -all",
        "-all ip4:10.0.0.1",
        "?ip4:11.0.0.0/8 -all",
        "ip4:10.0 -all",
        "a/16//32 mx/24 ~all",
        "+all",
        "ip4:0.0.0.0/1 ip4:11.0.0.0/8 -all",
        "ip6:2000::/3 -all",
    ],
)
def test_public_networks_of_usual_size(record: str) -> None:
    """And where everybody passes, that is said by SPF201."""
    assert judged(CHECK, of(f"v=spf1 {record}")) == []


@pytest.mark.parametrize("term", ["ip4:11.0.0.0/15", "ip4:11.0.0.0/8", "ip6:2400::/31", "a/15", "mx:h.example//24"])
def test_a_wide_network(term: str) -> None:
    finding = single(CHECK, of(f"v=spf1 mx {term} ~all"))
    assert (finding.rule.id, finding.severity, finding.tier) == ("SPF204", Severity.WARNING, Tier.NONE)
    assert (finding.facts["terms"], new(finding)) == ((term,), None)


def test_a_wide_network_through_an_include() -> None:
    finding = single(CHECK, of("v=spf1 include:a.example ~all", a="v=spf1 ip4:11.0.0.0/12 -all"))
    assert (finding.subject, finding.variant, finding.records) == ("a.example", "included", ())
    own = single(CHECK, published({"d": "v=spf1 include:x.d.example ~all", "x.d": "v=spf1 ip4:11.0.0.0/12 -all"}))
    assert (own.variant, own.records[0].name) == (None, "x.d.example")
    assert judged(CHECK, of("v=spf1 -include:a.example mx ~all", a="v=spf1 ip4:11.0.0.0/12 -all")) == []


def test_what_a_known_provider_lists_is_his_business() -> None:
    evidence = of("v=spf1 include:a.example ~all", a="v=spf1 ip4:11.0.0.0/12 -all")
    assert evidence.tree is not None
    text = "v=spf1 include:_spf.google.com ~all"
    record = parse_spf(text)
    child = replace(evidence.tree.children[0], domain="_spf.google.com", via=record.terms[0])
    tree = replace(evidence.tree, record=record, children=(child,))
    assert judged(CHECK, replace(evidence, records=(text,), tree=tree)) == []


def test_what_was_found_stands_beside_what_failed() -> None:
    fault = Fault("a.example", "TXT", rcode="SERVFAIL")
    evidence = published({"d": "v=spf1 ip4:11.0.0.0/8 include:a.example ~all"}, faults=(fault,))
    result = judge(CHECK, evidence)
    assert ([f.rule.id for f in result.findings], result.outcome) == (["SPF204"], Outcome.FAILED)


def test_without_an_answer_and_without_a_record() -> None:
    with pytest.raises(CannotTell):
        judged(CHECK, unanswered(TIMEOUT))
    with pytest.raises(NotApplicable):
        judged(CHECK, unanswered(Absent()))


@pytest.mark.parametrize("rule", CHECK.rules, ids=lambda rule: rule.id)
def test_the_samples_do_what_they_show(rule: Rule) -> None:
    assert single(CHECK, of(rule.sample.bad)).rule is rule
    assert judged(CHECK, of(rule.sample.good)) == []
