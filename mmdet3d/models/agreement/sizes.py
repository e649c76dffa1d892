"""How large the maps of a detector are: from the grid of voxels through backbone and neck."""

from dataclasses import dataclass
from math import prod

from mmdet3d.models.agreement.parts import Part, require_agreement

Size = tuple[int, int]


@dataclass(frozen=True)
class MapSizes:
    """Cells along y and x of a detector's maps, by published feature.

    Attributes:
        backbone_features: of each map of the backbone.
        neck_features: of each map that the head sees.
    """

    backbone_features: list[Size]
    neck_features: list[Size]


def map_sizes(backbone: Part, neck: Part | None, bev: Size) -> MapSizes | None:
    """Return the sizes of a detector's maps; None where a part is of a kind not known here.

    Args:
        backbone: the backbone.
        neck: the neck, if any.
        bev: cells along y and x that the backbone is given.

    Raises:
        ValueError: if the maps that a SECONDFPN would stack differ in size.
    """
    if backbone.kind != 'SECOND':
        return None
    maps = []
    for stride in backbone['layer_strides']:
        bev = _each(bev, stride)
        maps.append(bev)
    if neck is None:
        return MapSizes(maps, maps)
    if neck.kind == 'SECONDFPN':
        return MapSizes(maps, [_stacked(backbone, neck, maps)])
    if neck.kind == 'FPN':
        return MapSizes(maps, _pyramid(neck, maps))
    return None


def _each(size: Size, stride: int) -> Size:
    """The size after a padded 3x3 convolution with a stride."""
    return (size[0] - 1) // stride + 1, (size[1] - 1) // stride + 1


def _resized(size: Size, factor: float) -> Size:
    if factor >= 1:
        return size[0] * int(factor), size[1] * int(factor)
    stride = round(1 / factor)
    return size[0] // stride, size[1] // stride


def _stacked(backbone: Part, neck: Part, maps: list[Size]) -> Size:
    sizes = [_resized(size, factor) for size, factor in zip(maps, neck['upsample_strides'])]
    require_agreement(
        len(set(sizes)) == 1,
        neck.says('upsample_strides'),
        backbone.says('layer_strides'),
        f'the maps {maps} (y, x) become {sizes}, but have to be of one size to be stacked; '
        f'{_fitting_strides(backbone, neck, maps)}',
    )
    return sizes[0]


def _fitting_strides(backbone: Part, neck: Part, maps: list[Size]) -> str:
    strides = backbone['layer_strides']
    factors = [neck['upsample_strides'][0] * prod(strides[1 : i + 1]) for i in range(len(strides))]
    if len({_resized(size, factor) for size, factor in zip(maps, factors)}) == 1:
        return f'{factors} fit'
    return f'give voxel_layer a range whose voxels along x and y divide by {prod(strides)}'


def _pyramid(neck: Part, maps: list[Size]) -> list[Size]:
    """The maps of mmdet's FPN: those of the backbone, and each further one half of the last."""
    end = neck['end_level']
    levels = maps[neck['start_level'] : None if end == -1 else end + 1]
    while len(levels) < neck['num_outs']:
        levels.append(_each(levels[-1], 2))
    return levels
