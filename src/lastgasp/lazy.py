"""Modules that are loaded when they are first used, because they are heavy and not every command needs them."""

from __future__ import annotations

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec
from types import ModuleType


def lazy(name: str) -> ModuleType:
    """The module ``name``, executed at the first use of one of its attributes. ``ImportError`` where it is missing."""
    if name in sys.modules:
        return sys.modules[name]
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        raise ImportError(f"the package {name} is missing; run 'lastgasp doctor'")
    spec.loader = LazyLoader(spec.loader)
    module = module_from_spec(spec)
    sys.modules[name] = module
    package, _, child = name.rpartition(".")
    if package:
        setattr(sys.modules[package], child, module)  # as an import does
    spec.loader.exec_module(module)
    return module
