"""Compare runs: a table, their learning curves, and a scene with everyone's boxes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmcv_patched.full_disk import write_whole
from mmdet3d.datasets import Custom3DDataset
from mmdet3d.datasets.pictures import draw_frame, frame_name, view_of
from mmdet3d.report.curves import draw_learning_curves
from mmdet3d.report.runs import build_test_set, find_checkpoint, load_run_config, measure_run
from mmdet3d.report.tables import format_table


def compare_runs(
    folders: Mapping[str, str | Path],
    out_dir: str | Path,
    scene: int = 0,
    least_score: float = 0.3,
    **changes: Any,
) -> str:
    """Measure runs on the data that they test on, and save how they compare.

    Writes ``table.md``, ``learning_curves.png`` and ``scene.png``. The first run says which figures
    the table shows and what is in view.

    Args:
        folders: folder of each run by its name.
        out_dir: where to write; made if missing.
        scene: index of the frame to draw.
        least_score: detections with a lower score are not drawn.
        **changes: what to change in the runs' configs, see :func:`mmdet3d.report.load_run_config`.

    Returns:
        the table.

    Raises:
        FileNotFoundError: if a run lacks its config, its log or its checkpoint.
        IndexError: if there is no such scene.
        ValueError: if the runs do not test on the same frames.
    """
    # What can fail for want of a file or by a wrong number does so before anything is measured.
    configs = {name: load_run_config(folder, **changes) for name, folder in folders.items()}
    checkpoints = {name: find_checkpoint(folder) for name, folder in folders.items()}
    datasets = {name: build_test_set(cfg) for name, cfg in configs.items()}
    _check_frames(datasets)
    first = next(iter(folders))
    _check_scene(datasets[first], scene)
    out_dir = Path(out_dir)
    draw_learning_curves(folders, out_dir / 'learning_curves.png')

    runs = [measure_run(name, configs[name], checkpoints[name]) for name in folders]
    table = format_table(runs, datasets[first].table_columns())
    write_whole(out_dir / 'table.md', f'{table}\n')
    detections = {run.name: run.detections[scene] for run in runs}
    view = view_of(configs[first], datasets[first])
    draw_frame(datasets[first], scene, detections, out_dir / 'scene.png', view, least_score)
    return table


def _check_frames(datasets: Mapping[str, Custom3DDataset]) -> None:
    names = {
        run: [frame_name(dataset, index) for index in range(len(dataset))]
        for run, dataset in datasets.items()
    }
    first = next(iter(names))
    for run in names:
        if names[run] != names[first]:
            files = ' and '.join(f'{each} on {datasets[each].ann_file}' for each in (first, run))
            raise ValueError(
                f'runs are compared on the same frames, but {files} are tested on different ones; '
                'set --data-root, or data.test.ann_file by --cfg-options'
            )


def _check_scene(dataset: Custom3DDataset, scene: int) -> None:
    if not 0 <= scene < len(dataset):
        raise IndexError(
            f'there is no scene {scene}; {dataset.ann_file} has {len(dataset)}, numbered from 0'
        )
