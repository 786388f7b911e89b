"""One question a file: its rules, what they say, and the function that judges. `CATALOGUE` lists them in report order.

To add a check: write its file, add one line here, and one test file with cases that must and must not yield each rule.
"""

from __future__ import annotations

from checks.catalogue import Catalogue, Check
from checks.rules import (
    bimi_assets,
    bimi_policy,
    bimi_record,
    blocklist,
    dkim_alignment,
    dkim_field,
    dkim_keys,
    dkim_published,
    dkim_signature,
    dkim_verification,
    dmarc_policy,
    dmarc_record,
    dmarc_result,
    dmarc_syntax,
    dns_name,
    dnssec_zone,
    msg_from,
    mx_addresses,
    reverse_name,
    spf_all,
    spf_end,
    spf_includes,
    spf_look_alike,
    spf_lookups,
    spf_macros,
    spf_mx_names,
    spf_networks,
    spf_record,
    spf_result,
    spf_size,
    spf_syntax,
    spf_terms,
    spf_void_lookups,
    sts_policy,
    sts_record,
    tls_reports,
    tls_session,
)

VERSION = "2026.11"
"""Changes whenever a rule starts or stops yielding something for the same domain, so that reports can be compared."""

CHECKS: tuple[Check, ...] = (
    dns_name.CHECK,
    spf_record.CHECK,
    spf_look_alike.CHECK,
    spf_syntax.CHECK,
    spf_all.CHECK,
    spf_end.CHECK,
    spf_networks.CHECK,
    spf_lookups.CHECK,
    spf_includes.CHECK,
    spf_void_lookups.CHECK,
    spf_mx_names.CHECK,
    spf_macros.CHECK,
    spf_terms.CHECK,
    spf_size.CHECK,
    spf_result.CHECK,
    *dkim_signature.CHECKS,
    *dkim_field.CHECKS,
    dkim_published.CHECK,
    *dkim_keys.CHECKS,
    *dkim_verification.CHECKS,
    *dkim_alignment.CHECKS,
    dmarc_record.CHECK,
    dmarc_syntax.CHECK,
    dmarc_policy.CHECK,
    *dmarc_result.CHECKS,
    *mx_addresses.CHECKS,
    *reverse_name.CHECKS,
    *tls_session.CHECKS,
    sts_record.CHECK,
    *sts_policy.CHECKS,
    tls_reports.CHECK,
    bimi_record.CHECK,
    bimi_policy.CHECK,
    bimi_assets.CHECK,
    dnssec_zone.CHECK,
    *blocklist.CHECKS,
    *msg_from.CHECKS,
)

CATALOGUE = Catalogue.of(VERSION, CHECKS)
