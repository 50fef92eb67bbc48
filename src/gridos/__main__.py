"""`python -m gridos` is the `gridos` command."""

from gridos.app.cli import main

main()
