"""DNSKEY, DS, RRSIG and TLSA records read from text, and what the records of a bogus zone show."""

from __future__ import annotations

import dns.dnssec
import dns.message
import dns.name
import dns.rdata
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from checks.evidence.dnssec import DelegationSigner, Signature, ZoneKey
from checks.model import Absent, Answer, Seen, Unreachable, Why
from checks.net.response import outcome, question, read
from checks.parse.dnssec import bogus_cause, delegation_signers, signatures_of, zone_keys
from checks.parse.tlsa import tlsa_records

ZONE = "example.co.jp"
NOW = 1_800_000_000
KEY = dns.dnssec.make_dnskey(
    ec.derive_private_key(7, ec.SECP256R1()).public_key(), dns.dnssec.Algorithm.ECDSAP256SHA256, flags=257
)
TAG = dns.dnssec.key_id(KEY)
DIGEST = "8d02536c887482bc34ff54e41d2ba659bf85b341a0a20afadb5813dcfbcf286d"


def ds(digest: str) -> str:
    made = dns.dnssec.make_ds(dns.name.from_text(ZONE), KEY, digest, policy=dns.dnssec.allow_all_policy)
    return made.to_text()


def answer(rdtype: str, *values: str, signatures: tuple[str, ...] = (), ttl_s: int = 300) -> Seen[Answer[str]]:
    return Seen(Answer(ZONE, rdtype, values, ttl_s, signatures=signatures))


DNSKEY = answer("DNSKEY", KEY.to_text())


def test_a_key_is_read_with_its_tag():
    assert zone_keys(DNSKEY) == Seen((ZoneKey(TAG, 13, is_entry_point=True, is_revoked=False),))
    assert zone_keys(answer("DNSKEY", "nonsense", "257 3 13 !!!")) == Seen(())
    assert zone_keys(Unreachable(Why.SERVFAIL)) == Unreachable(Why.SERVFAIL)


@pytest.mark.parametrize(("digest", "number"), [("SHA1", 1), ("SHA256", 2), ("SHA384", 4)])
def test_a_ds_is_held_against_the_keys_and_said_anew_with_sha256(digest, number):
    signers = delegation_signers(ZONE, answer("DS", ds(digest)), DNSKEY)
    assert signers == Seen((DelegationSigner(ds(digest), TAG, 13, number, True, ds("SHA256")),))


def test_a_ds_without_its_key_does_not_fit_and_one_of_an_unknown_digest_may():
    other = f"1 13 2 {DIGEST}"
    unknown = f"1 13 5 {DIGEST}"
    assert [s.fits for s in delegation_signers(ZONE, answer("DS", other), DNSKEY).value] == [False]
    assert [s.fits for s in delegation_signers(ZONE, answer("DS", unknown), DNSKEY).value] == [None]
    failed = delegation_signers(ZONE, answer("DS", other), Unreachable(Why.TIMEOUT))
    assert [s.fits for s in failed.value] == [None]


def test_a_signature_is_read_with_its_instants():
    text = "SOA 13 3 3600 20270115080000 20270101000000 12345 example.co.jp. abcd"
    seen = signatures_of(answer("SOA", "x", signatures=(text, "broken", "A B C D E F G H"), ttl_s=100))
    assert seen == Seen((Signature("SOA", 13, 12345, 1798761600, 1800000000, 3600, 100),))


def test_answers_without_signature_have_none_and_a_failed_one_is_none_of_that():
    assert signatures_of(answer("SOA", "x"), Absent()) == Absent()
    assert signatures_of(answer("SOA", "x"), Unreachable(Why.TIMEOUT)) == Unreachable(Why.TIMEOUT)


def signature(covered: str, begins: int = -100, expires: int = 100) -> Signature:
    return Signature(covered, 13, TAG, NOW + begins, NOW + expires, 300, 300)


