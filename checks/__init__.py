"""Mail checks: the front door. Everything that is used from outside is named here.

async with Checker() as checker:
    report = await checker.check_domain("example.com")
    print(report.verdict, [finding.title("en") for finding in report.findings])
"""

from checks.catalogue import Catalogue, Check, CheckResult, Fact, Finding, RecordChange, Rule, Text, printable
from checks.counting import Standing, standing
from checks.engine import Checker, Progress, Session, Tls, combine
from checks.isolation.pool import InProcess, Isolation, Workers, WorkLimits
from checks.model import Lang, Outcome, Severity, Tier, Why
from checks.net.https import Https
from checks.parse.domain import BadDomain, Domain, is_within, parse_domain, registrable
from checks.profiles import PROFILES
from checks.profiles.mschecker import ITEMS as MSCHECKER
from checks.profiles.mschecker import TITLES as VERDICT_TITLES
from checks.profiles.mschecker import Verdict
from checks.profiles.view import Profile, Requirement, RequirementStatus, Status, is_error
from checks.providers import place_text, service_of_sender
from checks.reasons import reason_text
from checks.report import MailFacts, Report
from checks.resolver import BlocklistState, ResolverState, ServerState, resolver_state
from checks.rules import CATALOGUE

__all__ = [
    "CATALOGUE",
    "MSCHECKER",
    "PROFILES",
    "VERDICT_TITLES",
    "BadDomain",
    "BlocklistState",
    "Catalogue",
    "Check",
    "CheckResult",
    "Checker",
    "Domain",
    "Fact",
    "Finding",
    "Https",
    "InProcess",
    "Isolation",
    "Lang",
    "MailFacts",
    "Outcome",
    "Profile",
    "Progress",
    "RecordChange",
    "Report",
    "Requirement",
    "RequirementStatus",
    "ResolverState",
    "Rule",
    "ServerState",
    "Session",
    "Severity",
    "Standing",
    "Status",
    "Text",
    "Tier",
    "Tls",
    "Verdict",
    "Why",
    "WorkLimits",
    "Workers",
    "combine",
    "is_error",
    "is_within",
    "parse_domain",
    "place_text",
    "printable",
    "reason_text",
    "registrable",
    "resolver_state",
    "service_of_sender",
    "standing",
]
