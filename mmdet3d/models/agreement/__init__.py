"""What the parts of a detector's config say of one fact is compared, when the detector is built."""

from mmdet3d.models.agreement.parts import Part, read_part, require_agreement
from mmdet3d.models.agreement.points import check_point_detector
from mmdet3d.models.agreement.sizes import MapSizes
from mmdet3d.models.agreement.teachers import require_same_maps, require_same_voxel_layer
from mmdet3d.models.agreement.voxels import check_voxel_detector

__all__ = [
    'MapSizes',
    'Part',
    'check_point_detector',
    'check_voxel_detector',
    'read_part',
    'require_agreement',
    'require_same_maps',
    'require_same_voxel_layer',
]
