"""
Measures GridOS against named references, each in the same run: `python3 dev.py bench`.

Counts are exact and repeated by `tests/bench`. Times are the best of a few, because machines are noisy.
"""
