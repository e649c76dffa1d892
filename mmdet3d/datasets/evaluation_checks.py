"""What an evaluation needs, looked at before the detections are there."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mmdet3d.utils.names import near_misses
from mmdet3d.utils.writable import prepare_file, prepare_folder

# Arguments of evaluate and format_results that are not options of a user.
_GIVEN = ('self', 'results', 'outputs', 'metric', 'logger')
_FOLDERS = ('submission_prefix', 'jsonfile_prefix', 'out_dir')
_FILES = ('pklfile_prefix',)


def check_metrics(
    metric: str | Sequence[str] | None, allowed: Sequence[str] | None, owner: str
) -> None:
    """Refuse metrics that a data set does not know.

    Args:
        metric: a name, several, or None for what the data set takes without one.
        allowed: the names that it knows; None for any.
        owner: name of the data set's class.

    Raises:
        ValueError: if there is another one; the message names close ones.
    """
    names = [metric] if isinstance(metric, str) else metric
    if names is None or allowed is None:
        return
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise ValueError(f'metric={metric!r}; expected a name or a list of names: {list(allowed)}')
    for name in names:
        if name not in allowed:
            hint = near_misses(name, allowed)
            raise ValueError(
                f'{owner} has no metric {name!r}: {hint} (it knows {", ".join(allowed)})'
            )


def option_names(function: Callable) -> list[str] | None:
    """List the options of a method of a data set, ``evaluate`` or ``format_results``.

    Returns:
        their names; None for a method that takes any.
    """
    parameters = inspect.signature(function).parameters
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return None
    return [name for name in parameters if name not in _GIVEN]


def check_options(function: Callable, options: Mapping[str, Any]) -> None:
    """Refuse options that a method of a data set does not take, and prepare the places they name.

    Args:
        function: ``evaluate`` or ``format_results`` of the data set.
        options: what a user gives for it.

    Raises:
        ValueError: if there is another one, with close ones, or if ``show`` is on.
        OSError: if a place that one names cannot be written to.
    """
    known = option_names(function)
    for name in options:
        if known is not None and name not in known:
            raise ValueError(
                f'{function.__qualname__} has no option {name!r}: {near_misses(name, known)} '
                f'(its options are {", ".join(known)})'
            )
    refuse_screen(options.get('show', False))
    for name in _FOLDERS:
        if options.get(name) is not None:
            prepare_folder(options[name], name)
    for name in _FILES:
        if options.get(name) is not None:
            prepare_file(f'{options[name]}.pkl', name)


def refuse_screen(show: bool) -> None:
    """Refuse mmdetection3d's ``show=True``.

    Raises:
        ValueError: if ``show`` is on.
    """
    if show:
        raise ValueError(
            'show=True would open windows, which is not supported; give out_dir, or --show-dir of '
            'tools/test.py'
        )
