"""DNSSEC, DANE and name servers: yielded, not yielded, and unknown where a lookup failed."""

from __future__ import annotations

from itertools import product

import pytest
from built import NODATA, NXDOMAIN, SERVFAIL, TIMEOUT, domain, mx, yields

from checks.engine import judge
from checks.evidence.dane import DaneEvidence, DaneHost, TlsaAnswer, TlsaRecord
from checks.evidence.dnssec import DelegationSigner, DnssecEvidence, Signature, ZoneKey
from checks.evidence.nameservers import NameServer, NameServersEvidence
from checks.model import Absent, ExtendedError, Outcome, Seen, Severity, Tier, Unreachable, Why
from checks.rules import dane_records, dns_servers, dnssec_mx, dnssec_signatures, dnssec_zone

ALGORITHM, EXPIRY = dnssec_signatures.CHECKS
RECORDS, LOOKUP = dane_records.CHECKS
NAME = "example.co.jp"
NOW = 1_800_000_000
HOUR, DAY = 3600, 86400
SECURE, INSECURE, BOGUS = Seen("secure"), Seen("insecure"), Seen("bogus")
NOT_VALIDATING = Unreachable(Why.NOT_VALIDATING)


def key(algorithm=13, *, revoked=False):
    return ZoneKey(4711, algorithm, True, revoked)


def signer(digest_type=2, better="4711 13 2 ab"):
    return DelegationSigner(f"4711 13 {digest_type} cd", 4711, 13, digest_type, True, better)


def signature(covered="SOA", *, left=9 * DAY, validity=14 * DAY, original=300, ttl=300):
    return Signature(covered, 13, 4711, NOW + left - validity, NOW + left, original, ttl)


KEYS, SIGNERS, SIGNATURES = Seen((key(),)), Seen((signer(),)), Seen((signature(),))


def dnssec(state=SECURE, *, keys=KEYS, signers=SIGNERS, signatures=SIGNATURES, **more):
    return DnssecEvidence(
        NAME, state, zone=NAME, keys=keys, signers=signers, signatures=signatures, asked_at=NOW, **more
    )


@pytest.mark.parametrize(
    ("cause", "errors", "said", "variant"),
    [
        (7, (ExtendedError(6),), "EDE 7 Signature Expired", "expired"),
        (7, (), "EDE 7 Signature Expired", "expired"),
        (8, (), "EDE 8 Signature Not Yet Valid", "early"),
        (9, (), "EDE 9 DNSKEY Missing", "key_missing"),
        (10, (), "EDE 10 RRSIGs Missing", "signatures_missing"),
        (6, (ExtendedError(9),), "EDE 6 DNSSEC Bogus", None),
        (None, (ExtendedError(22), ExtendedError(9)), "EDE 9 DNSKEY Missing", None),
        (None, (), "SERVFAIL", None),
    ],
)
def test_a_bogus_zone_is_named_by_its_records_before_the_resolvers_words(cause, errors, said, variant):
    (finding,) = judge(dnssec_zone.CHECK, dnssec(BOGUS, cause=cause, errors=errors), domain()).findings
    assert (finding.rule.id, finding.facts["error"], finding.variant) == ("SEC201", said, variant)


@pytest.mark.parametrize(
    ("name", "zone", "variant", "parent"),
    [
        (NAME, NAME, None, "co.jp"),
        (NAME, None, None, "co.jp"),
        (f"news.{NAME}", NAME, None, "co.jp"),
        (f"a.news.{NAME}", f"news.{NAME}", "delegated", NAME),
        (NAME, "co.jp", "above", "jp"),
    ],
    ids=["apex", "zone unknown", "below the apex", "a zone of its own", "no zone of its own"],
)
def test_which_zone_is_to_be_signed_and_where_its_ds_goes(name, zone, variant, parent):
    (finding,) = judge(dnssec_zone.CHECK, DnssecEvidence(name, INSECURE, zone=zone), domain(name)).findings
    assert (finding.rule.id, finding.variant) == ("SEC001", variant)
    assert (finding.facts["zone"], finding.facts["parent"]) == (zone or name, parent)
    assert ("have the registrar" in finding.fix("en")) == (variant is None)
    assert ("登録事業者(レジストラ" in finding.fix("ja")) == (variant is None)


