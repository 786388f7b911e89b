"""Mail checks: the front door. Everything that is used from outside is named here.

    async with Checker() as checker:
        report = await checker.check_domain("example.com")
        print(report.verdict, [finding.title("en") for finding in report.findings])
"""

from checks.catalogue import Text, printable

__all__ = ["Text", "printable"]
