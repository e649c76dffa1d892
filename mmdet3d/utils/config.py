"""Load configs and the options given for them, and refuse keys that look misspelt."""

import argparse
import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmcv import Config

from mmdet3d.utils.config_file import read_config
from mmdet3d.utils.options import check_options, merge_options
from mmdet3d.utils.tool_parser import KeyValues

__all__ = [
    'REPO_ROOT',
    'SETTINGS',
    'add_config_arguments',
    'complete_config',
    'find_datasets',
    'find_file',
    'find_steps',
    'load_config',
    'named_datasets',
    'named_steps',
    'set_data_root',
]

REPO_ROOT = Path(__file__).resolve().parents[2]

# The top-level settings that the tools read. Any other key of a config is a variable of its own.
SETTINGS = (
    'auto_resume', 'checkpoint_config', 'custom_hooks', 'data', 'device', 'dist_params',
    'evaluation', 'find_unused_parameters', 'fp16', 'gpu_ids', 'load_from', 'load_partly',
    'log_config', 'log_level', 'lr_config', 'model', 'momentum_config', 'mp_start_method',
    'nan_policy', 'opencv_num_threads', 'optimizer', 'optimizer_config', 'resume_from', 'runner',
    'seed', 'teacher', 'work_dir', 'workflow',
)  # fmt: skip


def find_file(path: str | Path, what: str) -> Path:
    """Return ``path`` as it stands, or else under the root of this project.

    Args:
        path: a path, absolute or relative to the current folder or the project's root.
        what: what the file is, for the error.

    Raises:
        FileNotFoundError: if it is in neither place.
        IsADirectoryError: if it is a folder.
    """
    for candidate in (Path(path).expanduser(), REPO_ROOT / path):
        if candidate.is_file():
            return candidate
        if candidate.is_dir():
            raise IsADirectoryError(f'{what} {path} is a folder: give a file in it')
    raise FileNotFoundError(
        f'{what} {path} does not exist, looked for from {Path.cwd()}'
        + ('' if Path.cwd() == REPO_ROOT else f' and from {REPO_ROOT}')
    )


def load_config(
    path: str | Path,
    options: Mapping[str, Any] | None = None,
    data_root: str | Path | None = None,
    infos: str | Path | None = None,
) -> Config:
    """Load a config file, with ``options`` in place of what it says.

    Args:
        path: the config file.
        options: values by dotted key, as from ``--cfg-options``; they win over ``data_root``.
        data_root: where the data is, see :func:`set_data_root`; None leaves it to the config.
        infos: where the info files are, if not there.

    Raises:
        FileNotFoundError: if there is no such file.
        NotADirectoryError: if ``data_root`` or ``infos`` is no folder.
        ValueError: if it cannot be read, a key looks like a misspelt setting, an option has no
            place to go or is a variable of the file, or ``infos`` is given without ``data_root``.
    """
    return complete_config(read_config(find_file(path, 'config')), options, data_root, infos)


def complete_config(
    cfg: Config,
    options: Mapping[str, Any] | None = None,
    data_root: str | Path | None = None,
    infos: str | Path | None = None,
) -> Config:
    """Check a config as it was read, and put ``options`` in place of what it says.

    Args:
        cfg: the config, which is changed and returned.
        options: see :func:`load_config`, as for the others and the errors.
        data_root: likewise.
        infos: likewise.
    """
    _check_top_level(cfg)
    _check_class_names(cfg)
    # What an option names is sought in the config as its file has it.
    check_options(cfg, options or {}, SETTINGS)
    if data_root is not None:
        set_data_root(cfg, data_root, infos)
    elif infos is not None:
        raise ValueError(f'infos={infos} without data_root: give --data-root too')
    if options:
        merge_options(cfg, options)
        _follow_classes(cfg, options)
    return cfg


def add_config_arguments(parser: argparse.ArgumentParser, *old_names: str) -> None:
    """Add the arguments that change a config: ``data_root``, ``infos`` and ``cfg_options``.

    Args:
        parser: the parser of a tool.
        *old_names: further names of ``--cfg-options``, which work with a warning.
    """
    parser.add_argument(
        '--data-root', metavar='DIR', help="where the data is, instead of the config's"
    )
    parser.add_argument('--infos', metavar='DIR', help='where the info files are, if not there')
    parser.add_argument(
        '--cfg-options',
        *old_names,
        nargs='+',
        action=KeyValues,
        help='settings to change, as key=value',
    )


