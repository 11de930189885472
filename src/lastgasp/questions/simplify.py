"""Few regions with few conditions that say the same as many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lastgasp.engines.polyhedra import Polyhedra
from lastgasp.regions import Half, Region


class Simplifier:
    """Within a box, outside of which nothing matters."""

    def __init__(self, box: Region, polyhedra: Polyhedra) -> None:
        self.box, self.polyhedra = box, polyhedra

    def tidy(self, regions: Iterable[Region]) -> tuple[Region, ...]:
        """The regions without conditions that follow from others, and without regions that others contain."""
        kept: list[Region] = []
        for region in regions:
            whole = Region((*self.box.halves, *region.halves))
            if not self.polyhedra.empty(whole, kept):
                kept.append(self.polyhedra.irredundant(region, self.box))
        return tuple(kept)

    def terms(self, regions: Sequence[Region], others: Sequence[Region]) -> tuple[Region, ...]:
        """Everything that is not in the ``others``, by as few conditions as are needed to keep away from them."""
        borders = [item.opposite for other in others for item in other.halves]
        grown: list[Region] = []
        for region in regions:
            inside = (*self.box.halves, *region.halves)
            if self.polyhedra.point(inside) is None:
                continue
            known = dict.fromkeys((*borders, *region.halves))
            grown.append(self.away([item for item in known if self.polyhedra.implies(inside, item)], others))
        found: list[Region] = []
        for region in sorted(dict.fromkeys(grown), key=_size):
            whole = Region((*self.box.halves, *region.halves))
            if not self.polyhedra.empty(whole, found):
                found.append(region)
        return tuple(sorted(self.needed(found), key=_size))

    def away(self, halves: list[Half], others: Sequence[Region]) -> Region:
        """Of these conditions as few as keep away from the others, those with many parameters going first."""
        kept = sorted(halves, key=lambda item: (len(item.factors), item), reverse=True)
        for item in list(kept):
            rest = [other for other in kept if other != item]
            if all(self.polyhedra.point((*self.box.halves, *rest, *other.halves)) is None for other in others):
                kept = rest
        return self.polyhedra.irredundant(Region(tuple(sorted(kept))), self.box)

    def needed(self, regions: list[Region]) -> list[Region]:
        """The regions that the others do not cover together."""
        kept = list(regions)
        for region in reversed(regions):
            rest = [other for other in kept if other != region]
            if self.polyhedra.empty(Region((*self.box.halves, *region.halves)), rest):
                kept = rest
        return kept


def _size(region: Region) -> tuple[int, tuple[Half, ...]]:
    return len(region.halves), region.halves
