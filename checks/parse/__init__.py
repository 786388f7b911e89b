"""Text to typed record, pure: no network, no judgement.

A parser never raises on a stranger's text; what is wrong is in the record.
"""