def _check_top_level(cfg: Config) -> None:
    for key in cfg:
        if key in SETTINGS:
            continue
        close = difflib.get_close_matches(key, SETTINGS, n=1, cutoff=0.85)
        if close and close[0] not in cfg:
            raise ValueError(
                f'{cfg.filename} sets {key}, which nothing reads: did you mean {close[0]}?'
            )


def _check_class_names(cfg: Config) -> None:
    """A variable that a config overrides changes nothing in what its base made of it."""
    named = cfg.get('class_names')
    for split in ('train', 'val', 'test'):
        for key, dataset in named_datasets(_section(cfg, split), f'data.{split}'):
            classes = dataset.get('classes')
            if named and isinstance(classes, (list, tuple)) and list(classes) != list(named):
                raise ValueError(
                    f'{cfg.filename} sets class_names={list(named)}, but {key}.classes='
                    f'{list(classes)}: class_names is a variable of the file, so set data and '
                    'pipelines with it too'
                )


def _follow_classes(cfg: Config, options: Mapping[str, Any]) -> None:
    """The variable says what options made of the classes, also in the copy in the run's folder."""
    if 'class_names' not in cfg or not any('classes' in option.split('.') for option in options):
        return
    for _, dataset in named_datasets(_section(cfg, 'train'), 'data.train'):
        if isinstance(dataset.get('classes'), (list, tuple)):
            cfg['class_names'] = list(dataset['classes'])


def _section(cfg: Config, split: str) -> Any:
    return (cfg.get('data') or {}).get(split) or ()


def set_data_root(cfg: Config, root: str | Path, infos: str | Path | None = None) -> None:
    """Say in one place where the data is that a config trains, validates and tests on.

    Data sets are found within wrappers, and the database of objects by the type of its step. Info
    files keep their names.

    Args:
        cfg: the config, changed in place.
        root: folder of the data set.
        infos: folder that ``tools/create_data.py`` wrote info files and database to, by default
            ``root``.

    Raises:
        NotADirectoryError: if one of them is no folder.
    """
    infos = root if infos is None else infos
    for folder, holds in ((root, 'the data'), (infos, 'the info files')):
        if not Path(folder).is_dir():
            raise NotADirectoryError(f'{folder} is no folder: give the one that holds {holds}')
    for split in ('train', 'val', 'test'):
        for dataset in find_datasets(_section(cfg, split)):
            dataset['data_root'] = f'{Path(root)}/'
            dataset['ann_file'] = _moved(dataset['ann_file'], infos)
            for step in find_steps(dataset.get('pipeline') or (), 'ObjectSample'):
                sampler = step['db_sampler']
                # The objects' points are beside the file that lists them.
                sampler['data_root'] = f'{Path(infos)}/'
                sampler['info_path'] = _moved(sampler['info_path'], infos)


def _moved(path: str | Sequence[str], folder: str | Path) -> Any:
    """Put a file, or each of several, into a folder."""
    if isinstance(path, str):
        return str(Path(folder) / Path(path).name)
    return [_moved(each, folder) for each in path]


def find_datasets(section: Any) -> Iterator[dict]:
    """Give the configs of the data sets of ``cfg.data.train`` or the like, within any wrappers."""
    for _, dataset in named_datasets(section, ''):
        yield dataset


def named_datasets(section: Any, key: str) -> Iterator[tuple[str, dict]]:
    """Give the same with their keys.

    Args:
        section: the config of a data set, of a wrapper, or a list of them.
        key: where it stands in the config.
    """
    if not isinstance(section, dict):
        for i, each in enumerate(section):
            yield from named_datasets(each, f'{key}.{i}')
    elif 'dataset' in section:
        yield from named_datasets(section['dataset'], f'{key}.dataset')
    elif 'datasets' in section:
        yield from named_datasets(section['datasets'], f'{key}.datasets')
    else:
        yield key, section


def find_steps(pipeline: Sequence[dict], kind: str) -> Iterator[dict]:
    """Give the configs of all steps of a type, also of those within others."""
    for _, step in named_steps(pipeline, ''):
        if step['type'] == kind:
            yield step


def named_steps(pipeline: Sequence[Any], key: str) -> Iterator[tuple[str, Any]]:
    """Give the configs of all steps, also of those within others, with their keys.

    Args:
        pipeline: the configs of the steps.
        key: where they stand in the config.
    """
    for i, step in enumerate(pipeline):
        yield f'{key}.{i}', step
        yield from named_steps(step.get('transforms') or (), f'{key}.{i}.transforms')
