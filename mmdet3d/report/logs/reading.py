"""Find the logs of a run and read them as one."""

from collections.abc import Iterable
from pathlib import Path

from mmdet3d.report.logs.json_lines import read_json_log
from mmdet3d.report.logs.records import Evaluation, Log, merge_evaluations, merge_steps
from mmdet3d.report.logs.text import read_text_log

_JSON, _TEXT = '.log.json', '.log'


def read_log(path: str | Path) -> Log:
    """Read the logs of a run, or a single log.

    A training that was resumed has several logs, whose names say when they were begun. From the
    first epoch that a later log trains, it takes the place of the earlier ones. What text and JSON
    both say is taken from the JSON, which has more digits.

    Args:
        path: the folder of the run, or a ``*.log.json`` or ``*.log``.

    Raises:
        FileNotFoundError: if there is no such file, or no log in the folder.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(each for end in (_JSON, _TEXT) for each in path.glob(f'*{end}'))
        if not files:
            raise FileNotFoundError(
                f'{path} holds no *.log.json and no *.log: it is no folder of a run'
            )
        stems = dict.fromkeys(_stem(file) for file in files)
        return join([_read_stem(path / stem) for stem in stems])
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist: give a log, or the folder of a run')
    return join([_read_file(path)])


def join(logs: Iterable[Log]) -> Log:
    """Join the logs of a run in the order in which they were begun."""
    joined = Log()
    for log in logs:
        first = min((step.epoch for step in log.steps), default=None)
        if first is not None:
            joined.steps = [each for each in joined.steps if each.epoch < first]
            joined.evaluations = [each for each in joined.evaluations if _before(each, first)]
        joined.steps = merge_steps(joined.steps + log.steps)
        joined.evaluations = merge_evaluations(joined.evaluations + log.evaluations)
        joined.seed = joined.seed if log.seed is None else log.seed
        joined.epoch_length = log.epoch_length or joined.epoch_length
    return joined


def _before(evaluation: Evaluation, epoch: int) -> bool:
    return evaluation.epoch is not None and evaluation.epoch < epoch


def _stem(file: Path) -> str:
    return file.name.removesuffix('.json').removesuffix('.log')


def _read_stem(stem: Path) -> Log:
    """Read the text and the JSON of one start of a run."""
    paths = (stem.with_name(f'{stem.name}{end}') for end in (_TEXT, _JSON))
    text, json = (_read_file(path) if path.is_file() else Log() for path in paths)
    # The text of an iteration-based run does not say its epochs.
    told = [each for each in text.evaluations if each.epoch is not None or not json.evaluations]
    return Log(
        json.steps or text.steps,
        merge_evaluations(told + json.evaluations),
        text.seed if json.seed is None else json.seed,
        text.epoch_length,
    )


def _read_file(file: Path) -> Log:
    return read_json_log(file) if file.name.endswith('.json') else read_text_log(file)
