"""What is said while a campaign runs: what was done, what is left, and how long it will take."""

import time
from collections.abc import Callable, Mapping
from statistics import mean


class Progress:
    """Count trainings, and tell of each.

    Args:
        total: all trainings that are wanted.
        done: of these, those that are done already.
        processes: how many run side by side.
        tell: is given a line after each.
    """

    def __init__(self, total: int, done: int, processes: int, tell: Callable[[str], None]) -> None:
        self._total, self._done, self._processes, self._tell = total, done, processes, tell
        self._seconds: list[float] = []

    def add(self, name: str, figures: Mapping[str, float], seconds: float) -> None:
        """Tell of a training that is done.

        Args:
            name: what was trained.
            figures: by their titles.
            seconds: that it took.
        """
        self._done += 1
        self._seconds.append(seconds)
        left = (self._total - self._done) * mean(self._seconds) / self._processes
        rest = f', about {duration(left)} left' if self._done < self._total else ''
        self._tell(
            f'{time.strftime("%H:%M:%S")} {name} ({duration(seconds)}): {in_words(figures)}; '
            f'{self._done} of {self._total} done{rest}'
        )


def in_words(figures: Mapping[str, float]) -> str:
    """Return figures by their titles as one line."""
    return ', '.join(f'{title} {value:.2f}' for title, value in figures.items())


def duration(seconds: float) -> str:
    """Return a time in words, such as ``2 h 05 min``."""
    minutes = round(seconds / 60)
    if minutes < 2:
        return f'{seconds:.0f} s'
    return f'{minutes} min' if minutes < 120 else f'{minutes // 60} h {minutes % 60:02} min'
