"""Proofs checked again, by code that shares nothing with the engines that found them.

Trusted are the timed system (:mod:`lastgasp.system`), the plain evaluator of expressions, and these modules.
"""
