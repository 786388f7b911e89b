"""Probes ask the network and return evidence; they never judge. `PROBES` says which probe gathers which evidence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from checks.evidence.bimi import BimiAssetsEvidence, BimiEvidence
from checks.evidence.blocklist import ClientBlocklistEvidence, DomainBlocklistEvidence, MxBlocklistEvidence
from checks.evidence.dane import DaneEvidence
from checks.evidence.dkim import KnownKeysEvidence, SelectorsEvidence
from checks.evidence.dmarc import (
    DmarcEvidence,
    DmarcPlaceEvidence,
    DmarcReportsEvidence,
    DmarcResultEvidence,
    MonitoringEvidence,
)
from checks.evidence.dnssec import DnssecEvidence
from checks.evidence.domain import DomainEvidence, UseEvidence
from checks.evidence.helo import HeloEvidence
from checks.evidence.message import MessageEvidence, SessionEvidence, SpfResultEvidence
from checks.evidence.mx import MxEvidence, SenderTargetsEvidence
from checks.evidence.nameservers import NameServersEvidence
from checks.evidence.providers import ProvidersEvidence
from checks.evidence.ptr import ClientReverseEvidence, MxReverseEvidence
from checks.evidence.spf import SpfEvidence, SpfLookupEvidence
from checks.evidence.spf_alias import SpfAliasEvidence
from checks.evidence.sts import StsEvidence, StsPolicyEvidence
from checks.evidence.tls_reports import TlsReportEvidence
from checks.probes.bimi import ask_bimi, ask_bimi_assets
from checks.probes.blocklist import ask_client_blocklists, ask_domain_blocklists, ask_mx_blocklists
from checks.probes.dane import ask_dane
from checks.probes.dkim import ask_known_keys, ask_selectors
from checks.probes.dmarc import ask_dmarc, ask_dmarc_place, ask_dmarc_reports, ask_monitoring
from checks.probes.dmarc_result import ask_dmarc_result
from checks.probes.dnssec import ask_dnssec
from checks.probes.domain import ask_domain, ask_use
from checks.probes.message import ask_message
from checks.probes.mx import ask_client_reverse, ask_helo, ask_mx, ask_mx_reverse, ask_sender_targets
from checks.probes.nameservers import ask_name_servers
from checks.probes.providers import ask_providers
from checks.probes.run import Run
from checks.probes.session import ask_session
from checks.probes.spf import ask_spf
from checks.probes.spf_alias import ask_spf_alias
from checks.probes.spf_lookups import ask_spf_lookups
from checks.probes.spf_result import ask_spf_result
from checks.probes.sts import ask_sts, ask_sts_policy
from checks.probes.tls_reports import ask_tls_reports

PROBES: Mapping[type[Any], Callable[[Run], Awaitable[Any]]] = {
    DomainEvidence: ask_domain,
    UseEvidence: ask_use,
    SpfEvidence: ask_spf,
    SpfAliasEvidence: ask_spf_alias,
    SpfLookupEvidence: ask_spf_lookups,
    SpfResultEvidence: ask_spf_result,
    KnownKeysEvidence: ask_known_keys,
    SelectorsEvidence: ask_selectors,
    ProvidersEvidence: ask_providers,
    DmarcEvidence: ask_dmarc,
    MonitoringEvidence: ask_monitoring,
    DmarcPlaceEvidence: ask_dmarc_place,
    DmarcReportsEvidence: ask_dmarc_reports,
    DmarcResultEvidence: ask_dmarc_result,
    MxEvidence: ask_mx,
    MxReverseEvidence: ask_mx_reverse,
    ClientReverseEvidence: ask_client_reverse,
    HeloEvidence: ask_helo,
    SenderTargetsEvidence: ask_sender_targets,
    DnssecEvidence: ask_dnssec,
    DaneEvidence: ask_dane,
    NameServersEvidence: ask_name_servers,
    DomainBlocklistEvidence: ask_domain_blocklists,
    ClientBlocklistEvidence: ask_client_blocklists,
    MxBlocklistEvidence: ask_mx_blocklists,
    StsEvidence: ask_sts,
    StsPolicyEvidence: ask_sts_policy,
    TlsReportEvidence: ask_tls_reports,
    BimiEvidence: ask_bimi,
    BimiAssetsEvidence: ask_bimi_assets,
    MessageEvidence: ask_message,
    SessionEvidence: ask_session,
}
