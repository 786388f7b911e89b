"""Does a mail look like one of many?"""

from __future__ import annotations

from checks.catalogue import NotApplicable
from checks.evidence.message import MessageEvidence
from checks.model import Why


def demand_bulk(message: MessageEvidence) -> None:
    """Raises NotApplicable for a mail that does not look like bulk mail.

    Answers of programs and bounces often say `Precedence: bulk`, so that nothing answers them.
    """
    form = message.form
    signs = set(form.bulk_signs) - ({"Precedence"} if form.is_automatic_reply else set())
    if not (signs or form.list_unsubscribe.fields or form.list_unsubscribe.post_fields):
        raise NotApplicable(Why.NOT_BULK)
