"""What the bot says and when: pure functions from (state, event) to (state, acts). No Slack, no I/O, no clock."""
