"""Creating a whole dataset, in parallel, and completing one that was interrupted."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing.connection import wait
from pathlib import Path

from tqdm import tqdm

from mmdet3d.datasets.kitti.files import atomic_write
from mmdet3d.datasets.synthetic.kitti_frame import frame_files, write_frame
from mmdet3d.datasets.synthetic.manifest import Manifest, claim_folder, remove_leftovers

Job = tuple[Path, str, int, int]
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
        out_dir: Where to write: a new or empty folder, or one of an interrupted call.
        train: Number of training frames, 1 or more.
        val: Number of validation frames, 1 or more.
        test: Number of test frames, 0 or more.
        seed: 0 or more.
        workers: Processes to use; by default one per processor. Scripts that use more than one
            need an ``if __name__ == '__main__'`` guard.

    Returns:
        The number of frames that were written.

    Raises:
        ValueError: A number is out of its range.
        NotADirectoryError: ``out_dir`` is a file.
        FileExistsError: ``out_dir`` holds something else.
        OSError: ``out_dir`` cannot be written.
    """
    _check(train=(train, 1), val=(val, 1), test=(test, 0), seed=(seed, 0))
    if workers is not None:
        _check(workers=(workers, 1))
    out_dir = Path(out_dir)
    claim_folder(out_dir, Manifest(seed=seed, train=train, val=val, test=test))
    for folder in (out_dir, *out_dir.glob('*/'), *out_dir.glob('*/*/')):
        remove_leftovers(folder)
    _write_lists(out_dir, train, val, test)
    frames = [('training', index) for index in range(train + val)]
    frames += [('testing', index) for index in range(test)]
    jobs = [(out_dir, *frame, seed) for frame in frames if not _is_complete(out_dir, *frame)]
    with tqdm(total=len(frames), initial=len(frames) - len(jobs), unit='scene') as progress:
        for _ in _run(jobs, workers):
            progress.update()
    return len(jobs)


def _check(**numbers: tuple[int, int]) -> None:
    for name, (value, least) in numbers.items():
        if value < least:
            raise ValueError(f'{name} is {value}, expected a whole number of {least} or more')


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


def _run(jobs: list[Job], workers: int | None) -> Iterable[None]:
    most = max(1, len(jobs) // _MIN_FRAMES_PER_WORKER)
    workers = workers or min(os.cpu_count() or 1, most)
    if min(workers, len(jobs)) <= 1:
        return (write_frame(*job) for job in jobs)
    return _run_in_processes(jobs, workers)


def _run_in_processes(jobs: list[Job], workers: int) -> Iterator[None]:
    # A server process imports everything once and forks workers before it has any threads.
    server = 'forkserver' in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context('forkserver' if server else 'spawn')
    if server:
        context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool:
        futures = [pool.submit(write_frame, *job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """Let a worker end when the main process is killed, rather than wait for work for ever.

    Ctrl+C is the main process's to handle: workers finish their scene and are told to stop.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
