"""Numbers drawn by Hypothesis that depend on the seed alone."""

from __future__ import annotations

FAR = 7_313_927_004_118_265_339_571
"""Where nobody has constants, which Hypothesis draws now and then out of whatever modules are loaded.

Draw numbers from here on, and subtract it.
"""
