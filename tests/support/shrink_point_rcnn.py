"""Options that shrink the shipped PointRCNN configs to what a test can afford."""


def small_scene(num_points: int = 512) -> dict:
    """Few points, few centres, few proposals."""
    return {
        'model.backbone.num_points': [128, 64, 32, 16],
        'model.backbone.num_samples': [[4, 8]] * 4,
        'model.roi_head.point_roi_extractor.roi_layer.num_sampled_points': 32,
        'model.roi_head.bbox_head.num_points': [16, 8, -1],
        'model.roi_head.bbox_head.num_samples': [4, 4, 4],
        'model.train_cfg.rpn.nms_cfg.nms_post': 32,
        'model.test_cfg.rpn.nms_cfg.nms_post': 32,
        'model.train_cfg.rcnn.sampler.num': 16,
        'data.train.dataset.pipeline.9.num_points': num_points,
        'data.val.pipeline.1.transforms.3.num_points': num_points,
        'data.test.pipeline.1.transforms.3.num_points': num_points,
    }


def widths(channels: int) -> dict:
    """A network ``channels`` wide where the teacher has 128."""
    c = channels
    return {
        'model.backbone.sa_channels': [[[c, c], [c, c]]] * 4,
        'model.neck.fp_channels': [[4 * c, c], [3 * c, c], [3 * c, c], [c + 1, c, c]],
        'model.rpn_head.pred_layer_cfg.in_channels': c,
        'model.rpn_head.pred_layer_cfg.cls_linear_channels': [c],
        'model.rpn_head.pred_layer_cfg.reg_linear_channels': [c],
        'model.roi_head.bbox_head.mlp_channels': [c, c],
        'model.roi_head.bbox_head.sa_channels': [[c, c], [c, c], [c, 2 * c]],
        'model.roi_head.bbox_head.pred_layer_cfg.in_channels': 2 * c,
        'model.roi_head.bbox_head.pred_layer_cfg.cls_conv_channels': [c],
        'model.roi_head.bbox_head.pred_layer_cfg.reg_conv_channels': [c],
    }
