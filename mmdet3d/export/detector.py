"""Run exported detectors with onnxruntime. Neither a network is built, nor is torch imported."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mmdet3d.clouds.checks import check_points
from mmdet3d.clouds.read import read_points
from mmdet3d.export.points import make_pillars, prepare
from mmdet3d.export.requirements import require
from mmdet3d.export.settings import (
    CANDIDATES,
    DECODER_FILE,
    ENCODER_FILE,
    MAP,
    MAP_FILE,
    ModelSettings,
)
from mmdet3d.export.suppression import Detections, suppress
from mmdet3d.utils.errors import DataFormatError


class OnnxDetector:
    """An exported detector.

    Args:
        path: a model of one graph, or the folder of one in two parts.
        threads: how many to compute with; None for as many as there are cores.
        providers: where to compute, as onnxruntime names it; by default the CPU.

    Attributes:
        settings: what the model says of itself.

    Raises:
        FileNotFoundError: if there is no such file.
        ImportError: if onnxruntime is not installed.
        ValueError: if it is no model of this project and of this version of its format, or a part
            of a detector alone.
    """

    def __init__(
        self,
        path: str | Path,
        threads: int | None = None,
        providers: tuple[str, ...] = ('CPUExecutionProvider',),
    ) -> None:
        options = threads, providers
        self._run: Callable[[dict[str, np.ndarray]], list[np.ndarray]]
        if Path(path).is_dir():
            _require_encoder(Path(path))
            parts = [open_model(Path(path) / name, *options) for name in _PARTS]
            self.settings = parts[0][1]
            self._run = TwoParts([session for session, _ in parts], self.settings)
        else:
            session, self.settings = open_model(path, *options)
            if self.settings.part != 'detector':
                raise ValueError(
                    f'{path} is a part of a detector, {self.settings.part}: give the folder that '
                    f'holds {", ".join(_PARTS)}'
                )
            self._run = lambda pillars: session.run(list(CANDIDATES), pillars)

    @property
    def classes(self) -> list[str]:
        """Names of the classes, in the order of the labels."""
        return self.settings.classes

    def detect(self, cloud: str | Path | np.ndarray) -> Detections:
        """Detect objects in a cloud, as ``inference_detector`` does with the detector.

        Args:
            cloud: a file, or an array of shape (N, columns).

        Raises:
            FileNotFoundError: if the file does not exist.
            DataFormatError: if there are no points, or they have other columns than the detector
                was trained with.
        """
        return self.detect_in(self.load(cloud))

    def detect_in(self, points: np.ndarray) -> Detections:
        """Detect objects in points from :meth:`load`."""
        points = prepare(points, self.settings)
        boxes, scores, directions = self._run(make_pillars(points, self.settings))
        return suppress(boxes, scores, directions, self.settings)

    def load(self, cloud: str | Path | np.ndarray) -> np.ndarray:
        """Return the checked points of a cloud, float32 of shape (N, columns); see ``detect``."""
        settings = self.settings
        if isinstance(cloud, np.ndarray):
            where = 'the points given'
            points = check_points(cloud, settings.load_dim, settings.use_dim, where)
        else:
            where = str(cloud)
            points = read_points(cloud, settings.load_dim, settings.use_dim)
        if not len(points):
            raise DataFormatError(f'{where}: holds no points; expected a cloud of one or more')
        return points


_PARTS = (ENCODER_FILE, MAP_FILE, DECODER_FILE)


def _require_encoder(folder: Path) -> None:
    if (folder / MAP_FILE).is_file() and not (folder / ENCODER_FILE).is_file():
        raise ValueError(
            f'{folder} holds a detector from the map on alone, as SECOND is exported: what makes '
            'the map has no ONNX form, so it cannot be run on clouds'
        )


class TwoParts:
    """A detector in two parts: between them, the pillars are laid out on the map.

    Args:
        sessions: those of the pillar encoder, of the map's network, and of the decoder.
        settings: of the models.
    """

    def __init__(self, sessions: list[Any], settings: ModelSettings) -> None:
        self._encoder, self._map, self._decoder = sessions
        self._nx, self._ny, _ = settings.grid_size

    def __call__(self, pillars: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Return the candidates of pillars."""
        (features,) = self._encoder.run(None, pillars)
        canvas = np.zeros((features.shape[1], self._ny * self._nx), dtype=np.float32)
        canvas[:, pillars['coors'][:, 2] * self._nx + pillars['coors'][:, 3]] = features.T
        maps = self._map.run(None, {MAP: canvas.reshape(1, -1, self._ny, self._nx)})
        names = [each.name for each in self._decoder.get_inputs()]
        return self._decoder.run(list(CANDIDATES), dict(zip(names, maps)))


def open_model(
    path: str | Path, threads: int | None = None, providers: tuple[str, ...] = ()
) -> tuple[Any, ModelSettings]:
    """Open a model of this project.

    Args:
        path: the file.
        threads: how many to compute with; None for as many as there are cores.
        providers: where to compute, as onnxruntime names it.

    Returns:
        onnxruntime's session, and what the model says of itself.

    Raises:
        FileNotFoundError: if there is no such file.
        ImportError: if onnxruntime is not installed.
        ValueError: if it is no such model.
    """
    onnxruntime = require('onnxruntime')
    if not Path(path).is_file():
        raise FileNotFoundError(
            f'model {path} does not exist: give a .onnx file, or a folder with a detector in two '
            'parts, that tools/deployment/export_onnx.py wrote'
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=list(providers) or ['CPUExecutionProvider']
        )
    except Exception as error:
        # onnxruntime has a class of its own for each of its codes, all derived from Exception.
        raise ValueError(f'{path} cannot be opened as an ONNX model: {error}') from error
    metadata = session.get_modelmeta().custom_metadata_map
    return session, ModelSettings.from_metadata(metadata, path)
