"""The anchors of maps, computed once for each size of map."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor


class AnchorGrids:
    """Remembers the anchors of the maps that came last; copies begin empty."""

    def __init__(self) -> None:
        self._key: tuple = ()
        self._levels: list[Tensor] = []

    def __reduce__(self) -> tuple:
        return type(self), ()

    def of(self, generator: Any, maps: Sequence[Tensor]) -> list[Tensor]:
        """Return the anchors of each map, which are not to be changed.

        Args:
            generator: makes them, by ``grid_anchors``; its settings are what its ``repr`` says.
            maps: of shape (..., H, W), on the device where the anchors are to be.
        """
        sizes = [tuple(each.shape[-2:]) for each in maps]
        key = repr(generator), sizes, maps[0].device
        if key != self._key:
            self._levels = generator.grid_anchors(sizes, device=maps[0].device)
            self._key = key
        return list(self._levels)
