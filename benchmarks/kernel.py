"""Zones as flat tuples of integers against numpy arrays, as ratios: one constraint at a time, and inclusion in a batch.

Run with ``python benchmarks/kernel.py`` where numpy is installed; nothing else here needs it. Below eight clocks, the
common case, flat tuples win at constraints; batches of inclusions gain too little to pay for a second form.
"""

from __future__ import annotations

import random
import timeit

import numpy as np

from lastgasp.engines.zones.dbm import INF, Zone, close, constrained, includes


def zone(n: int) -> Zone:
    """A random canonical zone of ``n - 1`` clocks."""
    while True:
        matrix = [INF] * (n * n)
        for i in range(n):
            matrix[i * n + i] = matrix[i] = 1
        for _ in range(2 * n):
            i, j = random.sample(range(n), 2)
            matrix[i * n + j] = 2 * random.randrange(30) + 1
        if close(matrix, n):
            return tuple(matrix)


def by_numpy(matrix: np.ndarray, i: int, j: int, raw: int) -> np.ndarray | None:
    """The counterpart of ``constrained`` for one constraint."""
    if raw >= matrix[i, j]:
        return matrix
    back = int(matrix[j, i])
    if back < INF and back + raw - ((back | raw) & 1) < 1:
        return None
    before, after = matrix[:, i], matrix[j, :]
    first = np.where(before >= INF, INF, before + raw - ((before | raw) & 1))[:, None]
    through = first + after - ((first | after) & 1)
    return np.minimum(matrix, np.where((first >= INF) | (after >= INF), INF, through))


def main() -> None:
    """Print the table."""
    random.seed(1)
    print("clocks  constraint: flat 1.0, numpy  inclusion in 20: flat 1.0, numpy")
    for n in (4, 8, 16):
        zones = [zone(n) for _ in range(100)]
        arrays = [np.array(item, dtype=np.int64).reshape(n, n) for item in zones]
        limits = [(random.randrange(1, n), 0, 2 * random.randrange(20) + 1) for _ in zones]
        stored = np.stack(arrays[:20]).reshape(20, -1)

        def flat_one() -> None:
            for item, limit in zip(zones, limits, strict=True):  # noqa: B023 (used at once)
                constrained(item, n, [limit])  # noqa: B023

        def numpy_one() -> None:
            for item, limit in zip(arrays, limits, strict=True):  # noqa: B023
                by_numpy(item, *limit)

        def flat_many() -> None:
            for item in zones:  # noqa: B023
                any(includes(big, item) for big in zones[:20])  # noqa: B023

        def numpy_many() -> None:
            for item in arrays:  # noqa: B023
                bool((stored >= item.reshape(1, -1)).all(1).any())  # noqa: B023

        one, many = (
            timeit.timeit(slow, number=30) / timeit.timeit(fast, number=30)
            for fast, slow in ((flat_one, numpy_one), (flat_many, numpy_many))
        )
        print(f"{n - 1:6}  {one:29.1f}  {many:34.1f}")


if __name__ == "__main__":
    main()
