"""penstock from Python: `penstock.read`, `penstock.run`, the same for async code, and what comes back.

Everything here is reached through `penstock` itself, and loaded when it is first used.
"""