def test_the_key_tags_of_ds_and_keys_are_shown():
    (finding,) = judge(
        dnssec_zone.CHECK, dnssec(BOGUS, cause=9, keys=Seen((ZoneKey(1, 13, True, False),))), domain()
    ).findings
    assert (finding.facts["signers"], finding.facts["keys"]) == (("4711",), ("1",))
    assert "remove the old DS" in finding.fix("en")
    (blind,) = judge(dnssec_zone.CHECK, dnssec(BOGUS, keys=TIMEOUT, signers=None), domain()).findings
    assert (blind.facts["signers"], blind.facts["keys"]) == (("?",), ("?",))
    (unsigned,) = judge(dnssec_zone.CHECK, dnssec(BOGUS, cause=9, keys=Absent()), domain()).findings
    assert unsigned.variant == "not_signed"
    assert "Remove the DS" in unsigned.fix("en")
    # Whether a DS is there could not be told: nothing is said of one.
    (untold,) = judge(dnssec_zone.CHECK, dnssec(BOGUS, keys=Absent(), signers=TIMEOUT), domain()).findings
    assert untold.variant is None


@pytest.mark.parametrize("check", [ALGORITHM, EXPIRY], ids=lambda check: check.id)
def test_only_a_zone_that_is_secure_has_keys_and_signatures_to_judge(check):
    for state in (INSECURE, BOGUS):
        assert judge(check, dnssec(state)).outcome is Outcome.NOT_APPLICABLE
    for state in (SERVFAIL, TIMEOUT, NOT_VALIDATING):
        assert judge(check, dnssec(state)).reason is state.why
    assert judge(check, DnssecEvidence(NAME, SECURE)).reason is Why.DEPENDS


@pytest.mark.parametrize(
    ("keys", "signers", "severity", "variant"),
    [
        ((key(7),), (signer(),), Severity.WARNING, None),
        ((key(5), key(13)), (signer(),), Severity.WARNING, None),
        ((key(5, revoked=True), key(13)), (signer(),), None, None),
        ((key(10),), (signer(),), Severity.NOTICE, "not_recommended"),
        ((key(13),), (signer(1),), Severity.WARNING, "digest"),
        ((key(13),), (signer(1), signer(2)), Severity.NOTICE, "digest_beside"),
        ((key(8), key(13), key(15)), (signer(2), signer(4)), None, None),
        ((key(99),), (signer(99),), None, None),
    ],
    ids=[
        "SHA-1",
        "SHA-1 beside a good one",
        "a revoked one",
        "RSASHA512",
        "DS with SHA-1",
        "DS with both",
        "good ones",
        "unknown ones",
    ],
)
def test_algorithms_and_digests(keys, signers, severity, variant):
    findings = judge(ALGORITHM, dnssec(keys=Seen(keys), signers=Seen(signers))).findings
    assert [(f.rule.id, f.severity, f.tier, f.variant) for f in findings] == (
        [] if severity is None else [("SEC202", severity, Tier.DNS, variant)]
    )


def test_the_ds_to_register_and_the_one_to_delete_are_given():
    alone = judge(ALGORITHM, dnssec(signers=Seen((signer(1),)))).findings[0].records
    assert [(r.name, r.type, r.old, r.new) for r in alone] == [(NAME, "DS", None, "4711 13 2 ab")]
    beside = judge(ALGORITHM, dnssec(signers=Seen((signer(1), signer(2))))).findings[0].records
    assert [(r.old, r.new) for r in beside] == [("4711 13 1 cd", "")]
    assert judge(ALGORITHM, dnssec(signers=Seen((signer(1, ""),)))).findings[0].records == ()


def test_keys_that_could_not_be_told_are_not_obsolete():
    assert judge(ALGORITHM, dnssec(keys=TIMEOUT)).reason is Why.TIMEOUT
    assert judge(ALGORITHM, dnssec(signers=SERVFAIL)).reason is Why.SERVFAIL
    assert judge(ALGORITHM, dnssec(keys=NODATA, signers=NODATA)).reason is Why.NO_RECORD


@pytest.mark.parametrize(
    ("one", "is_soon"),
    [
        (signature(), False),
        (signature(left=5 * HOUR), True),
        (signature(left=-HOUR), True),
        (signature(left=13 * HOUR, validity=7 * DAY), False),
        (signature(left=11 * HOUR, validity=7 * DAY), True),
        (signature(left=DAY, validity=14 * DAY), True),
        (signature(left=2 * DAY, validity=14 * DAY), False),
        (signature(left=DAY, validity=2 * DAY), False),
        (signature(left=6 * HOUR, validity=2 * DAY), False),
        (signature(left=2 * HOUR, validity=2 * HOUR + 900), False),
        (signature(left=HOUR, validity=2 * DAY), True),
        (signature(left=11 * HOUR, original=DAY, ttl=HOUR), False),
        (signature(left=11 * HOUR, original=DAY, ttl=11 * HOUR), True),
    ],
    ids=[
        "fresh",
        "hours left",
        "over, and still in the cache",
        "a week, half a day left",
        "a week, less than that left",
        "under a tenth left",
        "over a tenth left",
        "online signer",
        "online signer, later",
        "online signer, two hours",
        "online signer that has stopped",
        "old in the cache",
        "TTL cut to the end of the signature",
    ],
)
def test_signatures_that_end_soon(one, is_soon):
    assert yields(EXPIRY, dnssec(signatures=Seen((one,)))) == (["SEC203"] if is_soon else [])


