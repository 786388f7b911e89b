"""`python -m bot` is the command `mailcheck`."""

from bot.cli import main

main()
