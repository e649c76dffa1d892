"""Running jobs in several processes that end with the one that started them."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait
from typing import Any

from mmcv_patched.messages import join_messages, messages_to_join

# Holds the id of the process that started this one as one of a group.
LAUNCHER_VARIABLE = 'POINTDISTILLER_LAUNCHER'


def run_jobs(
    function: Callable[..., Any], jobs: list[tuple], workers: int | None, min_per_worker: int
) -> Iterable[Any]:
    """Call a function with each of several argument lists.

    Args:
        function: a function of a module, so that other processes find it.
        jobs: the arguments of each call.
        workers: processes to use; None for as many as there are processors, if there is work for
            them.
        min_per_worker: jobs for which starting a process is worth the time.

    Returns:
        an iterator over what the calls return, in the order of the jobs.
    """
    most = max(1, len(jobs) // min_per_worker)
    workers = workers or min(os.cpu_count() or 1, most)
    if min(workers, len(jobs)) <= 1:
        return (function(*job) for job in jobs)
    return _run_in_processes(function, jobs, workers)


def _run_in_processes(
    function: Callable[..., Any], jobs: list[tuple], workers: int
) -> Iterator[Any]:
    # A server process imports everything once and forks workers before it has any threads.
    server = 'forkserver' in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context('forkserver' if server else 'spawn')
    if server:
        context.set_forkserver_preload([function.__module__])
    with ProcessPoolExecutor(
        workers, context, initializer=_end_with_parent, initargs=(messages_to_join(),)
    ) as pool:
        futures = [pool.submit(function, *job) for job in jobs]
        try:
            for future in futures:
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _end_with_parent(messages: str | None) -> None:
    """Let a worker end when the main process is killed, rather than wait for work for ever.

    Ctrl+C is the main process's to handle: workers finish their job and are told to stop. Warnings
    are shown as the main process shows them.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    join_messages(messages)
    parent = multiprocessing.parent_process()
    if parent is None:
        raise RuntimeError('only a worker has a main process to end with')

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def end_with_launcher() -> None:
    """Let this process end when the launcher that started it is killed; without one do nothing.

    That is ``tools/dist_train.sh`` or ``dist_test.sh``, or torchrun itself.
    """
    by_torchrun = str(os.getppid()) if 'TORCHELASTIC_RUN_ID' in os.environ else None
    launcher = os.environ.pop(LAUNCHER_VARIABLE, by_torchrun)
    if launcher is None:
        return
    if int(launcher) != os.getppid():
        # Either it was killed while this process began, or another one started this.
        if not _is_running(int(launcher)):
            os._exit(1)
        return

    def watch() -> None:
        while os.getppid() == int(launcher):
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