def test_what_counts_of_several_signatures_over_the_same_records_is_the_last():
    old, new = signature(left=HOUR), signature(left=10 * DAY)
    assert yields(EXPIRY, dnssec(signatures=Seen((old, new)))) == []
    finding = judge(EXPIRY, dnssec(signatures=Seen((signature("DNSKEY", left=HOUR), old, new)))).findings[0]
    assert (finding.facts["covered"], finding.facts["hours"]) == (("DNSKEY",), 1)
    assert finding.facts["expires"] == "2027-01-15 09:00 UTC"


def test_signatures_that_could_not_be_told_do_not_end():
    assert judge(EXPIRY, dnssec(signatures=TIMEOUT)).reason is Why.TIMEOUT
    assert judge(EXPIRY, dnssec(signatures=Absent())).reason is Why.NO_RECORD


GOOD = TlsaRecord("3 1 1 ab", 3, 1, 1, 32, False)


def tlsa(usage=3, selector=1, matching=1, octets=32, *, is_der=False):
    return TlsaRecord(f"{usage} {selector} {matching} ab", usage, selector, matching, octets, is_der)


def host(name="mx.other.example", state=SECURE, records=NODATA, validity=None, *, twice=False, has_address=True):
    return DaneHost(name, state, has_address, TlsaAnswer(f"_25._tcp.{name}", records, validity or state, twice))


MX = mx("mx.other.example")


def dane(*hosts, records=MX, own=SECURE, implicit=False):
    return DaneEvidence(NAME, records, own, NAME, hosts, implicit)


def test_mail_servers_in_unsigned_zones_are_worth_a_notice():
    finding = judge(dnssec_mx.CHECK, dane(host(state=INSECURE), host("mx2", SECURE))).findings[0]
    assert (finding.rule.id, finding.severity, finding.tier) == ("SEC002", Severity.NOTICE, Tier.DNS)
    assert finding.facts["hosts"] == ("mx.other.example",)
    assert yields(dnssec_mx.CHECK, dane(host())) == []
    assert yields(dnssec_mx.CHECK, dane(host(state=INSECURE, has_address=False))) == []


def test_within_the_domains_own_unsigned_zone_enough_is_said():
    own = host(f"mx.{NAME}", INSECURE)
    assert yields(dnssec_mx.CHECK, dane(own, own=INSECURE)) == []
    assert yields(dnssec_mx.CHECK, dane(own, own=SECURE)) == ["SEC002"], "delegated without DS"
    assert yields(dnssec_mx.CHECK, dane(host(state=INSECURE), own=INSECURE)) == ["SEC002"]


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (dane(records=TIMEOUT), Why.TIMEOUT),
        (dane(host(state=SERVFAIL)), Why.SERVFAIL),
        (dane(host(state=BOGUS)), Why.SERVFAIL),
        (dane(host(state=NOT_VALIDATING)), Why.NOT_VALIDATING),
        (dane(), Why.NO_MX),
        (dane(host(NAME), records=NODATA, implicit=True), Why.NO_MX),
    ],
    ids=["MX", "address", "bogus", "resolver", "null MX", "implicit MX"],
)
def test_the_zones_of_mail_servers_that_could_not_be_told(evidence, reason):
    result = judge(dnssec_mx.CHECK, evidence)
    assert (result.reason, result.findings) == (reason, ())


@pytest.mark.parametrize(
    ("record", "usable"),
    [
        (tlsa(), True),
        (tlsa(2, 0, 1), True),
        (tlsa(3, 1, 2, 64), True),
        (tlsa(3, 0, 0, 900, is_der=True), True),
        (tlsa(0), False),
        (tlsa(1), False),
        (tlsa(4), False),
        (tlsa(3, 2), False),
        (tlsa(3, 1, 3), False),
        (tlsa(3, 1, 1, 64), False),
        (tlsa(3, 1, 2, 32), False),
        (tlsa(3, 1, 0, 32), False),
    ],
    ids=lambda value: f"{value.text} {value.octets}" if isinstance(value, TlsaRecord) else str(value),
)
def test_which_tlsa_records_senders_can_use(record, usable):
    assert yields(RECORDS, dane(host(records=Seen((record,))))) == ([] if usable else ["DANE103"])


