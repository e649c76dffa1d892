"""Exported detectors with backbone, neck and head in 8-bit integers."""

import io
import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mmdet3d.export.detector import OnnxDetector
from mmdet3d.export.exporter import write_model
from mmdet3d.export.points import make_pillars, prepare
from mmdet3d.export.requirements import require

# How the range of each map is found from what calibration shows, by onnxruntime's names.
CALIBRATIONS = {'minmax': 'MinMax', 'entropy': 'Entropy', 'percentile': 'Percentile'}
_LAYERS = ('Conv', 'ConvTranspose')


def quantize(
    model: str | Path,
    clouds: Sequence[Any],
    out: str | Path,
    calibration: str = 'minmax',
    per_channel: bool = True,
    ends: bool = False,
) -> Path:
    """Quantise the convolutions of a detector statically.

    The pillar encoder and the decoding stay in float32: they compute with coordinates.

    Args:
        model: a detector in one graph, in float32.
        clouds: files or arrays, whose maps tell the ranges. Some dozens of the data that the
            detector was trained on will do.
        out: the file to write.
        calibration: one of :data:`CALIBRATIONS`.
        per_channel: give each channel of the weights a range of its own.
        ends: quantise the first convolution, and the last of each output, too. They cost the most
            precision and have few weights.

    Returns:
        the file.

    Raises:
        ImportError: if onnx or onnxruntime is not installed.
        ValueError: if the model is none in float32 and of one graph, there are no clouds, or
            ``calibration`` is not known.
    """
    detector = _check(model, clouds, calibration)
    onnx, tools = require('onnx'), require('onnxruntime.quantization')
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / 'quantised.onnx'
        with _quiet():
            tools.quantize_static(
                str(model),
                str(written),
                _reader(tools, detector, clouds),
                quant_format=tools.QuantFormat.QDQ,
                op_types_to_quantize=list(_LAYERS),
                per_channel=per_channel,
                calibrate_method=getattr(tools.CalibrationMethod, CALIBRATIONS[calibration]),
                nodes_to_exclude=[] if ends else _ends(onnx.load(model)),
            )
        content = onnx.load(written)
    write_model(content, replace(detector.settings, precision='int8').to_metadata(), Path(out))
    return Path(out)


def _check(model: str | Path, clouds: Sequence[Any], calibration: str) -> OnnxDetector:
    if Path(model).is_dir():
        raise ValueError(f'{model} is a detector in two parts: quantise one of --form one')
    if calibration not in CALIBRATIONS:
        raise ValueError(f'calibration={calibration}: allowed are {", ".join(CALIBRATIONS)}')
    if not clouds:
        raise ValueError('no cloud was given to calibrate with: give some of the data set')
    detector = OnnxDetector(model)
    if detector.settings.precision != 'fp32':
        raise ValueError(
            f'{model} has precision {detector.settings.precision}: quantise one of fp32'
        )
    return detector


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what onnxruntime prints of its working, and its advice to transform the model.

    torch's exporter has done that: normalisations are part of the convolutions.
    """
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)


def _reader(tools: Any, detector: OnnxDetector, clouds: Sequence[Any]) -> Any:
    """What hands the inputs of each cloud to onnxruntime, one after the other."""

    class Reader(tools.CalibrationDataReader):
        def __init__(self) -> None:
            self._inputs = _inputs(detector, clouds)

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self._inputs, None)

    return Reader()


def _inputs(detector: OnnxDetector, clouds: Sequence[Any]) -> Iterator[dict[str, np.ndarray]]:
    for cloud in clouds:
        yield make_pillars(prepare(detector.load(cloud), detector.settings), detector.settings)


def _ends(content: Any) -> list[str]:
    """Names of the first convolution and of those whose output no other one is computed from."""
    nodes = list(content.graph.node)
    layers = [node for node in nodes if node.op_type in _LAYERS]
    onward: set[str] = set()
    for node in reversed(nodes):
        leads_on = node.op_type in _LAYERS or onward & set(node.output)
        if leads_on:
            onward.update(node.input)
    last = [node.name for node in layers if not onward & set(node.output)]
    return [layers[0].name, *last]
