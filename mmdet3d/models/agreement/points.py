"""What the parts of PointRCNN say of widths, classes and numbers of points."""

from collections.abc import Mapping

from mmdet3d.models.agreement.parts import Part, read_part, require_agreement
from mmdet3d.models.agreement.phases import check_point_phases

# Position, score and depth of a point, which the second stage is given beside its feature.
_LOCAL_COLUMNS = 5


def check_point_detector(
    sections: Mapping[str, Mapping], train_cfg: Mapping | None, test_cfg: Mapping | None
) -> None:
    """Compare what the parts of a PointRCNN say of widths, classes and numbers of points.

    Parts of kinds that are not this project's are not judged.

    Args:
        sections: the configs of ``backbone``, ``neck``, ``rpn_head`` and ``roi_head``.
        train_cfg: the settings for training, if there are any.
        test_cfg: likewise for testing.

    Raises:
        ValueError: if two settings disagree; it names both, with their values, and what fits.
    """
    backbone, neck, rpn, roi = (
        read_part(f'model.{name}', sections[name])
        for name in ('backbone', 'neck', 'rpn_head', 'roi_head')
    )
    if rpn.kind == 'PointRPNHead' and roi.kind == 'PointRCNNRoIHead':
        check_point_phases(train_cfg, test_cfg)
    if backbone.kind == 'PointNet2SAMSG' and neck.kind == 'PointNetFPNeck':
        _check_neck(backbone, neck)
    if rpn.kind == 'PointRPNHead':
        if neck.kind == 'PointNetFPNeck':
            _require_input(rpn, neck['fp_channels'][-1][-1], neck.says('fp_channels'))
        _check_classes(rpn, train_cfg)
    if roi.kind == 'PointRCNNRoIHead':
        _check_second_stage(roi, neck)


def _check_neck(backbone: Part, neck: Part) -> None:
    stages = [sum(scale[-1] for scale in scales) for scales in backbone['sa_channels']]
    widths = [backbone['in_channels'] - 3, *(stages[i] for i in backbone['out_indices'])]
    steps = neck['fp_channels']
    require_agreement(
        len(steps) == len(widths) - 1,
        f'{neck.says("fp_channels")} ({len(steps)} steps)',
        backbone.says('out_indices'),
        f'the neck needs {len(widths) - 1} steps, one for each stage of the backbone',
    )
    coarse = widths[-1]
    for i, (step, own) in enumerate(zip(steps, reversed(widths[:-1]))):
        require_agreement(
            step[0] == coarse + own,
            f'{neck.key}.fp_channels[{i}]={step}',
            backbone.says('sa_channels', 'in_channels'),
            f'this step is given {coarse} + {own} channels, so its first width is {coarse + own}',
        )
        coarse = step[-1]


def _check_classes(rpn: Part, train_cfg: Mapping | None) -> None:
    coder, count = rpn['bbox_coder'], rpn['num_classes']
    sizes = coder.get('mean_size')
    if coder.get('use_mean_size', True) and sizes is not None:
        require_agreement(
            len(sizes) == count,
            rpn.says('num_classes'),
            f'{rpn.key}.bbox_coder.mean_size={sizes}',
            f'{count} mean sizes are wanted, one for each class',
        )
    assigners = ((train_cfg or {}).get('rcnn') or {}).get('assigner')
    if isinstance(assigners, (list, tuple)):
        require_agreement(
            len(assigners) == count,
            rpn.says('num_classes'),
            f'model.train_cfg.rcnn.assigner (a list of {len(assigners)})',
            f'{count} assigners are wanted, one for each class',
        )


def _check_second_stage(roi: Part, neck: Part) -> None:
    head = read_part(f'{roi.key}.bbox_head', roi['bbox_head'])
    if head.kind != 'PointRCNNBboxHead':
        return
    require_agreement(
        head['in_channels'] == _LOCAL_COLUMNS,
        head.says('in_channels'),
        f'{roi.key}.type={roi.kind!r}',
        f'it gives each point {_LOCAL_COLUMNS} columns: position, score and depth',
    )
    if neck.kind == 'PointNetFPNeck':
        width = neck['fp_channels'][-1][-1]
        require_agreement(
            head['mlp_channels'][-1] == width,
            head.says('mlp_channels'),
            neck.says('fp_channels'),
            f"the local features are joined with the neck's, so both end with one width: {width}",
        )
    _require_input(head, head['sa_channels'][-1][-1], head.says('sa_channels'))
    _check_numbers(roi, head)


def _check_numbers(roi: Part, head: Part) -> None:
    layer = roi['point_roi_extractor'].get('roi_layer', {})
    pooled = layer.get('num_sampled_points')
    numbers = [number for number in head['num_points'] if number != -1]
    if pooled is not None and numbers:
        require_agreement(
            numbers == sorted(numbers, reverse=True) and numbers[0] <= pooled,
            head.says('num_points'),
            f'{roi.key}.point_roi_extractor.roi_layer.num_sampled_points={pooled}',
            'each set abstraction takes its centres from the points of the one before',
        )


def _require_input(part: Part, width: int, given: str) -> None:
    """The layers that predict take the width that they are given."""
    found = part['pred_layer_cfg'].get('in_channels')
    require_agreement(
        found == width,
        f'{part.key}.pred_layer_cfg.in_channels={found}',
        given,
        f'set {part.key}.pred_layer_cfg.in_channels={width}',
    )
