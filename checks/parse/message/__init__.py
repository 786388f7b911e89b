"""A received mail: which keys to look up (`outline`), and what it proves (`verify`). Pure and picklable."""

from checks.parse.message.key import Key, KeyProblem, parse_key
from checks.parse.message.signature import DEFAULT_LIMITS, Limits
from checks.parse.message.verification import Outline, outline, verify

__all__ = ["DEFAULT_LIMITS", "Key", "KeyProblem", "Limits", "Outline", "outline", "parse_key", "verify"]
