"""Creating a whole dataset, in parallel, and completing one that was interrupted."""

from pathlib import Path

from tqdm import tqdm

from mmcv_patched.full_disk import atomic_write
from mmdet3d.synthetic.kitti.frame import frame_files, write_frame
from mmdet3d.synthetic.manifest import Manifest, claim_folder, remove_leftovers
from mmdet3d.synthetic.ranges import check_ranges
from mmdet3d.utils.parallel import run_jobs

# Starting a process takes seconds.
_MIN_FRAMES_PER_WORKER = 20


def create_synthetic_kitti(
    out_dir: str | Path,
    train: int,
    val: int,
    test: int = 2,
    seed: int = 0,
    workers: int | None = None,
) -> int:
    """Write a dataset of made-up scenes in KITTI's layout.

    Frames 0 to ``train - 1`` are for training, the following ``val`` for validation; those under
    testing are numbered from 0 and have no labels. The files depend on seed and counts alone, not
    on the number of workers. A call with the same arguments completes what is missing.

    Args:
        out_dir: where to write: a new or empty folder, or one of an interrupted call.
        train: number of training frames, 1 or more.
        val: number of validation frames, 1 or more.
        test: number of test frames, 0 or more.
        seed: 0 or more.
        workers: processes to use; by default one per processor. Scripts that use more than one need
            an ``if __name__ == '__main__'`` guard.

    Returns:
        the number of frames that were written.

    Raises:
        ValueError: if a number is out of its range.
        NotADirectoryError: if ``out_dir`` is a file.
        FileExistsError: if ``out_dir`` holds something else.
        OSError: if ``out_dir`` cannot be written.
    """
    check_ranges(train=(train, 1, None), val=(val, 1, None), test=(test, 0, None))
    check_ranges(seed=(seed, 0, None), workers=(workers, 1, None))
    out_dir = Path(out_dir)
    claim_folder(out_dir, Manifest(seed=seed, train=train, val=val, test=test))
    for folder in (out_dir, *out_dir.glob('*/'), *out_dir.glob('*/*/')):
        remove_leftovers(folder)
    _write_lists(out_dir, train, val, test)
    frames = [('training', index) for index in range(train + val)]
    frames += [('testing', index) for index in range(test)]
    jobs = [(out_dir, *frame, seed) for frame in frames if not _is_complete(out_dir, *frame)]
    with tqdm(total=len(frames), initial=len(frames) - len(jobs), unit='scene') as progress:
        for _ in run_jobs(write_frame, jobs, workers, _MIN_FRAMES_PER_WORKER):
            progress.update()
    return len(jobs)


def _write_lists(out_dir: Path, train: int, val: int, test: int) -> None:
    ids = {
        'train': range(train),
        'val': range(train, train + val),
        'trainval': range(train + val),
        'test': range(test),
    }
    for name, members in ids.items():
        path = out_dir / 'ImageSets' / f'{name}.txt'
        if not path.exists():
            with atomic_write(path) as file:
                file.write(''.join(f'{index:06d}\n' for index in members).encode())


def _is_complete(out_dir: Path, folder: str, index: int) -> bool:
    return all(path.is_file() for path in frame_files(out_dir, folder, index))
