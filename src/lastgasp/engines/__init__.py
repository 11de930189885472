"""Engines: each takes a :class:`lastgasp.system.TimedSystem` and returns data. They print nothing and know no device."""
