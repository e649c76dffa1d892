"""What processes of a group hold after they trained and tested together; three of them, once."""

import os
import sys
from itertools import chain
from pathlib import Path

import pytest
import torch
from support import ranks
from support.processes import Processes

pytestmark = pytest.mark.skipif(
    not torch.distributed.is_available() or not Path('/proc/self/stat').exists(),
    reason='torch without distributed, or no /proc to find processes in',
)


@pytest.fixture(scope='module')
def found(tmp_path_factory, repo_root) -> list[dict]:
    """What each of the three wrote."""
    folder = tmp_path_factory.mktemp('group')
    with Processes() as processes:
        started = [
            processes.start(
                sys.executable, ranks.__file__, str(folder), str(rank),
                cwd=repo_root, PYTHONPATH=f'{repo_root}{os.pathsep}{repo_root / "tests"}',
            )
            for rank in range(3)
        ]  # fmt: skip
        said = [each.communicate(timeout=300)[0][-3000:] for each in started]
    assert [each.returncode for each in started] == [0, 0, 0], '\n'.join(said)
    return [torch.load(folder / f'{rank}.pt', weights_only=True) for rank in range(3)]


@pytest.mark.parametrize('processes', [1, 2, 3])
def test_each_frame_is_tested_once_as_by_one_process(found, processes):
    results = found[0][f'evaluation{processes}']
    alone = found[0]['evaluation1']
    assert {name: len(each) for name, each in results.items()} == {
        f'{frames} by {at_a_time}': frames for frames in (1, 3, 5) for at_a_time in (1, 2)
    }
    for name, expected in alone.items():
        for (boxes, scores), (own_boxes, own_scores) in zip(results[name], expected):
            assert len(boxes) > 0
            # Batches of two are other ones in a group, and rounded otherwise.
            off = 1e-4 if name.endswith('2') else 0
            assert torch.allclose(boxes, own_boxes, rtol=0, atol=off)
            assert torch.allclose(scores, own_scores, rtol=0, atol=off)
    # Frames differ, so that their order shows.
    first_boxes = [boxes[0] for boxes, _ in alone['5 by 1']]
    assert len({tuple(box.tolist()) for box in first_boxes}) == 5


def test_only_the_first_process_has_the_results(found):
    assert found[1]['evaluation2'] == found[2]['evaluation3'] == {}


@pytest.mark.parametrize('detector', ranks.DETECTORS)
@pytest.mark.parametrize('settings', ranks.SETTINGS)
def test_weights_stay_equal_where_one_process_lacks_points_or_objects(found, detector, settings):
    first, second = (each['weights'][f'{detector}, {settings}'] for each in found[:2])
    assert torch.equal(first, second)
    assert first.isfinite().all()
    before = torch.cat([each.flatten() for each in ranks.build(detector).parameters()])
    assert not torch.equal(first[: len(before)], before)


@pytest.mark.parametrize('detector', ['VoxelNet', 'MVXFasterRCNN'])
@pytest.mark.parametrize('every', [1, 2])
def test_a_step_of_two_processes_is_that_of_one_on_the_whole_batch(found, detector, every):
    name = f'{detector}, {every}'
    first, second = (each['gradients'][name] for each in found[:2])
    assert torch.equal(first, second)
    before, alone = found[2]['gradients alone'][name]
    step = alone - before
    assert (step != 0).float().mean() > 0.5
    assert torch.allclose(first - before, step, rtol=1e-3, atol=1e-3 * step.abs().max().item())


@pytest.mark.parametrize('workers', [0, 2])
def test_every_process_and_worker_draws_its_own_numbers_repeatably(found, workers):
    runs = [each['draws'][f'{workers} workers'] for each in found[:2]]
    for once, again in runs:
        assert once == again
    # Two passes over 16 samples, dealt out to two processes; three generators.
    numbers = list(chain.from_iterable(chain.from_iterable(once for once, _ in runs)))
    assert len(numbers) == len(set(numbers)) == 2 * 16 * 3


def test_the_statistics_that_are_saved_are_those_of_the_first_process(found):
    own = [each['statisticsFalse']['own'] for each in found[:2]]
    saved = found[0]['statisticsFalse']['saved']
    assert all(torch.equal(saved[name], own[0][name]) for name in saved)
    assert any(not torch.equal(own[0][name], own[1][name]) for name in saved)


def test_or_the_mean_of_all_of_them_where_they_are_synchronised(found):
    parts = [each['statisticsFalse']['own'] for each in found[:2]]
    own = [each['statisticsTrue']['own'] for each in found[:2]]
    saved = found[0]['statisticsTrue']['saved']
    for name, value in saved.items():
        assert torch.allclose(value, (parts[0][name] + parts[1][name]) / 2, atol=1e-6)
        assert torch.equal(value, own[0][name]) and torch.equal(value, own[1][name])


def test_the_others_wait_for_the_first_beyond_the_timeout(found):
    assert all(3.4 < each['waited'] < 10 for each in found[:2])


def test_processes_of_tests_end_with_them():
    with Processes() as processes:
        child = 'import subprocess, sys; subprocess.run(["sleep", "1000"])'
        started = processes.start(sys.executable, '-c', child)
        while not (below := processes.descendants(started.pid)):
            assert started.poll() is None
    assert started.returncode is not None
    processes.await_end_of(below, seconds=10)
