"""Wires everything: the only reader of settings, the only chooser of a database."""
