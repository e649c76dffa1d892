"""The points in each proposal, seen from the proposal."""

from collections.abc import Sequence

import torch
from mmdet.models.builder import ROI_EXTRACTORS
from torch import Tensor, nn

from mmcv_patched.precision import in_float32
from mmdet3d.core.bbox import rotation_3d_in_axis
from mmdet3d.models.layers import build_layer


@ROI_EXTRACTORS.register_module()
class Single3DRoIPointExtractor(nn.Module):
    """Pool the points in each proposal and move them to its own frame.

    The "canonical transformation" of PointRCNN (Shi et al., CVPR 2019), section 3.3: the origin is
    the middle of the proposal's bottom, the x axis its heading.

    Args:
        roi_layer: config of the layer that pools points.
    """

    def __init__(self, roi_layer: dict) -> None:
        super().__init__()
        self.roi_layer = build_layer(roi_layer)

    @torch.no_grad()
    @in_float32
    def forward(self, feats: Tensor, coordinate: Tensor, rois: Sequence[Tensor]) -> Tensor:
        """Return positions and features of the points in the proposals of a batch.

        Args:
            feats: features of the points, of shape (B, N, C).
            coordinate: their positions, of shape (B, N, 3), in metres.
            rois: the proposals of each sample, of shape (R_i, 7), z at the bottom.

        Returns:
            of shape (R, S, 3 + C), R the number of all proposals and S that of points the layer
            samples; zeros for a proposal without points. No gradient flows through it.
        """
        pooled = [self._pool(*sample) for sample in zip(coordinate[:, None], feats[:, None], rois)]
        return torch.cat(pooled)

    def _pool(self, positions: Tensor, features: Tensor, boxes: Tensor) -> Tensor:
        pooled, empty = (each[0] for each in self.roi_layer(positions, features, boxes[None]))
        offsets = pooled[..., :3] - boxes[:, None, :3]
        pooled[..., :3] = rotation_3d_in_axis(offsets, -boxes[:, 6], axis=2)
        return pooled.masked_fill_(empty[:, None, None], 0)
