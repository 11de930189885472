"""Answers of engines kept in a folder, so that what was searched once need not be searched again.

No verdict is kept, only what an engine found: a run, a set of zones, an invariant. Whoever takes it out checks it as if
the engine had just said it, so that a damaged or forged entry costs the time to search again and nothing else.

An entry is a file named by the hash of what was asked: the network as sliced and the sentences about it, without
titles, labels and sources; the engine; the version of this package. Entries are written whole or not at all, each
process with a file of its own that is then renamed; nobody waits for anybody. The folder may be deleted at any time.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

from lastgasp.machine import Machine
from lastgasp.network import Network
from lastgasp.sentences import Sentence
from lastgasp.version import __version__

FORMAT = "lastgasp entry 1"
LARGEST = 1 << 28
"""More bytes than this are read from no entry."""

STALE = 3600.0
"""Seconds after which a file that somebody began to write belongs to a process that was killed."""

TEXTS = frozenset({"title", "label", "source", "text"})
"""Fields that only people read."""


def cache_folder() -> Path:
    """Where entries are kept if nobody says otherwise: the user's cache folder, as the platform has it."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    if Path(given).is_absolute():
        return Path(given) / "lastgasp"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "lastgasp" / "cache"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "lastgasp"


def normal_form(value: object) -> Any:
    """Data as nested lists that are equal if and only if it says the same; places, and texts for people, are left out.

    ``TypeError`` for what is no data.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case Fraction():
            return {"exactly": str(value)}
        case Mapping():
            return {"map": [[normal_form(key), normal_form(item)] for key, item in value.items()]}
        case frozenset():
            return {"set": sorted((normal_form(item) for item in value), key=json.dumps)}
        case tuple() | list():
            return [normal_form(item) for item in value]
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} has no normal form")
    told = (getattr(value, item.name) for item in fields(value) if item.compare and item.name not in TEXTS)
    return {type(value).__name__: [normal_form(item) for item in told]}


@dataclass(frozen=True, slots=True)
class Store:
    """Entries in a folder, each a JSON value by its key. Safe under many processes, any of which may be killed."""

    folder: Path
    _machines: dict[int, tuple[Machine, str]] = field(default_factory=dict, compare=False, repr=False)

    @staticmethod
    def opened(folder: Path) -> Store:
        """The store in a folder, which is made if need be. ``OSError`` where that is not possible."""
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("*.partial"):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > STALE:
                    left.unlink()
        return Store(folder)

    def key(self, engine: str, network: Network, sentences: Iterable[tuple[str, Sentence]], *more: object) -> str:
        """The key of a question to an engine; ``sentences`` by name, those of the question and how they are meant."""
        instances = [
            [i.name, self._machine(i.machine), normal_form(i.wires), normal_form(i.settings)] for i in network.instances
        ]
        asked = [[name, sentence.binds, normal_form(sentence.formula)] for name, sentence in sentences]
        return _hash([FORMAT, __version__, engine, instances, asked, normal_form(more)])

    def _machine(self, machine: Machine) -> str:
        """The hash of a machine; worked out once, for they are large and shared by many questions."""
        known = self._machines.get(id(machine))
        if known is None or known[0] is not machine:
            known = self._machines[id(machine)] = machine, _hash(normal_form(machine))
        return known[1]

    def get(self, key: str) -> dict[str, Any] | None:
        """What is kept under a key; ``None`` where that is nothing, or nothing that can be read."""
        with suppress(OSError, ValueError, zlib.error, RecursionError, MemoryError):
            unpacker = zlib.decompressobj()
            text = unpacker.decompress(self._path(key).read_bytes(), LARGEST)
            data = json.loads(text) if unpacker.eof else None
            if isinstance(data, dict) and data.get("format") == FORMAT and data.get("key") == key:
                return data
        return None

    def put(self, key: str, data: Mapping[str, Any]) -> None:
        """Keep something under a key. A folder that cannot be written to keeps nothing, and that is all."""
        packed = zlib.compress(json.dumps({"format": FORMAT, "key": key, **data}).encode(), 1)
        with suppress(OSError):
            handle, name = tempfile.mkstemp(suffix=".partial", dir=self.folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(packed)
                os.replace(name, self._path(key))
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.z"


def _hash(form: Any) -> str:
    return sha256(json.dumps(form, separators=(",", ":")).encode()).hexdigest()
