"""What a model says of itself, in its metadata: all that is needed to run it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from mmdet3d.version import __version__

# Raised whenever models of before are no longer read, or read otherwise.
FORMAT_VERSION = 1
PRODUCER = 'PointDistiller'
# The parts of a detector that a model can be, with its inputs and outputs in their order. Levels of
# a pyramid have numbers behind their names.
PILLARS = ('voxels', 'num_points', 'coors')
FEATURES, MAP = 'pillar_features', 'spatial_features'
PREDICTIONS = ('cls_score', 'bbox_pred', 'dir_cls_pred')
CANDIDATES = ('boxes', 'scores', 'directions')
# The files of a folder with a detector in two parts, the decoding beside them.
ENCODER_FILE, MAP_FILE, DECODER_FILE = 'pillar_encoder.onnx', 'backbone.onnx', 'decoder.onnx'


@dataclass(frozen=True)
class ModelSettings:
    """What a model was made from, and what is to be done before and after it.

    Attributes:
        part: what the model computes: 'detector', 'encoder', 'map' or 'decoder'.
        detector: name of the detector's class.
        config: name of the config file.
        parameters: how many the detector has.
        precision: 'fp32', 'fp16' or 'int8', of backbone, neck and head.
        classes: names in the order of the labels.
        load_dim: values per point of a file.
        use_dim: columns of them that are loaded.
        sweeps: what becomes of a single sweep where several are usual, see
            :func:`mmdet3d.export.points.prepare`; None for other data.
        points_range: limits in metres, strictly within which points are kept; None without.
        voxel_size: of a pillar in metres.
        point_cloud_range: limits of the pillars in metres.
        grid_size: number of cells along x, y and z.
        max_num_points: how many points a pillar keeps.
        max_voxels: how many pillars are kept.
        score_thr: only scores above it count.
        nms_pre: how many candidates of each level there are, -1 for all.
        nms_thr: overlap seen from above, beyond which the lower score is dropped.
        use_rotate_nms: whether overlaps take the yaw into account.
        max_num: the most detections.
        has_directions: whether yaws are told up to half a turn, with directions.
        dir_offset: heading at which the first direction begins, in radians.
        dir_limit_offset: where the period of the heading is cut.
    """

    part: str
    detector: str
    config: str
    parameters: int
    precision: str
    classes: list[str]
    load_dim: int
    use_dim: list[int]
    sweeps: dict[str, Any] | None
    points_range: list[float] | None
    voxel_size: list[float]
    point_cloud_range: list[float]
    grid_size: list[int]
    max_num_points: int
    max_voxels: int
    score_thr: float
    nms_pre: int
    nms_thr: float
    use_rotate_nms: bool
    max_num: int
    has_directions: bool
    dir_offset: float
    dir_limit_offset: float

    def to_metadata(self) -> dict[str, str]:
        """Return the settings by name, each as JSON, with the versions they were written by."""
        own = {name: json.dumps(value) for name, value in asdict(self).items()}
        versions = {
            'producer': PRODUCER,
            'format_version': str(FORMAT_VERSION),
            'project_version': __version__,
        }
        return {**versions, **own}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], path: str | Path) -> 'ModelSettings':
        """Read the settings of a model.

        Args:
            metadata: of the model.
            path: the model, for the errors.

        Raises:
            ValueError: if it is another project's model, or of another format version, or its
                settings are incomplete.
        """
        if metadata.get('producer') != PRODUCER:
            raise ValueError(
                f'{path} is no model of this project (its metadata names no {PRODUCER}): give one '
                'that tools/deployment/export_onnx.py wrote'
            )
        if metadata.get('format_version') != str(FORMAT_VERSION):
            raise ValueError(
                f'{path} has export format version {metadata.get("format_version")}, written by '
                f'version {metadata.get("project_version")} of this project; this version '
                f'({__version__}) reads {FORMAT_VERSION}: export the checkpoint anew'
            )
        names = [field.name for field in fields(cls)]
        try:
            return cls(**{name: json.loads(metadata[name]) for name in names})
        except (KeyError, ValueError) as error:
            raise ValueError(
                f'the metadata of {path} is damaged ({error!r}): export the checkpoint anew'
            ) from error
