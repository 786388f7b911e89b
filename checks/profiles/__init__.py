"""Profiles read the results of the checks through somebody's list of requirements. A view: they add no check of their own."""
