"""What the parts of a detector on voxels say of grid, widths and maps."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mmdet3d.models.agreement.anchors import check_anchor_head
from mmdet3d.models.agreement.parts import Part, read_part, require_agreement
from mmdet3d.models.agreement.phases import check_anchor_phases
from mmdet3d.models.agreement.sizes import MapSizes, map_sizes

_POINT_NETS = ('PillarFeatureNet', 'HardVFE')
# What the config calls the cells of a middle encoder.
_SHAPES = {'PointPillarsScatter': 'output_shape', 'SparseEncoder': 'sparse_shape'}


def check_voxel_detector(detector: Any, sections: Mapping[str, Mapping | None]) -> MapSizes | None:
    """Compare what the parts of a detector say of grid, widths, maps and anchors.

    Parts of kinds that are not this project's are not judged.

    Args:
        detector: the detector, with its parts built and its ``part_prefix`` and ``train_cfg_key``.
        sections: the configs of its parts by their names without prefix.

    Returns:
        the sizes of its maps, None where they are not known.

    Raises:
        ValueError: if two settings disagree; it names both, with their values, and what fits.
    """
    key = f'model.{detector.part_prefix}'
    parts = {
        name: read_part(f'{key}{name}', section)
        for name, section in sections.items()
        if section is not None
    }
    layer, middle, backbone = (
        parts[name] for name in ('voxel_layer', 'middle_encoder', 'backbone')
    )
    neck, head = parts.get('neck'), parts['bbox_head']
    _check_encoder(parts['voxel_encoder'], layer)
    _check_grid(detector, layer, middle)
    _check_widths(detector, parts)
    if head.kind == 'Anchor3DHead':
        built = detector.bbox_head
        check_anchor_phases(detector.train_cfg_key, built.train_cfg, built.test_cfg)
    if middle.kind not in _SHAPES:
        return None
    shape = middle['output_shape'] if middle.kind == 'PointPillarsScatter' else None
    bev = shape or detector.middle_encoder.output_shape[1:]
    sizes = map_sizes(backbone, neck, (bev[0], bev[1]))
    if head.kind == 'Anchor3DHead':
        check_anchor_head(
            detector.bbox_head, head, layer, neck or backbone, sizes, detector.train_cfg_key
        )
    return sizes


def _check_encoder(encoder: Part, layer: Part) -> None:
    """The offset of a point to its voxel's centre needs the grid too."""
    if encoder.kind not in _POINT_NETS or not encoder['with_voxel_center']:
        return
    for name in ('point_cloud_range', 'voxel_size'):
        fits = len(encoder[name]) == len(layer[name])
        require_agreement(
            fits and np.allclose(encoder[name], layer[name], atol=1e-4),
            encoder.says(name),
            layer.says(name),
            'both have to be the same, or the points lie off the centres of their voxels',
        )


def _check_grid(detector: Any, layer: Part, middle: Part) -> None:
    grid = detector.voxel_layer.grid_size.tolist()[::-1]
    room = list(detector.middle_encoder.grid_shape)
    name = _SHAPES.get(middle.kind)
    # The third axis may have room to spare, as SECOND's has; a map larger than the range would
    # lie elsewhere than the anchors do.
    fits = grid[1:] == room[-2:] if name else grid[1] <= room[-2] and grid[2] <= room[-1]
    fits = fits and (len(room) == 2 or grid[0] <= room[0])
    fitting = [*(max(z, grid[0]) for z in room[:-2]), *grid[1:]]
    require_agreement(
        fits,
        middle.says(name or 'grid_shape'),
        layer.says('point_cloud_range', 'voxel_size'),
        f'the range of {detector.part_prefix}voxel_layer has {grid} voxels along z, y and x, but '
        f'the {middle.kind} has room for {room}; {fitting} fits',
    )
    require_agreement(
        middle.kind != 'PointPillarsScatter' or grid[0] == 1,
        middle.says('output_shape'),
        layer.says('voxel_size', 'point_cloud_range'),
        f'{grid[0]} pillars stand above each other, of which PointPillarsScatter keeps one; make '
        'the voxels as high as the range',
    )


def _check_widths(detector: Any, parts: Mapping[str, Part]) -> None:
    """Each part takes as many channels as the one before it gives."""
    encoder, middle, backbone = (
        parts[name] for name in ('voxel_encoder', 'middle_encoder', 'backbone')
    )
    neck, head = parts.get('neck'), parts['bbox_head']
    if middle.kind in _SHAPES and encoder.kind in (*_POINT_NETS, 'HardSimpleVFE'):
        given = 'num_features' if encoder.kind == 'HardSimpleVFE' else 'feat_channels'
        _require_width(middle, detector.voxel_encoder.out_channels, encoder.says(given))
    if middle.kind in _SHAPES and backbone.kind == 'SECOND':
        _require_width(backbone, *_map_width(detector, middle))
    if neck is not None and neck.kind in ('SECONDFPN', 'FPN') and backbone.kind == 'SECOND':
        _require_width(neck, backbone['out_channels'], backbone.says('out_channels'))
    if head.kind == 'Anchor3DHead':
        _check_head_width(head, neck, backbone)


def _map_width(detector: Any, middle: Part) -> tuple[int, str]:
    """How wide the map of a middle encoder is, and what says so."""
    if middle.kind == 'PointPillarsScatter':
        return middle['in_channels'], middle.says('in_channels')
    levels = detector.middle_encoder.output_shape[0]
    said = f'{middle.says("output_channels", "sparse_shape")} ({levels} levels of height)'
    return middle['output_channels'] * levels, said


def _check_head_width(head: Part, neck: Part | None, backbone: Part) -> None:
    if neck is None and backbone.kind == 'SECOND':
        widths, said = backbone['out_channels'], backbone.says('out_channels')
    elif neck is not None and neck.kind in ('SECONDFPN', 'FPN'):
        given = neck['out_channels']
        widths = [sum(given)] if neck.kind == 'SECONDFPN' else [given]
        said = neck.says('out_channels')
    else:
        return
    require_agreement(
        len(set(widths)) == 1, head.says('in_channels'), said, 'all maps need the same width'
    )
    _require_width(head, widths[0], said)
    require_agreement(
        head['feat_channels'] == widths[0],
        head.says('feat_channels'),
        said,
        f'set {head.key}.feat_channels={widths[0]}, and in_channels alike',
    )


def _require_width(part: Part, width: int | list[int], given: str) -> None:
    require_agreement(
        part['in_channels'] == width,
        part.says('in_channels'),
        given,
        f'set {part.key}.in_channels={width}',
    )
