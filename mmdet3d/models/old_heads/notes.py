"""What a converted head needs besides its weights, as a checkpoint's ``meta`` holds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

_KEYS = {'direction_begins', 'anchor_generator'}
# Whose anchors a head can have.
GENERATORS = ('Anchor3DRangeGenerator', 'AlignedAnchor3DRangeGenerator')


@dataclass(frozen=True)
class HeadNotes:
    """Settings of the training that a config of v1.0 has no place for, or has otherwise.

    Attributes:
        direction_begins: for each rotation of the anchors the heading at which its first direction
            begins, in radians; None if all begin at ``dir_offset``.
        anchor_generator: config of the anchors; None if they are those of the head's config.
    """

    direction_begins: list[float] | None = None
    anchor_generator: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what there is of them, by name."""
        return {key: value for key, value in vars(self).items() if value is not None}

    @classmethod
    def read(cls, saved: Any, rotations: int) -> Self:
        """Read what :meth:`as_dict` gave.

        Args:
            saved: the dict.
            rotations: number of the head's rotations.

        Raises:
            ValueError: if it is anything else.
        """
        if not isinstance(saved, Mapping) or set(saved) - _KEYS:
            raise ValueError(f'expected a dict of {sorted(_KEYS)}, got {saved}')
        begins, generator = saved.get('direction_begins'), saved.get('anchor_generator')
        if begins is not None and not _are_numbers(begins, rotations):
            raise ValueError(
                f'direction_begins={begins}: expected {rotations} numbers, one for each rotation'
            )
        if generator is not None and not (
            isinstance(generator, Mapping) and generator.get('type') in GENERATORS
        ):
            raise ValueError(f'anchor_generator={generator}: its type has to be of {GENERATORS}')
        return cls(begins, None if generator is None else dict(generator))


def _are_numbers(values: Any, count: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) == count
        and all(isinstance(each, (int, float)) for each in values)
    )
