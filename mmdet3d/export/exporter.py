"""Write detectors as ONNX models."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from mmcv_patched.full_disk import write_whole
from mmdet3d.export.describe import describe
from mmdet3d.export.parts import Part, parts_of
from mmdet3d.export.requirements import require
from mmdet3d.export.settings import FORMAT_VERSION, PILLARS, PRODUCER
from mmdet3d.version import __version__

# Those that torch's exporter writes, and one before them that TensorRT 8 reads.
OPSETS = range(17, 24)
FORMS = ('one', 'two')
PRECISIONS = ('fp32', 'fp16')


def export_detector(
    model: Any, out: str | Path, form: str = 'one', opset: int = 18, precision: str = 'fp32'
) -> list[Path]:
    """Export a detector.

    Args:
        model: a detector from ``init_model``, on the CPU.
        out: the file to write; with form 'two' the folder.
        form: 'one' for one graph, from pillars to candidate boxes; 'two' for the pillar encoder and
            the network behind the map, with the decoding of its predictions beside them. Of SECOND,
            'two' has the parts from the map on.
        opset: version of ONNX's operators.
        precision: of backbone, neck and head: 'fp32' or 'fp16'.

    Returns:
        the files that were written.

    Raises:
        ImportError: if onnx or onnxscript is not installed.
        ValueError: if the detector has no such form, or an option is none of those known.
    """
    check_options(form, opset, precision)
    for name in ('onnx', 'onnxscript'):
        require(name)
    written = []
    for part in parts_of(model, form, half=precision == 'fp16'):
        content = to_onnx(part, opset)
        settings = describe(model, part.name, precision)
        write_model(content, settings.to_metadata(), path := Path(out) / part.file)
        written.append(path)
    return written


def check_options(form: str, opset: int, precision: str) -> None:
    """Check what a detector is to be exported as.

    Raises:
        ValueError: if one of them is none of those known.
    """
    given = {'form': (form, FORMS), 'opset': (opset, OPSETS), 'precision': (precision, PRECISIONS)}
    for name, (value, allowed) in given.items():
        if value not in allowed:
            raise ValueError(f'{name}={value}: allowed are {", ".join(map(str, allowed))}')


def to_onnx(part: Part, opset: int) -> Any:
    """Return the model of a network, as an ``onnx.ModelProto``.

    Args:
        part: the network; pillars can be of any number.
        opset: version of ONNX's operators.

    Raises:
        ValueError: if the model cannot be brought to this version.
    """
    free = ({0: torch.export.Dim.DYNAMIC},) * len(PILLARS) if part.inputs == PILLARS else None
    with _quiet(), torch.no_grad():
        program: Any = torch.onnx.export(
            part.network,
            part.example,
            dynamo=True,
            dynamic_shapes=free,
            input_names=part.inputs,
            output_names=part.outputs,
            opset_version=opset,
            verbose=False,
        )
    content = program.model_proto
    reached = next(each.version for each in content.opset_import if not each.domain)
    if reached != opset:
        raise ValueError(f'opset={opset}: the model could only be brought to {reached}, give that')
    _forget_where_it_came_from(content)
    return content


def write_model(content: Any, metadata: dict[str, str], path: Path) -> None:
    """Write a model, atomically.

    Args:
        content: an ``onnx.ModelProto``.
        metadata: what it says of itself.
        path: the file.
    """
    del content.metadata_props[:]
    for key, value in metadata.items():
        content.metadata_props.add(key=key, value=value)
    content.producer_name, content.producer_version = PRODUCER, __version__
    content.model_version = FORMAT_VERSION
    write_whole(path, content.SerializeToString())


def _forget_where_it_came_from(content: Any) -> None:
    """Take out the lines of code and paths that the exporter notes with every node."""
    for node in content.graph.node:
        del node.metadata_props[:]
        node.doc_string = ''
    for value in (*content.graph.value_info, *content.graph.input, *content.graph.output):
        del value.metadata_props[:]
    del content.graph.metadata_props[:]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what torch's exporter says of its own working."""
    loggers = [logging.getLogger(name) for name in ('torch.onnx', 'onnxscript', 'onnx_ir')]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            yield
    finally:
        for logger, level in zip(loggers, levels):
            logger.setLevel(level)
