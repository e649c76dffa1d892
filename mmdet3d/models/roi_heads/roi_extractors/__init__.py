"""What lies in a proposal, brought to one shape."""

from mmdet3d.models.roi_heads.roi_extractors.single_roipoint_extractor import (
    Single3DRoIPointExtractor,
)

__all__ = ['Single3DRoIPointExtractor']
