"""The frames of a campaign: whether they are there, and parts of them to train on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmcv import Config

from mmdet3d.datasets.files import DataFormatError, dump_pickle, load_info_file
from mmdet3d.report.gain.places import Places
from mmdet3d.utils.config import find_datasets, find_steps


def check_infos(cfg: Config, places: Places) -> None:
    """Check that the info files are there that a config trains and tests on.

    Raises:
        FileNotFoundError: if one is not; the message has the command that writes it.
    """
    for dataset in find_datasets([cfg.data.train, cfg.data.test]):
        path = Path(dataset['ann_file'])
        if not path.is_file():
            root = places.data_root
            raise FileNotFoundError(
                f'info file {path} does not exist: write it by python tools/create_data.py '
                f'{places.layout} --root-path {root} --out-dir {root}'
            )


def write_parts(
    parts: Mapping[str, Sequence[float]], dataset: Mapping[str, Any], places: Places
) -> None:
    """Write the info file of each part, and the database of the objects in its frames.

    Args:
        parts: first and last fraction of the frames, by name.
        dataset: config of the data set of all frames to train on.
        places: where the parts go.

    Raises:
        FileNotFoundError: if a file is missing.
        DataFormatError: if one is malformed.
        ValueError: if a part has no frame.
    """
    if not parts:
        return
    content = load_info_file(dataset['ann_file'], 'annotation file')
    frames = content['infos'] if isinstance(content, Mapping) else content
    for name, (first, last) in parts.items():
        chosen = frames[round(first * len(frames)) : round(last * len(frames))]
        if not chosen:
            raise ValueError(f'parts.{name}={[first, last]} has none of the {len(frames)} frames')
        whole = {**content, 'infos': chosen} if isinstance(content, Mapping) else chosen
        dump_pickle(places.part_infos(name), whole)
        for step in find_steps(dataset['pipeline'], 'ObjectSample'):
            objects = _objects_of(step['db_sampler']['info_path'], chosen)
            dump_pickle(places.part_objects(name), objects)


def _objects_of(path: str, frames: Sequence[Mapping]) -> dict[str, list]:
    """The entries of a database that were cut from some of the frames."""
    database = load_info_file(path, 'ground-truth database')
    try:
        kept = {frame['image']['image_idx'] for frame in frames}
        return {
            name: [entry for entry in entries if entry['image_idx'] in kept]
            for name, entries in database.items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise DataFormatError(
            f'{path} does not say which frame each object is of ({error}): write it with '
            'tools/create_data.py'
        ) from error
