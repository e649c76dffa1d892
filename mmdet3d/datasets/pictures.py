"""Pictures of a data set's frames with detections, from above."""

import os.path as osp
from collections.abc import Sequence
from typing import Any

from mmdet3d.core.visualizer import BoxLayer, draw_bev
from mmdet3d.datasets.custom_3d import Custom3DDataset
from mmdet3d.datasets.pipelines import Compose


def refuse_screen(show: bool) -> None:
    """Refuse mmdetection3d's ``show=True``.

    Raises:
        ValueError: if ``show`` is on.
    """
    if show:
        raise ValueError('show=True would open windows, which is not supported; give out_dir')


def draw_frames(
    dataset: Custom3DDataset,
    results: list[dict[str, Any]],
    out_dir: str,
    pipeline: Sequence[dict],
    truth_key: str,
    view: Sequence[float] = (0, -40, 70, 40),
) -> None:
    """Draw every frame with its detections, and its ground truth if it is known.

    Args:
        dataset: the frames.
        results: per frame ``boxes_3d``, ``scores_3d`` and ``labels_3d``, or such a dict under
            ``pts_bbox``.
        out_dir: folder the pictures are written to, such as ``000008.png``.
        pipeline: steps that load a frame's points.
        truth_key: key that frames with known ground truth have in the info file.
        view: x_min, y_min, x_max, y_max of what is shown, in metres.
    """
    load = Compose(pipeline)
    for index, result in enumerate(results):
        result = result.get('pts_bbox', result)
        frame = dataset.get_data_info(index)
        dataset.pre_pipeline(frame)
        layers = [BoxLayer('detections', result['boxes_3d'], color='tab:red')]
        if truth_key in dataset.data_infos[index]:
            truth = dataset.get_ann_info(index)['gt_bboxes_3d']
            layers.insert(0, BoxLayer('ground truth', truth, color='tab:green'))
        name = frame['sample_idx']
        name = name if isinstance(name, str) else f'{name:06d}'
        points = load(frame)['points'].data.numpy()
        path = osp.join(out_dir, f'{name}.png')
        draw_bev(points, layers, path, view, title=f'frame {name}')
