"""Handing the annotations of a frame to the pipeline."""

from typing import Any

from mmdet3d.datasets.builder import PIPELINES
from mmdet3d.datasets.pipelines.weights import WEIGHTS
from mmdet3d.utils.arguments import ShowsArguments, switch

_NOT_LIDAR = (
    'with_attr_label',
    'with_mask_3d',
    'with_seg_3d',
    'with_bbox',
    'with_label',
    'with_mask',
    'with_seg',
    'with_bbox_depth',
)
_WITHOUT_EFFECT = ('poly2mask', 'seg_3d_dtype', 'file_client_args')


@PIPELINES.register_module()
class LoadAnnotations3D(ShowsArguments):
    """Take the 3D boxes and their labels from ``results['ann_info']``.

    Args:
        with_bbox_3d: add ``gt_bboxes_3d`` and list it in ``bbox3d_fields``; of frames that a
            teacher labelled add ``gt_weights_3d`` too, the objects' weights in the losses.
        with_label_3d: add ``gt_labels_3d``, int64 of shape (N,).
        others: mmdetection3d's switches for images and segmentation, which must be False, and its
            options that only matter together with them, which are accepted and not used.

    Raises:
        ValueError: at construction, if an unsupported switch is on, or is no switch.
        TypeError: at construction, for an argument mmdetection3d does not know either.
    """

    def __init__(
        self, with_bbox_3d: bool = True, with_label_3d: bool = True, **others: Any
    ) -> None:
        unknown = sorted(set(others) - set(_NOT_LIDAR) - set(_WITHOUT_EFFECT))
        if unknown:
            raise TypeError(
                f'LoadAnnotations3D got {unknown}; allowed are with_bbox_3d, with_label_3d, '
                f'{", ".join(_NOT_LIDAR + _WITHOUT_EFFECT)}'
            )
        unsupported = [name for name in _NOT_LIDAR if switch(self, name, others.get(name, False))]
        if unsupported:
            raise ValueError(
                f'LoadAnnotations3D got {unsupported} switched on; this library trains on point '
                'clouds alone, so only with_bbox_3d and with_label_3d are supported'
            )
        self.with_bbox_3d = switch(self, 'with_bbox_3d', with_bbox_3d)
        self.with_label_3d = switch(self, 'with_label_3d', with_label_3d)

    def __call__(self, results: dict) -> dict:
        """Add ``gt_bboxes_3d`` and ``gt_labels_3d``.

        Raises:
            KeyError: if the data set is in test mode and gives no annotations.
        """
        if 'ann_info' not in results:
            raise KeyError(
                "LoadAnnotations3D found no 'ann_info': the data set gives annotations only with "
                'test_mode=False; take this step out of a test pipeline'
            )
        if self.with_bbox_3d:
            results['gt_bboxes_3d'] = results['ann_info']['gt_bboxes_3d']
            results['bbox3d_fields'].append('gt_bboxes_3d')
            if WEIGHTS in results['ann_info']:
                results[WEIGHTS] = results['ann_info'][WEIGHTS]
        if self.with_label_3d:
            results['gt_labels_3d'] = results['ann_info']['gt_labels_3d']
        return results
