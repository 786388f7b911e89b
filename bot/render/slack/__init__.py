"""Block Kit as plain dicts: the builders, the escape and the validator."""
