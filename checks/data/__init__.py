"""Tables of facts about the world, each with its source and the date it was read."""
