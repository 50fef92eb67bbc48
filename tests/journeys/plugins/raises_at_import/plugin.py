"""Fails before there is anything to register."""

raise SystemExit("a plugin cannot end the server")
