"""Label frames with the detections of a teacher."""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import mmcv
import numpy as np
import torch
from mmcv.parallel import collate
from tqdm import tqdm

from mmcv_patched.download import file_sha256
from mmcv_patched.parallel import MMDataParallel
from mmdet3d.apis.agreement import check_agreement
from mmdet3d.apis.class_names import classes_of
from mmdet3d.apis.environment import (
    describe_environment,
    seed_everything,
    set_up_device,
    set_up_processes,
)
from mmdet3d.apis.label_files import LabelSummary, write_labels
from mmdet3d.apis.label_parts import Detections, Parts
from mmdet3d.apis.label_places import REPORT_MARK, prepare_places
from mmdet3d.apis.label_thresholds import (
    Given,
    Thresholds,
    lower_least_score,
    read_thresholds,
)
from mmdet3d.apis.settings import fill_in_settings, format_config
from mmdet3d.apis.test import load_detector
from mmdet3d.core.bbox import Box3DMode
from mmdet3d.datasets import build_dataset
from mmdet3d.datasets.custom_3d import Custom3DDataset
from mmdet3d.datasets.pictures import frame_name
from mmdet3d.datasets.teacher_detections import detection_arrays
from mmdet3d.utils.checkpoint import find_checkpoint
from mmdet3d.utils.config import find_datasets
from mmdet3d.utils.mistakes import describe

# Frames whose detections are lost at most when a run is killed.
CHUNK = 50
_OUT_OF_MEMORY = ('DefaultCPUAllocator', 'allocate memory', 'CUDA error', 'out of memory')


def run_labelling(
    cfg: mmcv.Config,
    checkpoint: str,
    out: str,
    score_thr: Given = 0.3,
    ignore_thr: Given = 0.1,
    frames: str | None = None,
    with_database: bool = True,
) -> LabelSummary:
    """Do what ``tools/label_with_teacher.py`` is for.

    A run that was ended goes on from the detections that it left beside ``out``.

    Args:
        cfg: the teacher's config; ``cfg.data.test`` says how frames are loaded.
        checkpoint: its weights.
        out: the info file to write.
        score_thr: score from which on a detection is an object: a number, or ``NAME=NUMBER`` for
            each class.
        ignore_thr: score from which on it is a region to be ignored at least.
        frames: info file of the frames to label, instead of that of ``cfg.data.test``.
        with_database: write the objects for ``ObjectSample`` too.

    Returns:
        what was written.

    Raises:
        ValueError: if an argument or a setting is not what it can be, two settings disagree, the
            checkpoint is another network's, or no object was found.
        FileExistsError: if ``out`` is there and does not hold labels of a teacher.
        NotImplementedError: if the data set has no form for labels.
        OSError: if a file is missing, or nothing can be written where it should.
        RuntimeError: if frames could not be labelled; the files of the others are written.
    """
    fill_in_settings(cfg)
    section = _frames_of(cfg, frames)
    places = prepare_places(out, section['ann_file'], with_database)
    thresholds = read_thresholds(score_thr, ignore_thr, classes_of(section) or ())
    if lowered := lower_least_score(cfg.model.get('test_cfg') or {}, thresholds):
        print(lowered)
    check_agreement(cfg, ('test',))
    set_up_processes(cfg)
    set_up_device(cfg, 'none')
    cfg.model.train_cfg = None
    checkpoint = str(find_checkpoint(checkpoint, 'checkpoint'))
    dataset = build_dataset(cfg.data.test, {'test_mode': True})
    _require_form(dataset)
    model = load_detector(cfg, checkpoint, dataset.CLASSES)
    digest = file_sha256(Path(checkpoint))
    parts = Parts(places.parts, _fingerprint(cfg, dataset, digest))
    failed = label_frames(model, dataset, parts, thresholds)
    _require_objects(parts, thresholds)
    source = {
        'checkpoint': Path(checkpoint).name,
        REPORT_MARK: digest,
        'config': Path(cfg.filename or 'config').name,
        'versions': describe_environment(),
    }
    summary = write_labels(dataset, parts, thresholds, places, with_database, source, failed)
    print(summary)
    if failed:
        raise _of_failed(summary)
    parts.remove()
    return summary


def _frames_of(cfg: mmcv.Config, frames: str | None) -> dict[str, Any]:
    """Give the config of the frames' data set, which is one, with one info file."""
    sections = list(find_datasets(cfg.data.get('test') or ()))
    if len(sections) != 1:
        raise ValueError(
            f'data.test has {len(sections)} data sets: name the one whose frames are to be labelled'
        )
    (section,) = sections
    if frames is not None:
        section['ann_file'] = frames
    if not isinstance(section.get('ann_file'), str):
        raise ValueError(
            f'data.test.ann_file={section.get("ann_file")}: one info file lists the frames to be '
            'labelled; give --frames FILE'
        )
    if not classes_of(section):
        raise ValueError('data.test.classes is not set: name the classes that the teacher detects')
    return section


