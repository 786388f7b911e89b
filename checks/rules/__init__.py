"""One question a file: its rules, what they say, and the function that judges. `CATALOGUE` lists them in report order.

To add a check: write its file, add one line here, and one test file with cases that must and must not yield each rule.
"""

from __future__ import annotations

from checks.catalogue import Catalogue, Check
from checks.rules import (
    blocklist,
    dmarc_policy,
    dmarc_record,
    dmarc_syntax,
    dns_name,
    dnssec_zone,
    mx_addresses,
    reverse_name,
)

VERSION = "2026.11"
"""Changes whenever a rule starts or stops yielding something for the same domain, so that reports can be compared."""

CHECKS: tuple[Check, ...] = (
    dns_name.CHECK,
    dmarc_record.CHECK,
    dmarc_syntax.CHECK,
    dmarc_policy.CHECK,
    *mx_addresses.CHECKS,
    *reverse_name.CHECKS,
    dnssec_zone.CHECK,
    *blocklist.CHECKS,
)

CATALOGUE = Catalogue.of(VERSION, CHECKS)
