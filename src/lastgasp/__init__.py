"""Formal verification of networks of timed state machines."""
