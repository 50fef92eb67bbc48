"""
GridOS: a self-hosted spreadsheet whose cells call your services, with each user's own credentials.

The rooms are stacked; imports go downwards only (CONTRIBUTING.md draws the stack, import-linter keeps it).
"""
