"""Showing what was found: tables, swim lanes to scale, diagrams and small pictures, all as plain data or text.

Nothing here decides anything: every function reads a trace, a machine, a network or a formula and returns a value.
Start with :func:`lastgasp.render.table.trace_table` and :func:`lastgasp.render.lanes.lanes_svg`. The same input gives
the same bytes. Only :mod:`lastgasp.render.diagrams` imports the graph renderer.
"""
