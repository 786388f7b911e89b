"""Who handles the mail of a domain, by sets of MX and SPF as they are found in the world."""

from __future__ import annotations

import re

import pytest
from built import NODATA, SERVFAIL, TIMEOUT

from checks.evidence.dkim import PublishedKey
from checks.evidence.mx import MxEvidence
from checks.evidence.providers import ProvidersEvidence, Sign
from checks.evidence.spf import SpfEvidence, SpfNode
from checks.model import Absent, Answer, Known, MxHost, Seen, Unreachable, Why
from checks.parse.spf import parse_spf, spf_records
from checks.providers import (
    habitual_selectors,
    likely_selectors,
    place_of,
    place_text,
    platform_of,
    providers,
    receiver_of,
    report_service_of,
    sends_from_mx,
    service_of_sender,
    service_of_target,
    services_of,
    spf_terms,
)

OWN = "example.co.jp"


def mx(*hosts: str, records: Known[Answer[MxHost]] | None = None) -> MxEvidence:
    seen = Seen(Answer(OWN, "MX", tuple(MxHost(10, host) for host in hosts))) if hosts else NODATA
    return MxEvidence(OWN, records or seen, (), NODATA, NODATA)


def spf(*texts: str, below: dict[str, str] | None = None, answer: Known[Answer[bytes]] | None = None) -> SpfEvidence:
    """`below`: records of names that the domain's own record includes."""
    octets = tuple(text.encode() for text in texts)
    records = spf_records(octets)
    tree = node(OWN, records[0], below or {}) if len(records) == 1 else None
    return SpfEvidence(OWN, answer or (Seen(Answer(OWN, "TXT", octets)) if octets else NODATA), records, tree)


def node(name: str, text: str, below: dict[str, str]) -> SpfNode:
    record = parse_spf(text)
    children = tuple(node(t.target, below[t.target], below) for t in record.reached if t.target in below)
    return SpfNode(name, None, Seen((text,)), record, children, 0)


def alias(selector: str, target: str) -> PublishedKey:
    answer = Seen(Answer("", "TXT", (b"p=x",), alias_of=target))
    return PublishedKey(selector, f"{selector}._domainkey.{OWN}", answer, "", "rsa", 2048)


def layers(seen: ProvidersEvidence) -> dict[str, tuple[str, ...]]:
    return {service.id: service.layers for service in seen.services}


PLATFORM, INBOUND, OUTBOUND, SENDING = "platform", "inbound_gateway", "outbound_gateway", "sending_service"
M365_MX = "example-co-jp.mail.protection.outlook.com"

