"""Proofs: a session whose inputs are those of a green run is not run again by `ci`.

The session is the unit, never a package: a test may read any file. What a green run depended on is
written down as parts, each a listing of names and digests (`inputs`), and is held against what is
there now. What is not understood makes no proof. Two things no listing can hold: what code reads
elsewhere at run time without saying so, and the clock; so a proof ends with its day.
"""
