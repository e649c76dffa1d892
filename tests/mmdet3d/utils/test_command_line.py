"""How a tool ends."""

import logging
import multiprocessing
import sys
import warnings

import pytest

from mmcv_patched.messages import join_messages, messages_to_join, print_error
from mmdet3d.utils.command_line import run_tool


@pytest.fixture(autouse=True)
def no_log(monkeypatch):
    """No run of another test has left its log open."""
    monkeypatch.setattr(logging.getLogger('mmdet'), 'handlers', [])


def fail(error: BaseException) -> None:
    raise error


def status_of(error: BaseException, hint: str = '') -> object:
    with pytest.raises(SystemExit) as ended:
        run_tool(lambda: fail(error), hint)
    return ended.value.code


def test_a_tool_that_ends_well_has_nothing_to_say(capfd):
    run_tool(lambda: print('done'))
    assert capfd.readouterr() == ('done\n', '')


def test_a_mistake_is_the_line_that_python_exits_with():
    assert status_of(ValueError('x is 1,\nexpected 2')) == 'error: x is 1, expected 2'


def test_a_fault_says_how_to_see_where():
    assert status_of(IndexError('list index')) == (
        'error: IndexError: list index; --traceback shows where'
    )


def test_the_traceback_is_shown_if_asked_for(monkeypatch, capfd):
    monkeypatch.setattr(sys, 'argv', ['train.py', '--traceback'])
    assert status_of(IndexError('list index')) == 'error: IndexError: list index'
    assert 'in fail\n    raise error\nIndexError: list index' in capfd.readouterr().err


def test_the_traceback_is_in_the_log_of_a_run_that_has_begun(tmp_path):
    handler = logging.FileHandler(tmp_path / 'run.log')
    logger = logging.getLogger('mmdet')
    logger.addHandler(handler)
    try:
        line = status_of(ValueError('x is 1'))
    finally:
        logger.removeHandler(handler)
        handler.close()
    assert line == f'error: x is 1 (traceback in {tmp_path}/run.log)'
    assert 'in fail\n    raise error\nValueError: x is 1' in (tmp_path / 'run.log').read_text()


def test_an_interruption_says_what_can_be_done(capfd):
    assert status_of(KeyboardInterrupt(), 'the same command continues') == 130
    assert capfd.readouterr().err == 'interrupted: the same command continues\n'


def test_other_exits_are_left_alone():
    assert status_of(SystemExit(7)) == 7


def warn_in_a_worker(folder: str | None) -> None:
    join_messages(folder)
    warnings.warn('of the worker', stacklevel=1)
    warnings.warn('of\nboth', stacklevel=1)


def test_each_warning_is_one_line_once_among_all_processes(capfd):
    def main() -> None:
        for _ in range(2):
            warnings.warn('of\nboth', stacklevel=1)
            warnings.warn('unseen', DeprecationWarning, stacklevel=1)
        for method in ('fork', 'spawn'):
            context = multiprocessing.get_context(method)
            worker = context.Process(target=warn_in_a_worker, args=(messages_to_join(),))
            worker.start()
            worker.join()
            assert worker.exitcode == 0

    with warnings.catch_warnings():
        warnings.simplefilter('ignore', DeprecationWarning)
        run_tool(main)
    assert capfd.readouterr().err == 'warning: of both\nwarning: of the worker\n'


def test_the_first_error_of_a_run_is_the_one_that_is_shown(capfd):
    def main() -> None:
        print_error('the cause')
        raise ValueError('what follows from it')

    with pytest.raises(SystemExit) as ended:
        run_tool(main)
    assert ended.value.code == 1
    assert capfd.readouterr().err == 'error: the cause\n'
