"""
Measures the web app in headless Chromium, as a person would meet it: `python -m bench.browser`.

The server is the real one, the app is the built one, and nothing in it knows that it is measured.
"""