SETS = {
    "google": (["aspmx.l.google.com", "alt1.aspmx.l.google.com", "aspmx2.googlemail.com"],
               "v=spf1 include:_spf.google.com ~all", "google", {"google": (PLATFORM,)}),
    "google-new": (["smtp.google.com"], "v=spf1 include:_spf.google.com ~all", "google", {"google": (PLATFORM,)}),
    "google-behind-proofpoint": (["mxa-00123456.gslb.pphosted.com", "mxb-00123456.gslb.pphosted.com"],
                                 "v=spf1 include:_spf.google.com include:sendgrid.net -all", "google",
                                 {"proofpoint": (INBOUND,), "google": (PLATFORM,), "sendgrid": (SENDING,)}),
    "m365": ([M365_MX], "v=spf1 include:spf.protection.outlook.com -all", "microsoft", {"microsoft": (PLATFORM,)}),
    "m365-new": (["example-co-jp.a-v1.mx.microsoft"], "v=spf1 -all", "microsoft", {"microsoft": (PLATFORM,)}),
    "m365-placeholder": (["ms12345678.msv1.invalid.outlook.com"], "v=spf1 -all", None, {}),
    "m365-behind-iij": (["mx1.example.securemx.jp", "mx2.example.securemx.jp"],
                        "v=spf1 include:spf.protection.outlook.com ip4:192.0.2.1 -all", "microsoft",
                        {"iij": (INBOUND,), "microsoft": (PLATFORM,)}),
    "m365-out-by-hennge": ([M365_MX], "v=spf1 include:spf.protection.outlook.com include:spf.mta.hdems.com -all",
                           "microsoft", {"microsoft": (PLATFORM,), "hennge": (OUTBOUND,)}),
    "trendmicro-japan-nothing-behind": (["example.in.tmems-jp.trendmicro.com"], "v=spf1 ip4:192.0.2.1 -all", None,
                                        {"trendmicro": (INBOUND,)}),
    "gateway-and-two-platforms": (["eu-smtp-inbound-1.mimecast.com"],
                                  "v=spf1 include:_spf.google.com include:spf.protection.outlook.com -all", None,
                                  {"mimecast": (INBOUND,), "google": (PLATFORM,), "microsoft": (PLATFORM,)}),
    "sakura": ([OWN], "v=spf1 a:www1234.sakura.ne.jp mx ~all", "sakura", {"sakura": (PLATFORM,)}),
    "sakura-named-in-mx": (["www1234.sakura.ne.jp"], "v=spf1 a:www1234.sakura.ne.jp mx ~all", "sakura",
                           {"sakura": (PLATFORM,)}),
    "sakura-vps": (["ik1-123-45678.vs.sakura.ne.jp"], "v=spf1 a:ik1-123-45678.vs.sakura.ne.jp -all", None, {}),
    "xserver": ([OWN], f"v=spf1 +a:sv12345.xserver.jp +a:{OWN} +mx include:spf.sender.xserver.jp ~all", "xserver",
                {"xserver": (PLATFORM,)}),
    "xserver-named-in-mx": (["sv12345.xserver.jp"], "v=spf1 +a:sv12345.xserver.jp ~all", "xserver",
                            {"xserver": (PLATFORM,)}),
    "web-at-xserver-mail-of-its-own": ([f"mail.{OWN}", "mx.backup.example"], "v=spf1 a:sv12345.xserver.jp mx ~all",
                                       None, {"xserver": (PLATFORM,)}),
    "onamae": (["mail1234.onamae.ne.jp"], "v=spf1 include:_spf.onamae.ne.jp ~all", "onamae", {"onamae": (PLATFORM,)}),
    "lolipop": (["mx01.lolipop.jp"], "v=spf1 include:_spf.lolipop.jp ~all", "lolipop", {"lolipop": (PLATFORM,)}),
    "lineworks-and-services": (["jp1-aspmx1.worksmobile.com"],
                               "v=spf1 include:spf.worksmobile.com include:spf.haihaimail.jp include:fc1234.cuenote.jp ~all",
                               "lineworks", {"lineworks": (PLATFORM,), "haihaimail": (SENDING,), "cuenote": (SENDING,)}),
    "own-servers-and-an-include-of-google": ([f"mx.{OWN}"], "v=spf1 mx include:_spf.google.com ~all", None,
                                             {"google": (PLATFORM,)}),
    "cloudflare-routing": (["route1.mx.cloudflare.net"], "v=spf1 include:_spf.mx.cloudflare.net ~all", None,
                           {"cloudflare": (INBOUND, OUTBOUND)}),
    "two-platforms-in-mx": (["aspmx.l.google.com", M365_MX], "v=spf1 -all", None,
                            {"google": (PLATFORM,), "microsoft": (PLATFORM,)}),
    "not-meant": ([OWN], "v=spf1 -include:_spf.google.com include:%{i}.sendgrid.net -all", None, {}),
}  # fmt: skip


@pytest.mark.parametrize("case", SETS)
def test_the_layers_are_told_apart(case: str) -> None:
    hosts, record, platform, wanted = SETS[case]
    seen = services_of(mx(*hosts), spf(record))
    assert seen.platform == (Seen(platform) if platform else Absent())
    assert layers(seen) == wanted
    assert seen.failed is None


