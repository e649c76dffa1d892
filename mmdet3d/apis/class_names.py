"""The names of the classes, whose order is that of the labels: wherever they stand, they agree."""

import difflib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import mmcv

from mmdet3d.datasets.builder import DATASETS
from mmdet3d.models.agreement import require_agreement
from mmdet3d.utils.config import load_config, named_datasets, named_steps

_BUNDLE = 'DefaultFormatBundle3D'


def classes_of(dataset: Mapping) -> list[str] | None:
    """Return the classes of a data set's config, in the order of the labels.

    Args:
        dataset: the config of the data set.

    Returns:
        the names; None if they cannot be told without building the data set.
    """
    classes = dataset.get('classes')
    if isinstance(classes, str):
        return mmcv.list_from_file(classes) if Path(classes).is_file() else None
    if classes is None:
        kind = dataset.get('type')
        found = DATASETS.get(kind) if isinstance(kind, str) else kind
        classes = getattr(found, 'CLASSES', None)
    return list(classes) if classes else None


def config_classes(cfg: Any) -> list[str] | None:
    """Return the classes that the data sets of a config have; None if it names none."""
    data = cfg.get('data') or {}
    for split in ('train', 'test', 'val'):
        for _, dataset in named_datasets(data.get(split) or (), f'data.{split}'):
            classes = classes_of(dataset)
            if classes is not None:
                return classes
    return list(cfg.get('class_names') or ()) or None


def check_class_names(data: Mapping, splits: Sequence[str]) -> None:
    """Compare the classes of data sets with each other, and with those of their steps.

    Args:
        data: the section of the config.
        splits: its parts that are to be used.

    Raises:
        ValueError: if two disagree in names or order, or a name is given twice.
    """
    first: tuple[str, list[str]] | None = None
    for split in splits:
        for key, dataset in named_datasets(data.get(split) or (), f'data.{split}'):
            classes = classes_of(dataset)
            if classes is None:
                continue
            own = f'{key}.classes', classes
            if len(set(classes)) < len(classes):
                raise ValueError(f'{own[0]}={classes} names a class twice: name each once')
            first = first or own
            _require_same(*own, *first)
            pipeline = dataset.get('pipeline') or (), f'{key}.pipeline'
            for place, named in _named_in(*pipeline):
                _require_same(place, named, *own)
            _check_counted(classes, pipeline[1], pipeline[0])


def _require_same(key: str, classes: list[str], other: str, others: list[str]) -> None:
    require_agreement(
        classes == others,
        f'{key}={classes}',
        f'{other}={others}',
        'give both the same names in the same order, which is that of the labels',
    )


def _named_in(pipeline: Sequence[Mapping], key: str) -> Iterator[tuple[str, list[str]]]:
    """The classes that this project's steps name, with their keys."""
    for place, step in named_steps(pipeline, key):
        kind, sampler = step.get('type'), step.get('db_sampler') or {}
        for where, section, name in (
            (f'{place}.classes', step, 'classes' if kind == 'ObjectNameFilter' else None),
            (f'{place}.class_names', step, 'class_names' if kind == _BUNDLE else None),
            (f'{place}.db_sampler.classes', sampler, 'classes' if sampler else None),
        ):
            if name is not None and isinstance(section.get(name), (list, tuple)):
                yield where, list(section[name])


def _check_counted(classes: list[str], key: str, pipeline: Sequence[Mapping]) -> None:
    """A filter of the database by class does nothing for a name that is misspelt."""
    for place, step in named_steps(pipeline, key):
        prepare = (step.get('db_sampler') or {}).get('prepare') or {}
        for name in prepare.get('filter_by_min_points') or {}:
            close = difflib.get_close_matches(name, classes, n=1, cutoff=0.8)
            if name not in classes and close:
                raise ValueError(
                    f'{place}.db_sampler.prepare.filter_by_min_points names {name}, which is none '
                    f'of the classes {classes}: did you mean {close[0]}?'
                )


def check_teacher_classes(cfg: Any, teacher_config: str | None) -> None:
    """Check that a teacher whose predictions are compared labels as its student does.

    Features may be distilled from a teacher of other classes.

    Args:
        cfg: the student's config.
        teacher_config: the teacher's config file, instead of ``cfg.teacher.config``.

    Raises:
        ValueError: if their classes differ in names or order.
    """
    config = teacher_config or (cfg.get('teacher') or {}).get('config')
    terms = ((cfg.model.get('train_cfg') or {}).get('kd_cfg') or {}).get('terms') or {}
    if not config or all(term.get('feature') != 'head_outputs' for term in terms.values()):
        return
    ours, theirs = config_classes(cfg), config_classes(load_config(config))
    if ours and theirs:
        _require_same("the student's classes", ours, f'those of {config}', theirs)


def check_checkpoint_classes(checkpoint: str, named: Any, classes: Sequence[str] | None) -> None:
    """Compare the classes that a checkpoint was trained on with those it is to be used for.

    Args:
        checkpoint: the file, for the message.
        named: what its ``meta`` has as ``CLASSES``; None where it does not say.
        classes: the classes of the config or the data set, None if it names none.

    Raises:
        ValueError: if they are the same names in another order: every label would be wrong.
    """
    if not named or not classes or isinstance(named, str) or list(named) == list(classes):
        return
    if sorted(named) == sorted(classes):
        raise ValueError(
            f'{checkpoint} was trained on the classes {list(named)}, but the config has them in '
            f'another order, {list(classes)}: labels follow the order, so give it the same'
        )
    warnings.warn(
        f'{checkpoint} was trained on the classes {list(named)}, but the config names '
        f'{list(classes)}: each takes the place of the one at its position',
        stacklevel=2,
    )
