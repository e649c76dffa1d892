"""Which models a detector becomes, or why it becomes none."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mmdet3d.export.encoder import PaddedEncoder
from mmdet3d.export.networks import Candidates, MapToPredictions, PillarsToCandidates, PillarsToMap
from mmdet3d.export.settings import (
    CANDIDATES,
    DECODER_FILE,
    ENCODER_FILE,
    FEATURES,
    MAP,
    MAP_FILE,
    PILLARS,
    PREDICTIONS,
)
from mmdet3d.models.dense_heads import Anchor3DHead
from mmdet3d.models.detectors import VoxelNet
from mmdet3d.models.middle_encoders import PointPillarsScatter
from mmdet3d.models.voxel_encoders.point_net import PointNetEncoder

# Pillars of the example that a network is traced with; their number is free in the model.
_EXAMPLE = 7


@dataclass(frozen=True)
class Part:
    """A network that becomes a model.

    Attributes:
        name: what it computes, see ``ModelSettings.part``.
        network: in eval mode, from tensors to a tensor or a tuple of them.
        example: its inputs.
        inputs: their names.
        outputs: names of its outputs.
        file: name of its file in the folder of a detector in two parts.
    """

    name: str
    network: nn.Module
    example: tuple[Tensor, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    file: str = ''


def parts_of(model: Any, form: str, half: bool) -> list[Part]:
    """Return the networks that a detector is exported as.

    Args:
        model: the detector, in eval mode and on the CPU.
        form: 'one' for the whole, 'two' for its parts.
        half: whether backbone, neck and head compute in float16.

    Raises:
        ValueError: if it cannot be exported in this form; the message says why.
    """
    _require_voxels_and_anchors(model)
    has_pillars = _has_pillars(model)
    if form == 'one' and not has_pillars:
        raise ValueError(
            f'{type(model).__name__} with {type(model.middle_encoder).__name__} cannot be one '
            'graph: ONNX has no sparse convolutions. Export with --form two, which writes what '
            'follows them: from the map to the boxes'
        )
    to_predictions = MapToPredictions(model, half)
    with torch.no_grad():
        example = torch.zeros(1, *_map_shape(model))
        maps = to_predictions(example)
    step = 3 if model.bbox_head.use_direction_classifier else 2
    sizes = [(each.shape[2], each.shape[3]) for each in maps[::step]]
    candidates = Candidates(model.bbox_head, sizes)
    predictions = tuple(
        f'{name}_{level}' for level in range(len(sizes)) for name in PREDICTIONS[:step]
    )
    if form == 'one':
        to_map = PillarsToMap(PaddedEncoder(model.voxel_encoder), model.middle_encoder)
        whole = PillarsToCandidates(to_map, to_predictions, candidates)
        return [Part('detector', whole.eval(), _pillars(model), PILLARS, CANDIDATES)]
    of_map = [
        Part('map', to_predictions.eval(), (example,), (MAP,), predictions, MAP_FILE),
        Part('decoder', candidates.eval(), maps, predictions, CANDIDATES, DECODER_FILE),
    ]
    if not has_pillars:
        return of_map
    encoder = PaddedEncoder(model.voxel_encoder).eval()
    return [Part('encoder', encoder, _pillars(model), PILLARS, (FEATURES,), ENCODER_FILE), *of_map]


def _require_voxels_and_anchors(model: Any) -> None:
    if not isinstance(model, VoxelNet):
        raise ValueError(
            f'{type(model).__name__} cannot be exported: it samples points, groups their '
            'neighbours and pools them in boxes, for which ONNX has no operators. PointPillars '
            'can be, and of SECOND what follows the map'
        )
    if not isinstance(model.bbox_head, Anchor3DHead):
        raise ValueError(
            f'a detector with the head {type(model.bbox_head).__name__} cannot be exported: the '
            'decoding of Anchor3DHead alone is known here'
        )


def _has_pillars(model: Any) -> bool:
    return isinstance(model.voxel_encoder, PointNetEncoder) and isinstance(
        model.middle_encoder, PointPillarsScatter
    )


def _pillars(model: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Pillars to trace a network with."""
    slots, columns = model.voxel_layer.max_num_points, model.voxel_encoder.in_channels
    coors = torch.zeros(_EXAMPLE, 4, dtype=torch.int32)
    coors[:, 3] = torch.arange(_EXAMPLE)
    return torch.zeros(_EXAMPLE, slots, columns), torch.ones(_EXAMPLE, dtype=torch.int32), coors


def _map_shape(model: Any) -> tuple[int, int, int]:
    """Width, height and width of the map that the backbone is given."""
    middle = model.middle_encoder
    if isinstance(middle, PointPillarsScatter):
        return middle.in_channels, middle.ny, middle.nx
    depth, height, width = middle.output_shape
    return middle.output_channels * depth, height, width
