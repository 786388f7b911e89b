"""What was seen: frozen records that probes fill and rules judge. No judgement, no sentence, no network."""
