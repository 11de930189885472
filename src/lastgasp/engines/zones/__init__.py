"""Reachability by zones: exact for networks whose timing is concrete."""
