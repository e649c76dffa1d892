"""Pictures of the frames that were tested, with what was detected in them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import mmcv

from mmdet3d.apis.evaluation import build_tested, parts_of
from mmdet3d.datasets import Custom3DDataset
from mmdet3d.datasets.pictures import draw_pictures, frame_name, view_of
from mmdet3d.report.results_files import load_results


def show_results(
    cfg: mmcv.Config,
    files: Mapping[str, str | Path],
    out_dir: str | Path,
    kinds: Sequence[str] = ('bev', 'camera'),
    names: Sequence[str] | None = None,
    number: int | None = None,
    least_score: float = 0.3,
) -> None:
    """Draw frames of ``cfg.data.test`` with the detections of one run or of several.

    Args:
        cfg: the config.
        files: what ``tools/test.py --out`` wrote, by the name of the run.
        out_dir: folder the pictures are written to; one for each data set where there are several.
        kinds: names of :data:`mmdet3d.datasets.pictures.KINDS`.
        names: names of the frames to draw; all if None.
        number: how many frames to draw; all if None.
        least_score: detections with a lower score are left out.

    Raises:
        FileNotFoundError: if a file does not exist.
        DataFormatError: if one does not hold detections of these frames.
        ValueError: if no frame has one of the names.
    """
    dataset = build_tested(cfg)
    results = {name: load_results(file, len(dataset)) for name, file in files.items()}
    parts, start = parts_of(dataset), 0
    chosen = [_choose(part, names) for part in parts]
    _require_found(parts, names)
    for place, (part, indices) in enumerate(zip(parts, chosen)):
        folder = Path(out_dir) if len(parts) == 1 else Path(out_dir) / str(place)
        found = {name: each[start : start + len(part)] for name, each in results.items()}
        drawn = indices[:number]
        draw_pictures(part, drawn, found, folder, kinds, view_of(cfg, part), least_score)
        number = None if number is None else number - len(drawn)
        start += len(part)


def _choose(dataset: Custom3DDataset, names: Sequence[str] | None) -> list[int]:
    indices = range(len(dataset))
    return [i for i in indices if names is None or frame_name(dataset, i) in names]


def find_frame(dataset: Custom3DDataset, name: str | None) -> int:
    """Return the index of a frame; of the first one without a name.

    Args:
        dataset: the frames.
        name: see :func:`mmdet3d.datasets.pictures.frame_name`.

    Raises:
        ValueError: if there is no such frame.
    """
    if name is None:
        return 0
    _require_found([dataset], [name])
    return _choose(dataset, [name])[0]


def _require_found(parts: Sequence[Custom3DDataset], names: Sequence[str] | None) -> None:
    there = [frame_name(part, index) for part in parts for index in range(len(part))]
    missing = [name for name in names or () if name not in there]
    if missing:
        files = ', '.join(str(part.ann_file) for part in parts)
        raise ValueError(
            f'there is no frame {", ".join(missing)} in {files}, which has {len(there)}, such as '
            f'{there[0]} and {there[-1]}'
        )
