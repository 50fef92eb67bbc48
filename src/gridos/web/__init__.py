"""
Routes, sign-in and the error-to-status table: everything HTTP.

No module here knows SQL, or can open a secret.
"""
