"""Engines: each takes a :class:`lastgasp.system.TimedSystem` and returns data; none prints or knows a device."""
