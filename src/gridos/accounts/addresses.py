"""E-mail addresses, as far as an account needs them."""

import re

from gridos.errors import BadEmail

# The WHATWG pattern of <input type=email>, with at least one dot in the domain. ASCII alone, so that Python's and
# PostgreSQL's lower() agree on which two addresses are one.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL = re.compile(rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@(?:{_LABEL}\.)+{_LABEL}", re.ASCII | re.IGNORECASE)
LONGEST = 254  # RFC 5321, 4.5.3.1.3: the longest address that fits in a mail command


def accept_email(text: str) -> str:
    """
    The address as it is kept and shown: ends trimmed, otherwise as typed.

    Two addresses are the same when their lower-case forms are. Raises BadEmail, which does not repeat the text.
    """
    email = text.strip()
    if len(email) > LONGEST or not _EMAIL.fullmatch(email):
        raise BadEmail
    return email