def test_an_unusable_record_beside_a_usable_one_has_its_own_wording():
    finding = judge(RECORDS, dane(host(records=Seen((GOOD, tlsa(1)))))).findings[0]
    assert (finding.variant, finding.facts["unusable"]) == ("beside_usable", ("1 1 1",))


def test_a_usage_is_corrected_only_once_the_data_is_seen_to_fit():
    found = judge(RECORDS, dane(host(records=Seen((tlsa(1), tlsa(0), tlsa(1, octets=20)))))).findings[0]
    assert [(r.old, r.new, r.later) for r in found.records] == [
        ("1 1 1 ab", "3 1 1 ab", True),
        ("0 1 1 ab", None, False),
        ("1 1 1 ab", None, False),
    ]


def test_tlsa_records_need_a_signed_zone():
    assert yields(RECORDS, dane(host(state=INSECURE, records=Seen((GOOD,))))) == ["DANE102"]
    assert yields(RECORDS, dane(host(records=Seen((GOOD,)), validity=INSECURE))) == ["DANE102"]
    assert yields(RECORDS, dane(host(state=INSECURE, records=Seen((tlsa(1),))))) == ["DANE102", "DANE103"]


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (dane(records=SERVFAIL), Why.SERVFAIL),
        (dane(host(records=TIMEOUT)), Why.TIMEOUT),
        (dane(host(records=Seen((GOOD,)), validity=NOT_VALIDATING)), Why.NOT_VALIDATING),
        (dane(host(records=Seen((GOOD,)), state=SERVFAIL, validity=SECURE)), Why.SERVFAIL),
        (dane(host()), Why.NO_RECORD),
        (dane(host(has_address=False)), Why.NO_MX),
        (dane(), Why.NO_MX),
    ],
    ids=["MX", "TLSA", "resolver", "address", "no TLSA", "no address", "null MX"],
)
def test_tlsa_records_that_could_not_be_told(evidence, reason):
    result = judge(RECORDS, evidence)
    assert (result.reason, result.findings) == (reason, ())


def test_a_tlsa_lookup_that_fails_twice_at_a_signed_address_holds_mail_back():
    finding = judge(LOOKUP, dane(host(records=SERVFAIL, validity=SERVFAIL, twice=True))).findings[0]
    assert (finding.rule.id, finding.severity, finding.tier, finding.variant) == (
        "DANE104",
        Severity.ERROR,
        Tier.MAIL,
        None,
    )
    bogus = judge(LOOKUP, dane(host(records=SERVFAIL, validity=BOGUS, twice=True))).findings[0]
    assert bogus.variant == "bogus"


@pytest.mark.parametrize(
    ("other", "serves"),
    [
        (host("mx2.other.example"), True),
        (host("mx2.other.example", INSECURE, SERVFAIL, SERVFAIL), True),
        (host("mx2.other.example", records=SERVFAIL, validity=SERVFAIL, twice=True), False),
        (host("mx2.other.example", SERVFAIL), False),
        (host("mx2.other.example", has_address=False), False),
    ],
    ids=["no TLSA", "unsigned", "fails as well", "address unknown", "no address"],
)
def test_the_mx_may_be_taken_out_only_beside_one_that_serves(other, serves):
    failing = host(records=SERVFAIL, validity=SERVFAIL, twice=True)
    finding = judge(LOOKUP, dane(failing, other)).findings[0]
    assert finding.facts["others"] == (("mx2.other.example",) if serves else ("-",))
    assert ("take this MX out" in finding.fix("en")) is serves


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (dane(host(state=INSECURE, records=SERVFAIL, validity=SERVFAIL, twice=True)), None),
        (dane(host()), None),
        (dane(host(records=TIMEOUT, validity=TIMEOUT)), Why.TIMEOUT),
        (dane(host(state=TIMEOUT, records=SERVFAIL, twice=True)), Why.TIMEOUT),
        (dane(host(state=BOGUS, records=SERVFAIL, twice=True)), Why.SERVFAIL),
        (dane(host(state=NOT_VALIDATING, records=SERVFAIL, twice=True)), Why.NOT_VALIDATING),
        (dane(records=TIMEOUT), Why.TIMEOUT),
        (dane(), Why.NO_MX),
    ],
    ids=["unsigned", "none", "silent", "address silent", "address bogus", "resolver", "MX", "null MX"],
)
def test_other_tlsa_lookups_hold_nothing_back(evidence, reason):
    result = judge(LOOKUP, evidence)
    assert (result.reason, result.findings) == (reason, ())


