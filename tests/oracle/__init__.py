"""A second opinion for the tests: small networks decided by brute force on their region graph.

Nothing here is shared with the engines of the library. :mod:`.regions` builds the explicit region graph of Alur and
Dill on top of the reference semantics alone, :mod:`.strategies` draws small random networks for Hypothesis.
"""