def test_a_cname_of_a_selector_outweighs_what_spf_says() -> None:
    keys = (
        alias("selector1", "selector1-example-co-jp._domainkey.example.onmicrosoft.com"),
        alias("s1", "s1.x.example"),
    )
    record = "v=spf1 include:_spf.google.com include:spf.protection.outlook.com -all"
    seen = services_of(mx("cust1.mimecast.com"), spf(record), keys)
    assert seen.platform == Seen("microsoft")
    by_id = {service.id: service for service in seen.services}
    assert by_id["microsoft"].confidence == "high"
    assert by_id["microsoft"].signs[0].kind == "dkim"
    assert by_id["google"].confidence == "medium"
    assert seen.by_target("s1.x.example") is None
    assert seen.by_target(keys[0].alias_of or "") is by_id["microsoft"]


def test_a_gateway_signs_for_those_behind_it() -> None:
    seen = services_of(mx("mx.example.securemx.jp"), spf("v=spf1 -all"), (alias("k1", "example.dkg.dox.jp"),))
    assert layers(seen) == {"iij": (INBOUND, OUTBOUND)}


def test_a_verification_record_alone_proves_no_use() -> None:
    seen = services_of(mx(f"mx.{OWN}"), spf("v=spf1 mx -all", "google-site-verification=abc", "MS=ms12345678"))
    assert (seen.services, seen.only_verified, seen.platform) == ((), ("google", "microsoft"), Absent())
    used = services_of(mx("aspmx.l.google.com"), spf("v=spf1 -all", "google-site-verification=abc"))
    assert [(s.id, s.confidence) for s in used.services] == [("google", "high")]
    assert used.services[0].signs == (Sign("mx", "aspmx.l.google.com"), Sign("txt", "google-site-verification="))


def test_no_more_is_believed_than_the_table_does() -> None:
    (seen,) = services_of(mx("mx01.mail.icloud.com"), spf()).services
    assert (seen.id, seen.confidence) == ("icloud", "low")


def test_records_of_the_domain_itself_are_a_part_of_its_record() -> None:
    below = {f"_spf.{OWN}": "v=spf1 include:spf.bmv.jp -all", "_spf.other.example": "v=spf1 include:sendgrid.net -all"}
    seen = services_of(mx(), spf(f"v=spf1 include:_spf.{OWN} include:_spf.other.example -all", below=below))
    assert layers(seen) == {"blastmail": (SENDING,)}


@pytest.mark.parametrize("records", [NODATA, SERVFAIL, TIMEOUT, Seen(Answer(OWN, "MX", (MxHost(0, ""),)))])
@pytest.mark.parametrize("answer", [NODATA, SERVFAIL, TIMEOUT, None])
def test_no_pair_of_answers_is_taken_for_more_than_it_is(records: object, answer: object) -> None:
    seen = services_of(
        mx(records=records), spf(*[] if answer else ["v=spf1 include:_spf.google.com -all"], answer=answer)
    )  # type: ignore[arg-type]
    assert isinstance(seen.platform, Unreachable) == isinstance(records, Unreachable)
    assert (seen.failed is not None) == (isinstance(records, Unreachable) or isinstance(answer, Unreachable))
    assert [s.id for s in seen.services] == ([] if answer else ["google"])


def test_a_record_that_could_not_be_read_to_its_end_may_hide_services() -> None:
    lost = SpfNode("x.example", None, SERVFAIL, None, (), 0)
    root = SpfNode(OWN, None, Seen(("v=spf1 -all",)), parse_spf("v=spf1 -all"), (lost,), 0)
    evidence = SpfEvidence(OWN, Seen(Answer(OWN, "TXT", (b"v=spf1 -all",))), ("v=spf1 -all",), root)
    assert services_of(mx(), evidence).failed is Why.SERVFAIL


@pytest.mark.parametrize(
    ("host", "id"),
    [
        ("ASPMX.L.Google.com.", "google"),
        ("notaspmx.l.google.com", None),
        ("xaspmx.l.google.com", None),
        ("aspmx.l.google.com.evil.example", None),
        ("inbound-smtp.us-east-1.amazonaws.com", None),
        ("www1.sakura.ne.jp", "sakura"),
        ("mx.vs.sakura.ne.jp", None),
        ("sakura.ne.jp", "sakura"),
        ("", None),
    ],
)
def test_names_match_by_whole_labels(host: str, id: str | None) -> None:
    assert platform_of([host]) == id


