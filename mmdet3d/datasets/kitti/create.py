"""Converting the raw KITTI object dataset to the files that training and evaluation read."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from mmdet3d.datasets.class_names import DONT_CARE
from mmdet3d.datasets.files import DataFormatError, dump_pickle
from mmdet3d.datasets.kitti.frame_ids import FrameId
from mmdet3d.datasets.kitti.frames import FrameJob, FrameResult, convert_frame_to_bytes
from mmdet3d.datasets.kitti.images import DEFAULT_IMAGE_SHAPE
from mmdet3d.datasets.kitti.splits import folder_of, read_split
from mmdet3d.datasets.kitti.summary import CreationSummary, summarise
from mmdet3d.datasets.object_files import group_by_class
from mmdet3d.datasets.object_numbers import warn_of_units
from mmdet3d.utils.parallel import run_jobs
from mmdet3d.utils.unpickling import load_plain

# Starting a process takes seconds, a frame about ten milliseconds.
MIN_FRAMES_PER_WORKER = 1000
# What the processes send, besides plain objects.
_RESULTS = {(FrameResult.__module__, FrameResult.__qualname__): FrameResult}


def create_kitti_data(
    root_path: str | Path,
    out_dir: str | Path,
    extra_tag: str = 'kitti',
    workers: int | None = None,
) -> CreationSummary:
    """Write info files, reduced clouds and the object database, as mmdetection3d names them.

    In ``out_dir``: ``{extra_tag}_infos_{train,val,trainval,test}.pkl``,
    ``{extra_tag}_dbinfos_train.pkl``, ``{extra_tag}_gt_database/*.bin`` and
    ``{training,testing}/velodyne_reduced/*.bin``. It can then serve as ``data_root`` without the
    raw data. Nothing is written to ``root_path`` unless it is ``out_dir`` too. The result does not
    depend on the number of workers.

    Args:
        root_path: the raw dataset: ImageSets, training and optionally testing. Images are used for
            their size alone, and may be missing. Clouds may be .bin, .npy, .pcd or .ply files.
        out_dir: where to write; made if missing.
        extra_tag: the prefix of the files' names.
        workers: processes to use; by default, up to one per processor for large datasets. Scripts
            that use more than one need an ``if __name__ == '__main__'`` guard.

    Returns:
        a summary that prints as a few lines.

    Raises:
        FileNotFoundError: if a list of frames, or a file of a listed frame, is missing.
        DataFormatError: if a file of the dataset is malformed, or ``train.txt`` lists no frame; the
            message names it.
        ValueError: if ``workers`` is less than 1.
    """
    if workers is not None and workers < 1:
        raise ValueError(f'workers must be 1 or more, or None for a default; got {workers}')
    root_path, out_dir = Path(root_path), Path(out_dir)
    splits = _read_splits(root_path)
    jobs = _list_jobs(root_path, out_dir, extra_tag, splits)
    results = dict(zip(((job.folder, job.index) for job in jobs), _convert(jobs, workers)))
    # A frame that is in both lists is once in their union.
    splits['trainval'] = list(dict.fromkeys(splits['train'] + splits['val']))
    chosen = {split: _results_of(split, splits, results) for split in splits}
    for split, members in chosen.items():
        dump_pickle(out_dir / f'{extra_tag}_infos_{split}.pkl', [member.info for member in members])
    database = group_by_class([entry for member in chosen['train'] for entry in member.objects])
    dump_pickle(out_dir / f'{extra_tag}_dbinfos_train.pkl', database)
    _warn_of_assumed_sizes(list(results.values()))
    _warn_of_units(root_path, chosen['trainval'])
    return summarise(out_dir, chosen, database, list(results.values()))


def _read_splits(root_path: Path) -> dict[str, list[FrameId]]:
    """Read the lists of frames; the test frames are optional."""
    splits = {split: read_split(root_path, split) for split in ('train', 'val')}
    if not splits['train']:
        raise DataFormatError(
            f'{root_path / "ImageSets" / "train.txt"} lists no frame, so there is nothing to train '
            'on; write one frame id a line, like 000008'
        )
    if not splits['val']:
        warnings.warn(
            f'{root_path / "ImageSets" / "val.txt"} lists no frame: train with --no-validate',
            stacklevel=3,
        )
    needed = [root_path / 'testing', root_path / 'ImageSets' / 'test.txt']
    missing = [str(path) for path in needed if not path.exists()]
    if missing:
        warnings.warn(
            f'no infos are made for the test frames: {" and ".join(missing)} not found',
            stacklevel=3,
        )
        return splits
    return {**splits, 'test': read_split(root_path, 'test')}


def _list_jobs(
    root_path: Path, out_dir: Path, extra_tag: str, splits: dict[str, list[FrameId]]
) -> list[FrameJob]:
    """List each frame once, the frames of ``train`` with the database."""
    jobs: dict[tuple[str, FrameId], FrameJob] = {}
    for split, ids in splits.items():
        database = f'{extra_tag}_gt_database' if split == 'train' else None
        for index in ids:
            job = FrameJob(root_path, out_dir, folder_of(split), index, database)
            jobs.setdefault((job.folder, index), job)
    return list(jobs.values())


def _convert(jobs: list[FrameJob], workers: int | None) -> Iterator[FrameResult]:
    """Convert the frames, in their order, with a progress bar."""
    results = run_jobs(
        convert_frame_to_bytes, [(job,) for job in jobs], workers, MIN_FRAMES_PER_WORKER
    )
    for result in tqdm(results, total=len(jobs), unit='frame'):
        yield load_plain(result, _RESULTS)


def _results_of(
    split: str, splits: dict[str, list[FrameId]], results: dict[tuple[str, FrameId], FrameResult]
) -> list[FrameResult]:
    return [results[folder_of(split), index] for index in splits[split]]


def _warn_of_units(root_path: Path, labelled: list[FrameResult]) -> None:
    annos = [result.info['annos'] for result in labelled]
    sizes = [each['dimensions'][each['name'] != DONT_CARE] for each in annos]
    warn_of_units(root_path / 'training' / 'label_2', np.concatenate(sizes))


def _warn_of_assumed_sizes(results: list[FrameResult]) -> None:
    without = sum(not result.has_image for result in results)
    if without:
        warnings.warn(
            f'{without} of {len(results)} frames have no image in image_2; the size '
            f'{DEFAULT_IMAGE_SHAPE} (height, width) was assumed for them',
            stacklevel=3,
        )
