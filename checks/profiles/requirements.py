"""What several lists ask for alike."""

from __future__ import annotations

FORMAT = ("MSG101", "MSG102", "MSG103", "MSG104", "MSG105", "MSG107", "MSG108", "MSG109")
"""RFC 5321 and RFC 5322 (and MIME): the form of the header, of lines and of parts."""
