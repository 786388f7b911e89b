"""Probes ask the network and return evidence; they never judge. `PROBES` says which probe gathers which evidence."""
