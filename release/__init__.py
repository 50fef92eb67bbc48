"""What is done for a release: `python3 dev.py audit` and `python3 dev.py sbom`."""
