"""The operator's self-check: does everything that the bot rests on work, and if not, what is to be changed."""

from bot.doctor.examination import examine, unusable_settings
from bot.doctor.finding import Finding, State, as_document, exit_status
from bot.doctor.machine import Machine
from bot.doctor.told import log_findings, print_findings

__all__ = [
    "Finding",
    "Machine",
    "State",
    "as_document",
    "examine",
    "exit_status",
    "log_findings",
    "print_findings",
    "unusable_settings",
]
