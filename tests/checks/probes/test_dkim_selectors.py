"""DKIM selectors by habit, and who provides the mail, as they are really asked for."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from typing import Any

import pytest
from signed_mail import NOW, SESSION, ed25519_record, rsa_key, rsa_record

from bot.demo.nameserver import ALWAYS, Fault, Nameserver, Validation, Zone, ZoneState
from checks.evidence.dkim import KnownKeysEvidence, SelectorsEvidence
from checks.evidence.mx import MxEvidence
from checks.evidence.providers import ProvidersEvidence
from checks.evidence.spf import SpfEvidence
from checks.model import Seen, Unreachable, Why
from checks.net.dns import Dns
from checks.probes.dkim import FEW_GUESSES, MAX_GUESSES, ask_known_keys, ask_selectors, nobodys_selector
from checks.probes.mx import ask_mx
from checks.probes.providers import ask_providers
from checks.probes.run import Run
from checks.probes.spf import ask_spf
from checks.providers import habitual_selectors

OWN = "d.example"
PROBES = {
    KnownKeysEvidence: ask_known_keys,
    SelectorsEvidence: ask_selectors,
    ProvidersEvidence: ask_providers,
    MxEvidence: ask_mx,
    SpfEvidence: ask_spf,
}


def quoted(record: bytes) -> str:
    text = record.decode()
    return " ".join(f'"{text[i : i + 250]}"' for i in range(0, len(text), 250))


GOOD = quoted(rsa_record(rsa_key()))
OTHER = quoted(ed25519_record())
GOOGLE = '@ MX 10 aspmx.l.google.com.\n@ TXT "v=spf1 include:_spf.google.com ~all"\n'
EMPTY = ("example", "com", "net", "arpa")


class Asked:
    """What one run found, and the TXT questions below `_domainkey` that it asked."""

    def __init__(self, evidence: Any, log: list[tuple[str, str]]) -> None:
        self.evidence, self.log = evidence, log
        self.keys = [name for name, rdtype in log if rdtype == "TXT" and "_domainkey" in name]

    @property
    def found(self) -> list[tuple[str, str]]:
        return [(key.selector, key.problem) for key in self.evidence.found]


async def asking(
    records: str,
    *faults: Fault,
    selectors: tuple[str, ...] = (),
    kind: type = SelectorsEvidence,
    domain: str = OWN,
    raw: bytes | None = None,
    state: ZoneState = "unsigned",
    validation: Validation = "validating",
) -> Asked:
    zones = [Zone(OWN, records, state), Zone("mcsv.net", f"dkim2 TXT {GOOD}"), Zone("sendgrid.net", "@ A 192.0.2.1")]
    async with Nameserver(zones, faults=faults, empty_zones=EMPTY, validation=validation) as server:
        gateway = Dns([server.address], try_s=0.2, tries=2)
        context = Run(
            domain, domain, gateway.run(10.0), NOW, PROBES, known_selectors=selectors, raw=raw, session=SESSION
        )
        try:
            return Asked(await context.evidence(kind), list(server.log))
        finally:
            await context.close()
            await gateway.aclose()


def ask(records: str, *faults: Fault, **more: Any) -> Asked:
    return asyncio.run(asking(records, *faults, **more))


def name(selector: str, domain: str = OWN) -> str:
    return f"{selector}._domainkey.{domain}"


def test_keys_are_found_under_usual_selectors() -> None:
    asked = ask(f'default._domainkey TXT {GOOD}\nmail._domainkey TXT "v=DKIM1; p="\nrare._domainkey TXT {GOOD}\n')
    assert asked.found == [("default", ""), ("mail", "key_revoked")]
    assert asked.evidence.asked == len(habitual_selectors())
    assert asked.evidence.found[0].bits == 2048
    assert not asked.evidence.found[0].likely


def test_the_number_of_questions_is_bounded_and_each_is_asked_once() -> None:
    asked = ask(f"{GOOGLE}default._domainkey TXT {GOOD}\n", selectors=tuple(f"k{i}" for i in range(50)))
    assert max(Counter(asked.keys).values()) == 1
    # Those known, those guessed, their doubled names, and the two questions about the place itself.
    assert len(asked.keys) <= 10 + MAX_GUESSES + 10 + 20 + 3


def test_the_selectors_of_the_domains_provider_come_first() -> None:
    asked = ask(f"{GOOGLE}google._domainkey TXT {GOOD}\ndefault._domainkey TXT {GOOD}\n")
    assert [(key.selector, key.likely) for key in asked.evidence.found] == [("google", True), ("default", False)]
    hub = ask(f'@ TXT "v=spf1 include:77.spf01.hubspotemail.net ~all"\nhs1-77._domainkey TXT {GOOD}\n')
    assert [(key.selector, key.likely) for key in hub.evidence.found] == [("hs1-77", True)]


def test_where_nothing_can_be_below_domainkey_few_are_guessed_and_none_where_that_is_proved() -> None:
    asked = ask(GOOGLE)
    assert (asked.found, asked.evidence.asked, asked.evidence.why_unknown) == ([], FEW_GUESSES, None)
    doubled = f"google._domainkey.{OWN} TXT {GOOD}\n"
    proved = ask(GOOGLE + doubled, state="signed")
    assert (proved.found, proved.evidence.asked, proved.evidence.why_unknown) == ([], 0, None)
    assert [key.selector for key in proved.evidence.doubled] == ["google"]
    assert ask(f"default._domainkey TXT {GOOD}\n", state="signed").found == [("default", "")]


def test_a_server_that_denies_names_with_others_below_them_hides_no_usual_key() -> None:
    denies = Fault(f"_domainkey.{OWN}", "TXT", rcode="NXDOMAIN")
    asked = ask(f"{GOOGLE}google._domainkey TXT {GOOD}\ndefault._domainkey TXT {GOOD}\n", denies, validation="never")
    assert asked.found == [("google", ""), ("default", "")]


def test_what_a_wildcard_gives_for_any_name_is_no_key_found() -> None:
    asked = ask(f"*._domainkey TXT {GOOD}\ndefault._domainkey TXT {OTHER}\n")
    assert asked.found == [("default", "")]
    assert isinstance(asked.evidence.wildcard, Seen)
    assert ask('* TXT "v=spf1 -all"').found == []
    aliases = "*._domainkey CNAME nobody.sendgrid.net.\ns1._domainkey CNAME s1.u1.sendgrid.net.\n"
    assert ask(aliases).found == [("s1", "key_not_found")]


def test_a_txt_record_of_another_purpose_is_no_key() -> None:
    text = (
        f'mail._domainkey TXT "o=~; r=postmaster"\ns1._domainkey TXT "v=DKIM1 k=rsa p=AAAA"\nk1._domainkey TXT {GOOD}\n'
    )
    assert ask(text).found == [("s1", "key_syntax"), ("k1", "")]


def test_a_cname_that_leads_to_no_key_is_found_and_names_its_service() -> None:
    asked = ask(
        "s1._domainkey CNAME s1.u1.sendgrid.net.\nk2._domainkey CNAME dkim2.mcsv.net.\n", kind=ProvidersEvidence
    )
    assert {s.id: s.layers for s in asked.evidence.services} == {
        "sendgrid": ("sending_service",),
        "mailchimp": ("sending_service",),
    }
    assert asked.evidence.by_target("s1.u1.sendgrid.net").id == "sendgrid"


def test_a_known_selector_is_not_found_by_habit_once_more() -> None:
    asked = ask(f"s1._domainkey TXT {GOOD}\ns2._domainkey TXT {GOOD}\n", selectors=("s1",))
    assert asked.found == [("s2", "")]


def test_keys_at_the_doubled_name() -> None:
    records = f"{GOOGLE}google._domainkey.{OWN} TXT {GOOD}\nold._domainkey.{OWN} TXT {GOOD}\n"
    doubled = ask(records, selectors=("old", "gone")).evidence.doubled
    assert [key.name for key in doubled] == [name("old", f"{OWN}.{OWN}"), name("google", f"{OWN}.{OWN}")]
    # Nobody asks where there is a key at the right name, for other habits, or for another domain's selector.
    there = ask(f"{records}google._domainkey TXT {GOOD}\n", selectors=("old._domainkey.other.example",))
    assert there.evidence.doubled == ()
    assert not [n for n in there.keys if n.endswith(f".{OWN}.{OWN}")]
    assert ask(f"{GOOGLE}*.{OWN} TXT {GOOD}\n").evidence.doubled == ()
    assert ask(f'{GOOGLE}google._domainkey.{OWN} TXT "v=spf1 -all"\n').evidence.doubled == ()
    lost = Fault(name(nobodys_selector(OWN), f"{OWN}.{OWN}"), "TXT", rcode="SERVFAIL")
    assert ask(records, lost).evidence.doubled == ()


def test_of_a_mail_nothing_is_guessed() -> None:
    asked = ask(f"default._domainkey TXT {GOOD}\n", raw=b"From: a@d.example\r\n\r\n")
    assert (asked.found, asked.evidence.asked, asked.keys) == ([], 0, [])


def test_a_silent_server_is_not_asked_sixty_times() -> None:
    silent = Fault(name(nobodys_selector(OWN)), "TXT", drop=ALWAYS)
    asked = ask(f"default._domainkey TXT {GOOD}\n", silent)
    assert (asked.found, asked.evidence.why_unknown) == ([], Why.TIMEOUT)
    assert set(asked.keys) == {name(nobodys_selector(OWN)), f"_domainkey.{OWN}"}


def test_a_domain_too_long_for_any_selector_has_none() -> None:
    long = ".".join(["a" * 60] * 4)
    asked = ask("", domain=f"{long}.d.example")
    assert (asked.found, asked.evidence.why_unknown) == ([], None)
    assert isinstance(asked.evidence.wildcard, Unreachable)


def test_the_name_that_nobody_publishes_is_the_same_each_time() -> None:
    assert nobodys_selector(OWN) == nobodys_selector(OWN) != nobodys_selector("e.example")
    assert nobodys_selector(OWN) not in habitual_selectors()


QUESTIONS = [
    (OWN, "MX"),
    (OWN, "TXT"),
    (name(nobodys_selector(OWN)), "TXT"),
    (f"_domainkey.{OWN}", "TXT"),
    (name("google"), "TXT"),
    (name("old"), "TXT"),
    (name("default"), "TXT"),
    (name("old", f"{OWN}.{OWN}"), "TXT"),
    (name(nobodys_selector(OWN), f"{OWN}.{OWN}"), "TXT"),
]
RECORDS = f"{GOOGLE}google._domainkey TXT {GOOD}\ndefault._domainkey TXT {GOOD}\nold._domainkey.{OWN} TXT {GOOD}\n"


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "drop"])
def test_whichever_two_questions_fail_nothing_raises_and_nothing_is_made_up(rcode: str) -> None:
    async def all_pairs() -> list[tuple[set[str], Asked]]:
        pairs = list(itertools.combinations(QUESTIONS, 2))
        asked = []
        for batch in (pairs[i : i + 12] for i in range(0, len(pairs), 12)):
            faults = [[fault(n, t) for n, t in pair] for pair in batch]
            asked += await asyncio.gather(*(asking(RECORDS, *each, selectors=("old",)) for each in faults))
        return [({n for n, _ in pair}, each) for pair, each in zip(pairs, asked, strict=True)]

    def fault(name: str, rdtype: str) -> Fault:
        return Fault(name, rdtype, drop=ALWAYS) if rcode == "drop" else Fault(name, rdtype, rcode=rcode)

    whole = ask(RECORDS, selectors=("old",))
    assert whole.found == [("google", ""), ("default", "")]
    for names, asked in asyncio.run(all_pairs()):
        assert set(asked.found) <= set(whole.found)
        assert {key.name for key in asked.evidence.doubled} <= {key.name for key in whole.evidence.doubled}
        if names & {name("google"), name("default"), name(nobodys_selector(OWN))}:
            assert asked.evidence.why_unknown is not None
