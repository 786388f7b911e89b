"""The commands. Nothing that one command needs is imported for another: `check` must start at once."""

from __future__ import annotations

import gc

import click

from bot.cli.catalogue import explain, rules
from bot.cli.check import check
from bot.cli.message import message
from bot.cli.service import demo, doctor, run

_GARBAGE = (50_000, 20, 20)
"""Thresholds of the collector: by default, 700 new objects, it takes a third of the processor time of many checks at
once, for each has thousands of objects, nearly all of which go as soon as their report is done, without it."""


def collect_rarely() -> None:
    """For a process that checks much, once all is imported: that stays."""
    gc.freeze()
    gc.set_threshold(*_GARBAGE)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mailcheck-bot", prog_name="mailcheck")
def main() -> None:
    """Check a mail domain or a mail: SPF, DKIM, DMARC, DNSSEC, MX, reverse DNS, blocklists, sender guidelines.

    Exit status of check and message: 0 nothing lowers the verdict, 1 findings, 2 bad input, 3 undetermined.
    """
    collect_rarely()


for command in (check, message, rules, explain, demo, run, doctor):
    main.add_command(command)