def servers(*states, answers=True, out=False):
    listed = tuple(NameServer(f"ns{i}.example", "192.0.2.1", state) for i, state in enumerate(states, 1))
    return NameServersEvidence(NAME, NAME, Seen(listed), answers, out)


@pytest.mark.parametrize("state", ["refuses", "fails", "lame", "silent", "no-address"])
def test_one_failing_name_server_is_a_warning_and_all_are_an_error(state):
    beside = judge(dns_servers.CHECK, servers(state, "serves")).findings[0]
    assert (beside.rule.id, beside.severity, beside.tier, beside.subject) == (
        "DNS101",
        Severity.WARNING,
        Tier.NONE,
        "ns1.example",
    )
    alone = judge(dns_servers.CHECK, servers(state, state, answers=False, out=True)).findings[0]
    assert (alone.severity, alone.tier, alone.subject) == (Severity.ERROR, Tier.MAIL, NAME)


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (servers("serves", "serves"), None),
        (servers("serves", "not-asked", "unresolved"), None),
        (servers("serves", answers=False), None),
        (servers("silent", "silent"), Why.NO_DIRECT),
        (servers("refuses", "lame"), Why.NO_DIRECT),
        (servers("silent", answers=False), Why.NO_DIRECT),
        (servers("silent", "not-asked", answers=False, out=True), Why.NO_DIRECT),
        (servers("not-asked"), Why.NO_DIRECT),
        (servers("serves", "late"), Why.TIMEOUT),
        (servers("silent", "late", answers=False, out=True), Why.TIMEOUT),
        (servers("unresolved", "silent"), Why.DEPENDS),
        (NameServersEvidence(NAME, None, TIMEOUT, False), Why.TIMEOUT),
        (NameServersEvidence(NAME, None, Unreachable(Why.NO_CONNECT), False), Why.NO_CONNECT),
        (NameServersEvidence(NAME, NAME, NODATA, True), Why.NO_RECORD),
    ],
    ids=[
        "all serve",
        "one serves, others were not asked",
        "they serve and the resolver fails",
        "nobody is heard, but the resolver hears them",
        "all are answered by somebody in between",
        "no way out was proved",
        "one was not asked",
        "private addresses",
        "one was cut off by our own deadline",
        "nobody was heard before our own deadline",
        "addresses unknown",
        "lookup failed",
        "connections are off",
        "no NS records",
    ],
)
def test_name_servers_that_could_not_be_told_are_not_failing(evidence, reason):
    result = judge(dns_servers.CHECK, evidence)
    assert (result.reason, result.findings) == (reason, ())


def test_a_way_out_that_is_closed_is_our_side():
    assert Why.NO_DIRECT.is_own_side


FAILED = (SERVFAIL, TIMEOUT, NOT_VALIDATING, Unreachable(Why.FILTERED))
KINDS = (NODATA, NXDOMAIN, *FAILED)


def test_every_pair_of_answers_is_judged_and_a_failed_one_is_never_taken_for_fine():
    """What was not seen is not obsolete and does not end; and a failure leaves the question open, whatever is beside."""
    for one, other in product((KEYS, *KINDS), (SIGNERS, *KINDS)):
        result = judge(ALGORITHM, dnssec(keys=one, signers=other))
        assert (result.outcome is Outcome.UNKNOWN) == (one in FAILED or other in FAILED)
        assert result.findings == ()
    for one, other in product((SECURE, INSECURE, BOGUS, *FAILED), (Seen((GOOD,)), *KINDS)):
        validity = other if isinstance(other, Unreachable) else SECURE
        evidence = dane(host(state=one, records=other, validity=validity))
        records, lookup = judge(RECORDS, evidence), judge(LOOKUP, evidence)
        assert [f.rule.id for f in records.findings] == (
            ["DANE102"] if one == INSECURE and isinstance(other, Seen) else []
        )
        assert lookup.findings == ()
        assert (records.outcome is Outcome.UNKNOWN) == (other in FAILED or (one in FAILED and isinstance(other, Seen)))
        assert (lookup.outcome is Outcome.UNKNOWN) == (one in FAILED or one == BOGUS or (one, other) in FAILS_SECURE)


FAILS_SECURE = tuple((SECURE, failed) for failed in FAILED)