def test_the_longest_ending_wins() -> None:
    def id_of(provider: object) -> str | None:
        return getattr(provider, "id", None)

    assert id_of(service_of_sender("cust-spf.exacttarget.com")) == "marketingcloud"
    assert id_of(service_of_sender("12345.spf04.hubspotemail.net")) == "hubspot"
    assert id_of(service_of_sender("sub.spf.mail.system.digitalartscloud.com")) == "mfilter"
    assert id_of(service_of_target("abc.dkim.amazonses.com")) == "ses"
    assert id_of(service_of_target("dkim.amazonses.com.example")) is None
    assert id_of(report_service_of("rua.emaildefense.proofpoint.com")) == "proofpoint_efd"
    assert id_of(report_service_of("proofpoint.com")) is None


def test_selectors_of_the_providers_seen_come_first() -> None:
    seen = services_of(
        mx(M365_MX), spf("v=spf1 include:spf.protection.outlook.com include:1234.spf01.hubspotemail.net ~all")
    )
    assert likely_selectors(seen) == ("selector1", "selector2", "hs1-1234", "hs2-1234", "hs1", "hs2")
    strange = services_of(mx(), spf("v=spf1 include:hubspotemail.net include:a_b.hubspotemail.net ~all"))
    assert all("{" not in selector for selector in likely_selectors(strange))
    assert 45 <= len(set(habitual_selectors())) == len(habitual_selectors()) <= 55
    assert all(re.fullmatch(r"[a-z0-9]+", selector) for selector in habitual_selectors())


@pytest.mark.parametrize("id", providers())
def test_each_provider_can_be_spoken_of_in_both_languages(id: str) -> None:
    provider = providers()[id]
    assert provider.name.isascii()
    for topic in ("spf", "dkim", *provider.where):
        key = place_of(id, topic)
        assert key is not None
        text = place_text(key)
        assert text.fields() == frozenset()
        for lang in ("en", "ja"):
            said = text.say(lang)
            assert len(said) <= 330
            assert said.count("`") % 2 == 0
        assert re.search("[ぁ-んァ-ヶ一-龠]", text.ja)
        assert not re.search("[ぁ-んァ-ヶ一-龠]", text.en)
    for ending in (*provider.mx, *provider.senders, *provider.dkim, *provider.rua, *provider.excepted):
        assert re.fullmatch(r"[a-z0-9_*-]+(\.[a-z0-9_*-]+)+", ending)
    assert all(term.startswith("include:") for term in provider.spf)


def test_where_to_click_is_known_or_not_said() -> None:
    assert place_of("google", "dkim") == "google.dkim"
    assert place_of("lolipop", "dkim") == "lolipop.dkim"
    assert "ロリポップ!" in place_text("lolipop.dkim").ja
    assert "_spf.lolipop.jp" in place_text("lolipop.spf").en
    assert place_of("lolipop", "dmarc") is None
    assert place_of(None, "dkim") is None
    assert place_of("no-such", "dkim") is None
    for key in ("lolipop.dmarc", "no-such.dkim"):
        with pytest.raises(KeyError):
            place_text(key)
    assert spf_terms("google") == ("include:_spf.google.com",)
    assert spf_terms("sakura") == spf_terms(None) == ()


@pytest.mark.parametrize(
    ("hosts", "receiver", "both"),
    [
        (["aspmx.l.google.com"], "google", False),
        (["mx0a-001.pphosted.com", "mx0b-001.pphosted.com"], "proofpoint", False),
        (["mx01.mail.icloud.com"], "icloud", False),
        (["www1234.sakura.ne.jp"], "sakura", True),
        (["mx1.example.co.jp"], None, True),
        (["aspmx.l.google.com", "mx0a-001.pphosted.com"], "google", False),
        (["mx0a-001.pphosted.com", "mx1.mimecast.com"], None, True),
    ],
)
def test_who_receives_and_whether_the_same_servers_send(hosts: list[str], receiver: str | None, both: bool) -> None:
    assert receiver_of(hosts) == receiver
    assert sends_from_mx(receiver) is both
