"""Profiles read the results of the checks through somebody's list of requirements. A view: they add no check of their own.

A new list is a file with its `Profile`, and one line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from checks.profiles.apple import APPLE
from checks.profiles.google import GOOGLE
from checks.profiles.japan import JAPAN
from checks.profiles.microsoft import MICROSOFT
from checks.profiles.view import Profile
from checks.profiles.yahoo import YAHOO

PROFILES: Mapping[str, Profile] = {
    "google": GOOGLE,
    "yahoo": YAHOO,
    "microsoft": MICROSOFT,
    "apple": APPLE,
    "japan": JAPAN,
}
"""Those that tell what is demanded of senders, in the order in which a report shows them. The verdict's items are apart."""