def _require_form(dataset: Any) -> None:
    """Refuse data sets whose info files have no place for labels."""
    kind = type(dataset)
    base = Custom3DDataset
    if not isinstance(dataset, base) or (
        kind.get_ann_info is not base.get_ann_info
        and kind.info_with_labels is base.info_with_labels
    ):
        raise NotImplementedError(
            f'a {kind.__name__} does not say how labels are written: derive it from '
            'Custom3DDataset, and override info_with_labels where get_ann_info is'
        )
    if dataset.box_mode_3d != Box3DMode.LIDAR:
        raise ValueError("data.test.box_type_3d is not 'LiDAR': labels are boxes of the LiDAR")


def _fingerprint(cfg: mmcv.Config, dataset: Custom3DDataset, digest: str) -> dict[str, str]:
    """Say what detections depend on."""
    used = {'model': cfg.model, 'test': cfg.data.test, 'fp16': cfg.get('fp16')}
    return {
        'checkpoint': digest,
        'config': format_config(mmcv.Config(used)),
        'frames': ' '.join(frame_name(dataset, index) for index in range(len(dataset))),
    }


def label_frames(
    model: MMDataParallel, dataset: Custom3DDataset, parts: Parts, thresholds: Thresholds
) -> dict[str, str]:
    """Detect objects in all frames that have no detections yet, and keep them.

    Args:
        model: a detector from :func:`mmdet3d.apis.test.load_detector`.
        dataset: the frames, to be tested.
        parts: the detections, which are added to.
        thresholds: from which score on a detection counts in the progress.

    Returns:
        why frames could not be labelled, by their names.

    Raises:
        RuntimeError: if none of the first frames could be labelled.
    """
    model.eval()
    failed: dict[str, str] = {}
    waiting = [index for index in range(len(dataset)) if index not in parts.frames]
    objects = sum(_count(found, thresholds) for found in parts.frames.values())
    done = len(dataset) - len(waiting)
    with tqdm(total=len(dataset), initial=done, desc='label', unit='frame') as progress:
        for chunk in _chunks(waiting):
            found: dict[int, Detections] = {}
            try:
                for index in chunk:
                    if reason := _label(model, dataset, index, found):
                        name = frame_name(dataset, index)
                        failed[name] = reason
                        progress.clear()
                        warnings.warn(f'frame {name} is not labelled: {reason}', stacklevel=2)
                    objects += _count(found.get(index), thresholds)
                    progress.set_postfix(objects=objects, refresh=False)
                    progress.update()
            finally:
                parts.add(found)
            if not parts.frames:
                name, reason = next(iter(failed.items()))
                raise RuntimeError(
                    f'none of the first {len(chunk)} frames can be labelled, {name} for one: '
                    f'{reason}'
                )
    return failed


def _chunks(indices: Sequence[int]) -> Iterator[Sequence[int]]:
    return (indices[start : start + CHUNK] for start in range(0, len(indices), CHUNK))


def _label(
    model: MMDataParallel, dataset: Custom3DDataset, index: int, found: dict[int, Detections]
) -> str:
    """Add a frame to those that are found; return why that cannot be done, or ''."""
    # Whatever the pipeline draws is the same in a run that goes on.
    seed_everything(index)
    try:
        found[index] = _detect(model, dataset, index)
    except Exception as error:
        if _is_of_the_machine(error):
            raise
        return describe(error)
    return ''


@torch.no_grad()
def _detect(model: MMDataParallel, dataset: Custom3DDataset, index: int) -> Detections:
    batch = collate([dataset[index]], samples_per_gpu=1)
    (result,) = model(return_loss=False, rescale=True, **batch)
    return detection_arrays(result.get('pts_bbox', result))


def _is_of_the_machine(error: Exception) -> bool:
    """Tell whether an error is no fault of the frame, so that the next ones would meet it too."""
    if isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error) for word in _OUT_OF_MEMORY)


def _count(found: Detections | None, thresholds: Thresholds) -> int:
    """Count the objects of a frame."""
    if found is None:
        return 0
    return int(np.count_nonzero(found['scores'] >= thresholds.score[found['labels']]))


def _require_objects(parts: Parts, thresholds: Thresholds) -> None:
    if any(_count(found, thresholds) for found in parts.frames.values()):
        return
    highest = max(float(found['scores'].max(initial=0)) for found in parts.frames.values())
    raise ValueError(
        f'the teacher finds no object in any of {len(parts.frames)} frames: its highest score is '
        f'{highest:.3g}. Lower --score-thr, or check that checkpoint, clouds and range fit'
    )


def _of_failed(summary: LabelSummary) -> RuntimeError:
    name, reason = next(iter(summary.failed.items()))
    return RuntimeError(
        f'{len(summary.failed)} of {len(summary.failed) + summary.frames} frames are not labelled, '
        f'the first {name} ({reason}); the others are in {summary.places.infos}, and the same '
        'command tries again those that are not'
    )
