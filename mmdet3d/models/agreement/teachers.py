"""What student and teacher have to share: the voxels or the maps that are compared."""

from typing import Any

from mmdet3d.models.agreement.parts import as_lists, require_agreement
from mmdet3d.models.agreement.sizes import MapSizes
from mmdet3d.models.kd import KDTerm


def require_same_voxel_layer(student: Any, teacher: Any) -> None:
    """Check that two detectors on voxels make the same ones.

    Raises:
        ValueError: if range, voxel size or the number of voxels in training differ.
    """
    for name in ('point_cloud_range', 'voxel_size', 'max_voxels'):
        ours, theirs = (as_lists(getattr(each.voxel_layer, name)) for each in (student, teacher))
        # The teacher keeps as many as in training, the first of the pair.
        same = ours[0] == theirs[0] if name == 'max_voxels' else ours == theirs
        require_agreement(
            same,
            f"model.{student.part_prefix}voxel_layer.{name}={ours} of the student's config",
            f"model.{teacher.part_prefix}voxel_layer.{name}={theirs} of the teacher's",
            'their voxels are compared, so give both configs the same voxel_layer',
        )


def require_same_maps(term: KDTerm, student: MapSizes, teacher: MapSizes) -> None:
    """Check that the maps which a term compares are of one size.

    Args:
        term: compares maps, or the outputs of heads on them.
        student: the sizes of the student's maps.
        teacher: likewise of the teacher's.

    Raises:
        ValueError: if they are not.
    """
    ours, theirs = (_compared(term, sizes) for sizes in (student, teacher))
    require_agreement(
        ours == theirs,
        f'kd_cfg term {term.name} with {term.feature} of {ours} cells (y, x) in the student',
        f'{theirs} in the teacher',
        'give both configs the same voxel_layer and the same strides of backbone and neck',
    )


def _compared(term: KDTerm, sizes: MapSizes) -> Any:
    name = 'neck_features' if term.feature == 'head_outputs' else term.feature
    maps = getattr(sizes, name)
    return maps if term.level is None else maps[term.level]
