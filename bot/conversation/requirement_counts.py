"""How many requirements of a list have which status: counted the same way wherever a list is summed up."""

from collections import Counter
from collections.abc import Iterable

from bot.conversation import words
from bot.conversation.phrases import listed
from checks import Lang, RequirementStatus, Status

_EVEN_OF_NONE = ("met", "not_met")


def is_asked(status: RequirementStatus) -> bool:
    """Of somebody; what is only recommended is asked of nobody."""
    return status.applies != "recommended"


def requirement_counts(statuses: Iterable[RequirementStatus], lang: Lang, *, in_full: bool = False) -> str:
    """`1 met, 2 not met, 9 need a test mail. 3 more are recommendations.`: each requirement is counted once.

    `in_full`: with how many of those that are only recommended have which status.
    """
    every = list(statuses)
    asked, advice = [s for s in every if is_asked(s)], [s for s in every if not is_asked(s)]
    said = [words.ASKED.say(lang, {"counts": _counted(asked, lang)})] if asked or not advice else []
    if advice and in_full:
        said.append(words.ONLY_RECOMMENDED.say(lang, {"counts": _counted(advice, lang)}))
    elif advice:
        said.append(words.ALSO_RECOMMENDED.say(lang, {"n": len(advice)}))
    return ("" if lang == "ja" else " ").join(said)


def _counted(statuses: Iterable[RequirementStatus], lang: Lang) -> str:
    counted = Counter(map(_kind, statuses))
    return listed(
        lang,
        (
            text.say(lang, {"n": counted[kind]})
            for kind, text in words.REQUIREMENTS.items()
            if counted[kind] or kind in _EVEN_OF_NONE
        ),
    )


def _kind(status: RequirementStatus) -> str:
    if status.status is Status.NOT_TESTABLE and status.reason is not None and status.reason.is_own_side:
        return "untested"
    return status.status.value
