"""What is true of most mail is shown only to whoever asks for everything."""

import pytest
from reports import finding, mail_report
from rich.console import Console

from bot.render.terminal.report import print_report


@pytest.mark.parametrize("verbose", [False, True])
def test_a_detail_is_shown_only_on_demand(verbose: bool, capsys: pytest.CaptureFixture[str]) -> None:
    report = mail_report(finding("DKIM208"), finding("MSG103"))
    assert [f.rule.id for f in report.findings] == ["MSG103"]
    assert [f.rule.id for f in report.details] == ["DKIM208"]
    print_report(Console(width=100), report, "en", verbose=verbose)
    said = capsys.readouterr().out
    assert "MSG103" in said
    assert ("DKIM208" in said) is verbose
