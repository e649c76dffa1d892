"""Names of classes: those a config trains, and those that a data set's annotations have."""

import re
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from mmdet3d.datasets.files import DataFormatError, read_text

DONT_CARE = 'DontCare'


def read_class_names(path: str | Path) -> list[str]:
    """Read a text file with one class name a line; blank lines do not count.

    Raises:
        FileNotFoundError: if there is no such file.
        DataFormatError: if it is no UTF-8 text, or has no name.
    """
    purpose = 'a list of class names (a single class is written as a list of one name)'
    names = [line.strip() for line in read_text(path, purpose).splitlines() if line.strip()]
    if not names:
        raise DataFormatError(f'{path} has no class name; expected one a line')
    return names


@cache
def loosely(name: str) -> str:
    """Reduce a name to what misspellings leave: no case, spaces, hyphens and underscores."""
    return re.sub(r'[\s_-]', '', str(name)).casefold()


def with_dont_care(names: np.ndarray) -> np.ndarray:
    """Write the regions that are left out of the annotation as KITTI does, however they are spelt.

    Args:
        names: of shape (N,), str.
    """
    odd = [
        index
        for index, name in enumerate(names.tolist())
        if name != DONT_CARE and loosely(name) == loosely(DONT_CARE)
    ]
    if not odd:
        return names
    # A shorter spelling may have made an array too narrow for the long one.
    changed = names.astype(object)
    changed[odd] = DONT_CARE
    return changed.astype(np.str_)


def warn_of_class_names(
    path: str | Path, counts: Mapping[str, int], classes: Sequence[str]
) -> None:
    """Warn of objects that would be background, and classes that would not be learnt, by spelling.

    Args:
        path: the file of the annotations.
        counts: objects by the name they are annotated with.
        classes: names of the classes to train.
    """
    _warn_of_near_names(path, counts, classes)
    absent = [name for name in classes if not counts.get(name)]
    if absent:
        known = ', '.join(f'{name} ({count})' for name, count in Counter(counts).most_common(20))
        warnings.warn(
            f'{path}: no object of {absent} is annotated, which will not be learnt; check the '
            f'spelling of classes. Annotated are: {known or "none"}',
            stacklevel=3,
        )


def _warn_of_near_names(
    path: str | Path, counts: Mapping[str, int], classes: Sequence[str]
) -> None:
    trained = {loosely(name): name for name in classes}
    near = {
        name: trained[loosely(name)]
        for name in counts
        if name not in classes and loosely(name) in trained
    }
    if near:
        pairs = ', '.join(
            f'{counts[name]} of {name!r} are not {right!r}' for name, right in near.items()
        )
        warnings.warn(
            f'{path}: names that differ in case, hyphen, underscore or space alone are other '
            f'classes, and their objects background: {pairs}. Rename them in the annotations, or '
            'write classes as the annotations do',
            stacklevel=3,
        )
