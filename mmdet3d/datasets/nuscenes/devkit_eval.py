"""The devkit's evaluation of some samples. To be imported only where the devkit is installed."""

from collections.abc import Sequence
from pathlib import Path

from nuscenes import NuScenes
from nuscenes.eval.common.config import config_factory
from nuscenes.eval.common.data_classes import EvalBoxes
from nuscenes.eval.common.loaders import (
    add_center_dist,
    filter_eval_boxes,
    load_gt_of_sample_tokens,
    load_prediction,
)
from nuscenes.eval.detection.data_classes import DetectionBox, DetectionConfig
from nuscenes.eval.detection.evaluate import DetectionEval


def read_config(eval_version: str) -> DetectionConfig:
    """Read a configuration of the devkit.

    Args:
        eval_version: its name.

    Raises:
        ValueError: if the devkit has none of that name.
    """
    try:
        return config_factory(eval_version)
    except (AssertionError, KeyError) as error:
        raise ValueError(
            f"eval_version is {eval_version!r}, which the devkit does not know; the task's is "
            "'detection_cvpr_2019'"
        ) from error


class SampleEval(DetectionEval):
    """``DetectionEval`` of chosen samples rather than of a whole official split.

    On the samples of a split its figures are those of ``DetectionEval``. It takes results without
    a single detection too, which a detector gives at the start of its training.

    Args:
        tables: of the data set.
        result_path: the official JSON.
        sample_tokens: which samples to evaluate.
        eval_version: name of the devkit's configuration, ``'detection_cvpr_2019'``.

    Attributes:
        too_far: how many detections are farther away than their class is evaluated.

    Raises:
        ValueError: if the devkit has no such configuration.
    """

    def __init__(
        self,
        tables: NuScenes,
        result_path: str | Path,
        sample_tokens: Sequence[str],
        eval_version: str,
    ) -> None:
        self.cfg = read_config(eval_version)
        self.nusc, self.result_path, self.verbose = tables, str(result_path), False
        limit = self.cfg.max_boxes_per_sample
        predictions, self.meta = load_prediction(self.result_path, limit, DetectionBox)
        truth = load_gt_of_sample_tokens(tables, list(sample_tokens), DetectionBox)
        self.pred_boxes, self.too_far = self._prepared(predictions)
        self.gt_boxes, _ = self._prepared(truth)
        self.sample_tokens = self.gt_boxes.sample_tokens

    def _prepared(self, boxes: EvalBoxes) -> tuple[EvalBoxes, int]:
        """Leave out what is not evaluated, and count what is too far away for its class."""
        if not boxes.all:
            return boxes, 0
        boxes = add_center_dist(self.nusc, boxes)
        reach = self.cfg.class_range
        too_far = sum(box.ego_dist >= reach[box.detection_name] for box in boxes.all)
        return filter_eval_boxes(self.nusc, boxes, reach), too_far
