"""Pictures of the frames of a config's data, as they are on disk or as a training sees them."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import islice
from pathlib import Path
from typing import Any

import mmcv
import numpy as np
from tqdm import tqdm

from mmdet3d.core.visualizer import BoxLayer, draw_bev
from mmdet3d.datasets.builder import build_dataset
from mmdet3d.datasets.custom_3d import Custom3DDataset
from mmdet3d.datasets.pictures.drawing import draw_pictures
from mmdet3d.datasets.pictures.frames import TRUTH, frame_name, view_of
from mmdet3d.utils.config import find_datasets
from mmdet_patched.apis import seed_process


def browse(
    cfg: mmcv.Config,
    out_dir: str | Path,
    split: str = 'val',
    number: int | None = None,
    kinds: Sequence[str] = ('bev',),
) -> None:
    """Draw the frames of a config's data as they are on disk, each once.

    Args:
        cfg: the config.
        out_dir: folder the pictures are written to, such as ``000008.png``.
        split: ``'train'``, ``'val'`` or ``'test'``.
        number: how many frames to draw; all if None.
        kinds: names of :data:`mmdet3d.datasets.pictures.KINDS`.
    """
    for part in _build_parts(cfg.data[split], {'test_mode': True}):
        indices = range(len(part))[:number]
        draw_pictures(part, indices, {}, out_dir, kinds, view_of(cfg, part))
        number = None if number is None else number - len(indices)


def browse_augmented(
    cfg: mmcv.Config,
    out_dir: str | Path,
    split: str = 'train',
    number: int | None = None,
    seed: int = 0,
) -> None:
    """Draw the frames of a config's data as the pipeline of its training changes them, each once.

    Args:
        cfg: the config.
        out_dir: folder the pictures are written to, such as ``000008.png``.
        split: whose frames; the labels of all have to be known.
        number: how many frames to draw; all if None.
        seed: with the place of a frame, it says what the pipeline draws for it.

    Raises:
        DataFormatError: if frames have no labels.
        ValueError: if the pipeline gives no points, boxes and labels.
    """
    section = deepcopy(cfg.data[split])
    pipeline = next(find_datasets(cfg.data.train))['pipeline']
    for each in find_datasets(section):
        each.update(pipeline=pipeline, test_mode=False)
    for place, (part, index) in enumerate(tqdm(list(islice(_frames(section), number)))):
        seed_process(seed + place)
        data = part.prepare_test_data(index)
        name = frame_name(part, index)
        title = f'frame {name} of seed {seed + place}: {changes_of(data["img_metas"].data)}'
        path = Path(out_dir) / f'{name}.png'
        draw_bev(_points(data), [_truth(part, data)], path, view_of(cfg, part), title)


def _frames(section: Any) -> Iterator[tuple[Custom3DDataset, int]]:
    for part in _build_parts(section, {}):
        for index in range(len(part)):
            yield part, index


def _build_parts(section: Any, default_args: dict) -> list[Custom3DDataset]:
    """Build the data sets of a section, without the wrappers that repeat or balance frames."""
    built = [build_dataset(each, default_args) for each in find_datasets(section)]
    # Several annotation files make several data sets.
    return [part for whole in built for part in getattr(whole, 'datasets', [whole])]


def _points(data: Mapping[str, Any]) -> np.ndarray:
    return data['points'].data.numpy()


def _truth(dataset: Custom3DDataset, data: Mapping[str, Any]) -> BoxLayer:
    missing = [key for key in ('gt_bboxes_3d', 'gt_labels_3d') if key not in data]
    if missing:
        raise ValueError(
            f'the pipeline of data.train gives {sorted(data)}, not {missing}: expected that of a '
            'training, which ends with Collect3D of points, gt_bboxes_3d and gt_labels_3d'
        )
    labels = [
        dataset.CLASSES[label] if label >= 0 else 'not trained'
        for label in data['gt_labels_3d'].data.tolist()
    ]
    return BoxLayer(TRUTH, data['gt_bboxes_3d'].data, labels)


def changes_of(meta: Mapping[str, Any]) -> str:
    """Say in words what the pipeline has done to the whole of a frame.

    Args:
        meta: what Collect3D gathers in ``img_metas``.
    """
    words = [
        word
        for key, word in (
            ('pcd_horizontal_flip', 'left and right swapped'),
            ('pcd_vertical_flip', 'front and back swapped'),
        )
        if meta.get(key)
    ]
    if 'pcd_rotation_angle' in meta:
        words.append(f'turned {np.degrees(meta["pcd_rotation_angle"]):+.1f} deg')
    if 'pcd_scale_factor' in meta:
        words.append(f'scaled {float(meta["pcd_scale_factor"]):.3f}')
    return ', '.join(words) or 'neither flipped, turned nor scaled'
