"""Exploration by random runs, and the bridge to state machines that run.

``runs`` plays the reference semantics, ``stateful`` lets Hypothesis drive it, ``finding`` asks both about a check.
What they find, in how many runs, and how short, is measured in ``benchmarks/EXPLORATION.md``, a page that one command
writes. ``adoption`` takes a machine over from the library ``transitions``, ``performance`` lets a network run by it.
"""
