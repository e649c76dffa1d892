"""How far the corners of two boxes are apart."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mmdet3d.core.bbox import LiDARInstance3DBoxes


def corner_loss(boxes: Tensor, gt_boxes: Tensor, delta: float = 1.0) -> Tensor:
    """Return the mean Huber distance between the corners of each pair of boxes, of shape (P,).

    A corner is compared with that of the object and with that of the object turned around, and the
    nearer one counts. From Frustum PointNets (Qi et al., CVPR 2018), section 4.4.

    Args:
        boxes: predicted boxes of shape (P, 7), z at the bottom; metres and radians.
        gt_boxes: an object for each.
        delta: the distance in metres from which the loss grows linearly.
    """
    turned = gt_boxes + gt_boxes.new_tensor([0, 0, 0, 0, 0, 0, np.pi])
    predicted, ahead, back = (
        LiDARInstance3DBoxes(each).corners for each in (boxes, gt_boxes, turned)
    )
    distance = torch.minimum((predicted - ahead).norm(dim=2), (predicted - back).norm(dim=2))
    return functional.huber_loss(
        distance, torch.zeros_like(distance), reduction='none', delta=delta
    ).mean(dim=1)
