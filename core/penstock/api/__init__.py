"""The Python interface: `penstock.read`, `penstock.run`, their async versions, and their results.

Programs import all of this from `penstock`, which loads it on first use.
"""
