"""Scores from which on what a teacher finds is an object, or a region to be ignored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmdet3d.utils.names import near_misses

Given = float | str | Sequence[float | str]


@dataclass(frozen=True)
class Thresholds:
    """Scores by class.

    Attributes:
        classes: names of the C classes, in label order.
        score: float32 of shape (C,); a detection with this score or more is an object.
        ignore: float32 of shape (C,); one with less than ``score``, but this or more, is a region
            to be ignored.
    """

    classes: tuple[str, ...]
    score: np.ndarray
    ignore: np.ndarray

    def by_name(self) -> dict[str, dict[str, float]]:
        """Give the scores under the names of their options and classes."""
        both = {'score_thr': self.score, 'ignore_thr': self.ignore}
        return {
            option: {name: float(str(value)) for name, value in zip(self.classes, values)}
            for option, values in both.items()
        }


def read_thresholds(score: Given, ignore: Given, classes: Sequence[str]) -> Thresholds:
    """Read what ``--score-thr`` and ``--ignore-thr`` say.

    Args:
        score: a number for all classes, or ``NAME=NUMBER`` for each.
        ignore: the same; not above ``score``.
        classes: names of the classes, in label order.

    Raises:
        ValueError: if one is no number in 0..1, a class is unknown, given twice or left out, or a
            class is ignored from a higher score on than it is an object from.
    """
    found = Thresholds(
        tuple(classes),
        _by_class('--score-thr', score, classes),
        _by_class('--ignore-thr', ignore, classes),
    )
    for name, high, low in zip(classes, found.score, found.ignore):
        if low > high:
            raise ValueError(
                f'--ignore-thr of {name} is {low!s}, above its --score-thr {high!s}: regions to be '
                'ignored are those between the two; give it the same or less'
            )
    return found


def _by_class(option: str, given: Given, classes: Sequence[str]) -> np.ndarray:
    words = [given] if isinstance(given, (int, float, str)) else list(given)
    texts = [str(word) for word in words]
    if len(texts) == 1 and '=' not in texts[0]:
        return np.full(len(classes), _number(option, texts[0]), dtype=np.float32)
    numbers = _named_numbers(option, texts, classes)
    absent = [name for name in classes if name not in numbers]
    if absent:
        raise ValueError(
            f'{option} says nothing of {", ".join(absent)}: give a number for every class, as '
            f'{" ".join(f"{name}=0.3" for name in classes)}, or one number for all'
        )
    return np.array([numbers[name] for name in classes], dtype=np.float32)


def _named_numbers(option: str, texts: list[str], classes: Sequence[str]) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for text in texts:
        name, is_named, number = text.rpartition('=')
        if not is_named:
            raise ValueError(
                f'{option} {" ".join(texts)}: give one number for all classes, or CLASS=NUMBER for '
                'each of them'
            )
        if name not in classes:
            raise ValueError(f'{option} names {name!r}: {near_misses(name, classes)}')
        if name in numbers:
            raise ValueError(f'{option} names {name} twice: give it one number')
        numbers[name] = _number(option, number)
    return numbers


def _number(option: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not 0 <= value <= 1:
        raise ValueError(f'{option} {text!r}: expected a score, a number from 0 to 1')
    return value


def lower_least_score(test_cfg: dict[str, Any], thresholds: Thresholds) -> str:
    """Let a detector give all that is to be ignored at least.

    Args:
        test_cfg: of the detector, whose ``score_thr`` is lowered in place, where it has one: of
            ``MVXFasterRCNN`` that under ``pts``, of ``PointRCNN`` that under ``rcnn``.
        thresholds: the scores that are wanted.

    Returns:
        what was done, in one line; '' if nothing had to be.
    """
    place, section = 'model.test_cfg', test_cfg
    for part in ('pts', 'rcnn'):
        if isinstance(test_cfg.get(part), dict):
            place, section = f'model.test_cfg.{part}', test_cfg[part]
    own = section.get('score_thr')
    least = min(thresholds.by_name()['ignore_thr'].values())
    if own is None or own <= least:
        return ''
    section.update(score_thr=least)
    return f'{place}.score_thr is lowered from {own:g} to {least:g}, the least --ignore-thr'
