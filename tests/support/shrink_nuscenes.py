"""Options that shrink PointPillars-FPN and nuScenes to what a test can afford."""

RANGE = [-25.6, -25.6, -5, 25.6, 25.6, 3]


def small_scene() -> dict:
    """A quarter of the range, with wide pillars: 128 x 128 cells."""
    x_min, y_min, _, x_max, y_max, _ = RANGE
    return {
        'model.pts_voxel_layer.voxel_size': [0.4, 0.4, 8],
        'model.pts_voxel_layer.point_cloud_range': RANGE,
        'model.pts_voxel_encoder.voxel_size': [0.4, 0.4, 8],
        'model.pts_voxel_encoder.point_cloud_range': RANGE,
        'model.pts_middle_encoder.output_shape': [128, 128],
        'model.pts_bbox_head.anchor_generator.ranges': [[x_min, y_min, -1.8, x_max, y_max, -1.8]],
    }


def widths(channels: int) -> dict:
    """A network ``channels`` wide where the teacher has 64, with shallow stages."""
    c = channels
    return {
        'model.pts_voxel_encoder.feat_channels': [c, c],
        'model.pts_middle_encoder.in_channels': c,
        'model.pts_backbone.in_channels': c,
        'model.pts_backbone.out_channels': [c, 2 * c, 4 * c],
        'model.pts_backbone.layer_nums': [1, 1, 1],
        'model.pts_neck.in_channels': [c, 2 * c, 4 * c],
        'model.pts_neck.out_channels': 4 * c,
        'model.pts_bbox_head.in_channels': 4 * c,
        'model.pts_bbox_head.feat_channels': 4 * c,
    }
