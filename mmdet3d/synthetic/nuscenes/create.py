"""Creating a whole dataset, in parallel, and completing one that was interrupted."""

import json
from pathlib import Path

from tqdm import tqdm

from mmcv_patched.full_disk import atomic_write
from mmdet3d.synthetic.manifest import NuScenesManifest, claim_folder, remove_leftovers
from mmdet3d.synthetic.nuscenes.maps import draw_map
from mmdet3d.synthetic.nuscenes.recording import (
    KeyFrame,
    SceneJob,
    record_sample,
    world_of,
)
from mmdet3d.synthetic.nuscenes.tables import Tables, add_scene, common_tables
from mmdet3d.synthetic.nuscenes.vocabulary import MINI_TRAIN, MINI_VAL
from mmdet3d.synthetic.ranges import check_ranges
from mmdet3d.utils.parallel import run_jobs

VERSION = 'v1.0-mini'
# A sample takes about half a second, starting a process some seconds.
_MIN_SAMPLES_PER_WORKER = 8


def create_synthetic_nuscenes(
    out_dir: str | Path,
    train: int,
    val: int,
    seed: int = 0,
    samples: int = 20,
    steps: int = 1084,
    workers: int | None = None,
) -> int:
    """Write made-up scenes in the layout of nuScenes' ``v1.0-mini``.

    The scenes bear the names of the devkit's splits ``mini_train`` and ``mini_val``. The files
    depend on the arguments alone, not on the number of workers. A call with the same arguments
    completes what is missing; the tables are written last.

    Args:
        out_dir: where to write: a new or empty folder, or one of an interrupted call.
        train: number of training scenes, 1 to 8.
        val: number of validation scenes, 1 or 2.
        seed: 0 or more.
        samples: key frames per scene, half a second apart, 2 to 40.
        steps: azimuths per turn of the scanner, 100 or more; fewer are faster.
        workers: processes to use; by default one per processor. Scripts that use more than one need
            an ``if __name__ == '__main__'`` guard.

    Returns:
        the number of clouds that were written.

    Raises:
        ValueError: if a number is out of its range.
        NotADirectoryError: if ``out_dir`` is a file.
        FileExistsError: if ``out_dir`` holds something else.
        OSError: if ``out_dir`` cannot be written.
    """
    check_ranges(train=(train, 1, len(MINI_TRAIN)), val=(val, 1, len(MINI_VAL)))
    check_ranges(seed=(seed, 0, None), samples=(samples, 2, 40), steps=(steps, 100, None))
    check_ranges(workers=(workers, 1, None))
    out_dir = Path(out_dir)
    claim_folder(out_dir, NuScenesManifest(seed, train, val, samples, steps))
    for folder in (out_dir, *out_dir.glob('*/'), *out_dir.glob('*/*/')):
        remove_leftovers(folder)
    names = (*MINI_TRAIN[:train], *MINI_VAL[:val])
    # Numbered by name, so that a scene is the same in every dataset of a seed.
    every = (*MINI_TRAIN, *MINI_VAL)
    jobs = {name: SceneJob(out_dir, seed, every.index(name), samples, steps) for name in names}
    key_frames, written = _record(list(jobs.values()), samples, workers)
    tables = common_tables()
    for name, job in jobs.items():
        world = world_of(seed, job.scene, samples)
        frames = [key_frames[job.scene, i] for i in range(samples)]
        add_scene(tables, job, name, world, frames)
        _write(out_dir / tables['map'][-1]['filename'], draw_map(world))
    _write_tables(out_dir, tables)
    return written


def _record(
    scenes: list[SceneJob], samples: int, workers: int | None
) -> tuple[dict[tuple[int, int], KeyFrame], int]:
    jobs = [(scene, sample) for scene in scenes for sample in range(samples)]
    key_frames, written = {}, 0
    with tqdm(total=len(jobs), unit='sample') as progress:
        for scene, sample, frame, clouds in run_jobs(
            record_sample, jobs, workers, _MIN_SAMPLES_PER_WORKER
        ):
            key_frames[scene, sample] = frame
            written += clouds
            progress.update()
    return key_frames, written


def _write_tables(out_dir: Path, tables: Tables) -> None:
    for name, records in tables.items():
        _write(out_dir / VERSION / f'{name}.json', json.dumps(records, indent=0).encode())


def _write(path: Path, content: bytes) -> None:
    with atomic_write(path) as file:
        file.write(content)
