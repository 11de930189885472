"""Exploration by random runs, and the bridge to state machines that run.

``runs`` plays the reference semantics, ``stateful`` lets Hypothesis drive it, ``finding`` asks both about a check.
"""
