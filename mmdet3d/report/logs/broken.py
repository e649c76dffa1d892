"""Lines of a log that cannot be read."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LISTED = 10


class BrokenLines:
    """Collects the lines of a file that are skipped, for one warning.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._numbers: list[int] = []
        self._reason = ''

    @contextmanager
    def at(self, number: int) -> Iterator[None]:
        """Skip a line where a ValueError in the block says that it is broken.

        Args:
            number: of the line, counted from 1.
        """
        try:
            yield
        except ValueError as error:
            self._reason = self._reason or str(error)
            self._numbers.append(number)

    def warn(self) -> None:
        """Name the file and the lines that were skipped, if any."""
        if not self._numbers:
            return
        lines = ', '.join(f'line {number}' for number in self._numbers[:_LISTED])
        more = len(self._numbers) - _LISTED
        and_more = f' and {more} more' if more > 0 else ''
        warnings.warn(
            f'{self.path}, {lines}{and_more}: skipped as broken ({self._reason})', stacklevel=2
        )
