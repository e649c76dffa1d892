"""Jobs of real processes: side by side, failing, interrupted, begun by two at once."""

import os
import sys
import time
from pathlib import Path

import pytest

from mmdet3d.report.gain.jobs import Job, run_jobs
from mmdet3d.report.gain.processes import hold


def python(code: str) -> list[str]:
    return [sys.executable, '-c', f'import os, pathlib, sys, time\n{code}']


def job(folder: Path, name: str, *codes: str, settings: dict | None = None) -> Job:
    result = folder / name / 'result'
    write = f'pathlib.Path({str(result)!r}).write_text(os.environ["OMP_NUM_THREADS"])'
    commands = [*map(python, codes), python(write)]
    return Job(name, folder / name, commands, result, settings or {})


def test_jobs_run_side_by_side_each_with_one_thread(tmp_path):
    # Each waits for the other to have begun.
    codes = [
        f'pathlib.Path({str(tmp_path / own)!r}).touch()\n'
        f'while not pathlib.Path({str(tmp_path / other)!r}).exists(): time.sleep(0.01)'
        for own, other in ('ab', 'ba')
    ]
    jobs = [job(tmp_path, name, code) for name, code in zip(('one', 'two'), codes)]
    told = []
    assert run_jobs(jobs, 2, lambda each, seconds: told.append((each.name, seconds))) == []
    assert sorted(name for name, _ in told) == ['one', 'two']
    assert all(0 < seconds < 60 for _, seconds in told)
    assert [each.result.read_text() for each in jobs] == ['1', '1']


def test_what_is_done_is_not_done_again(tmp_path):
    jobs = [job(tmp_path, 'one')]
    run_jobs(jobs, 1)
    jobs[0].result.write_text('mine')
    run_jobs(jobs, 1, tell=lambda *_: pytest.fail('it was done'))
    assert jobs[0].result.read_text() == 'mine'


def test_after_a_failure_those_that_run_are_finished_and_no_other_begins(tmp_path):
    failing = job(tmp_path, 'failing', 'print("log"); sys.exit("error: no memory")')
    jobs = [job(tmp_path, 'slow', 'time.sleep(1)'), failing, job(tmp_path, 'never')]
    with pytest.raises(RuntimeError, match=r'^failing: no memory \(all .*failing/output.txt; '):
        run_jobs(jobs, 2)
    assert [each.result.exists() for each in jobs] == [True, False, False]


@pytest.mark.parametrize(
    'code, message',
    [('sys.exit(3)', 'a command ended with status 3'), ('os.kill(os.getpid(), 9)', 'SIGKILL')],
)
def test_a_command_that_says_nothing_is_reported_by_its_end(tmp_path, code, message):
    with pytest.raises(RuntimeError, match=message):
        run_jobs([job(tmp_path, 'one', code)], 1)


def test_an_interruption_ends_the_commands_and_what_they_have_started(tmp_path):
    started, alive = tmp_path / 'started', tmp_path / 'alive'
    child = f'import pathlib, time; time.sleep(1.5); pathlib.Path({str(alive)!r}).touch()'
    code = (
        f'import subprocess; subprocess.Popen([sys.executable, "-c", {child!r}]); '
        f'pathlib.Path({str(started)!r}).touch(); time.sleep(60)'
    )
    quick = job(tmp_path, 'quick', f'while not os.path.exists({str(started)!r}): time.sleep(0.01)')

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_jobs([job(tmp_path, 'long', code), quick], 2, tell=interrupt)
    assert time.monotonic() - begin < 30
    time.sleep(2)
    assert not alive.exists()


def test_two_do_not_do_the_same(tmp_path):
    jobs = [job(tmp_path, 'one'), job(tmp_path, 'two')]
    with hold(jobs[0].folder / 'lock') as is_held:
        assert is_held
        assert run_jobs(jobs, 1) == [jobs[0]]
    assert [each.result.exists() for each in jobs] == [False, True]
    assert run_jobs(jobs, 1) == []
    assert jobs[0].result.exists()


def test_the_lock_that_a_killed_process_left_is_taken_over(tmp_path):
    lock = tmp_path / 'lock'
    lock.write_text('999999999\n')
    with hold(lock) as is_held, hold(lock) as again:
        assert is_held and not again
        assert lock.read_text().strip() == str(os.getpid())


def test_a_folder_that_was_begun_with_other_settings_is_refused(tmp_path):
    run_jobs([job(tmp_path, 'one', settings={'config': {'runner': {'max_epochs': 8}}})], 1)
    changed = job(tmp_path, 'one', settings={'config': {'runner': {'max_epochs': 9}}})
    message = 'one was begun with runner.max_epochs=8, now it is 9: give another --out'
    with pytest.raises(ValueError, match=message):
        run_jobs([changed], 1)
