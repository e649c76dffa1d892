"""Choosing what leaves the pipeline."""

from collections.abc import Sequence

from mmcv.parallel import DataContainer

from mmdet3d.datasets.builder import PIPELINES
from mmdet3d.datasets.pipelines.weights import WEIGHTS
from mmdet3d.utils.arguments import ShowsArguments, names

META_KEYS = (
    'filename',
    'ori_shape',
    'img_shape',
    'lidar2img',
    'depth2img',
    'cam2img',
    'pad_shape',
    'scale_factor',
    'flip',
    'pcd_horizontal_flip',
    'pcd_vertical_flip',
    'box_mode_3d',
    'box_type_3d',
    'img_norm_cfg',
    'pcd_trans',
    'sample_idx',
    'pcd_scale_factor',
    'pcd_rotation',
    'pcd_rotation_angle',
    'pts_filename',
    'transformation_3d_flow',
    'trans_mat',
    'affine_aug',
)


@PIPELINES.register_module()
class Collect3D(ShowsArguments):
    """Keep what the detector takes, and a dict of what happened to the frame.

    Args:
        keys: keys of the frame to hand on.
        meta_keys: keys gathered in ``img_metas``; those a frame does not have are left out. The
            weights of its objects, ``gt_weights_3d``, are there whenever it has them: the heads
            read them.

    Raises:
        ValueError: at construction, if either is no list of names.
    """

    def __init__(self, keys: Sequence[str], meta_keys: Sequence[str] = META_KEYS) -> None:
        self.keys = names(self, 'keys', keys, ['points', 'gt_bboxes_3d', 'gt_labels_3d'])
        self.meta_keys = names(self, 'meta_keys', meta_keys, ['sample_idx', 'pts_filename'])

    def __call__(self, results: dict) -> dict:
        """Return a dict of ``keys`` and ``img_metas``.

        Raises:
            KeyError: if no step has produced one of ``keys``.
        """
        missing = [key for key in self.keys if key not in results]
        if missing:
            raise KeyError(
                f'Collect3D was asked for {missing}, which no earlier step produced; there are '
                f'{sorted(results)}'
            )
        metas = {key: results[key] for key in (*self.meta_keys, WEIGHTS) if key in results}
        data = {'img_metas': DataContainer(metas, cpu_only=True)}
        data.update((key, results[key]) for key in self.keys)
        return data