FITS = Seen((DelegationSigner("", TAG, 13, 2, True),))
FITS_NOT = Seen((DelegationSigner("", TAG, 13, 2, False),))
KEYS = Seen((ZoneKey(TAG, 13, True, False),))
BOTH = Seen((signature("SOA"), signature("DNSKEY")))


@pytest.mark.parametrize(
    ("keys", "signers", "signatures", "code"),
    [
        (KEYS, FITS, BOTH, 6),
        (KEYS, FITS, Seen((signature("SOA", -200, -100), signature("DNSKEY"))), 7),
        (KEYS, FITS, Seen((signature("SOA", -200, -100), signature("SOA"), signature("DNSKEY"))), 6),
        (KEYS, FITS, Seen((signature("SOA", 50), signature("DNSKEY", 50))), 8),
        (KEYS, FITS_NOT, BOTH, 9),
        (Absent(), FITS, Absent(), 9),
        (KEYS, FITS, Absent(), 10),
        (KEYS, FITS, Seen((signature("DNSKEY"),)), 10),
        (KEYS, Absent(), BOTH, None),
        (KEYS, Unreachable(Why.SERVFAIL), BOTH, None),
        (Unreachable(Why.TIMEOUT), FITS, BOTH, None),
        (KEYS, FITS, Unreachable(Why.TIMEOUT), None),
    ],
    ids=[
        "all in order but the signature itself",
        "expired",
        "expired, and a fresh one beside",
        "not valid yet",
        "DS of another key",
        "not signed at all",
        "no signature",
        "no signature over the SOA",
        "no DS",
        "DS unknown",
        "keys unknown",
        "signatures unknown",
    ],
)
def test_the_records_show_why_a_zone_is_bogus(keys, signers, signatures, code):
    assert bogus_cause(keys, signers, signatures, NOW) == code


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (f"3 1 1 {DIGEST}", (3, 1, 1, 32, False)),
        ("3 1 1 8d02 536c", (3, 1, 1, 4, False)),
        ("\\# 7 03010130020500", (3, 1, 1, 4, True)),
        ("3 0 0 3082000100", (3, 0, 0, 5, True)),
        ("3 0 0 308200010000", (3, 0, 0, 6, False)),
        ("3 0 0 30", (3, 0, 0, 1, False)),
    ],
    ids=["digest", "short", "unknown data", "whole", "longer than it says", "a single octet"],
)
def test_a_tlsa_record_is_read_in_both_notations(text, fields):
    (record,) = tlsa_records([text])
    assert (record.usage, record.selector, record.matching, record.octets, record.is_der) == fields


def test_what_is_no_tlsa_record_is_passed_over():
    assert tlsa_records(["", "3 1", "a b c d", "3 1 1 xyz", "\\# 2 0301", "\\#"]) == ()


def test_a_digest_of_the_wrong_length_is_read_and_not_called_a_failure_of_the_server():
    asked = question("_25._tcp.mx.example", "TLSA")
    query = asked.query()
    response = dns.message.make_response(query)
    rrset = dns.rrset.from_text(query.question[0].name, 300, "IN", "TLSA", f"3 1 1 {DIGEST}")
    rrset.add(dns.rdata.GenericRdata(1, 52, bytes.fromhex("030101abcd")))
    response.answer = [rrset]
    told = outcome(asked, read(query, response.to_wire()))
    assert sorted(r.octets for r in tlsa_records(told.value.values)) == [2, 32]


def test_a_message_that_ends_within_a_tlsa_record_is_malformed():
    asked = question("_25._tcp.mx.example", "TLSA")
    query = asked.query()
    response = dns.message.make_response(query)
    response.answer = [dns.rrset.from_text(query.question[0].name, 300, "IN", "TLSA", f"3 1 1 {DIGEST}")]
    wire = response.to_wire()
    end = len(wire) - 11  # the OPT record stands last
    for length in range(end - 40, end):
        assert read(query, wire[:length]) == "malformed"
