"""Numba work on several threads: every row once, errors passed on, forks survived."""

import threading

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from mmdet3d.on_cpu.threads import split_rows
from mmdet3d.ops import ball_query, furthest_point_sample, roi_point_pool, three_nn


@pytest.fixture
def set_threads():
    """Change torch's number of threads for one test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize('threads', [1, 2, 3])
@pytest.mark.parametrize('rows', [0, 1, 2, 3, 10])
def test_every_row_is_given_once_and_no_more_threads_than_rows(set_threads, threads, rows):
    set_threads(threads)
    parts = []
    split_rows(lambda start, stop, name: parts.append((start, stop, name)), rows, 'x')
    assert sorted(i for start, stop, _ in parts for i in range(start, stop)) == list(range(rows))
    assert len(parts) == max(1, min(threads, rows))
    assert {name for *_, name in parts} == {'x'}


def test_parts_run_at_the_same_time_and_their_threads_end(set_threads):
    set_threads(2)
    before = threading.active_count()
    meeting = threading.Barrier(2, timeout=20)
    split_rows(lambda start, stop: meeting.wait(), 2)
    assert threading.active_count() == before


def test_an_error_in_one_part_is_raised(set_threads):
    set_threads(2)

    def fail_on_the_second(start, stop):
        if start > 0:
            raise ValueError(f'bad row {start}')

    with pytest.raises(ValueError, match='bad row 2'):
        split_rows(fail_on_the_second, 4)


def run_all(points: torch.Tensor) -> list[torch.Tensor]:
    chosen = furthest_point_sample(points, 50)
    centres = points.gather(1, chosen[..., None].expand(-1, -1, 3))
    boxes = torch.cat([centres, centres.new_full((*centres.shape[:2], 4), 1.0)], dim=2)
    found = ball_query(0, 0.5, 8, points, centres)
    return [chosen, found, *three_nn(points, centres), *roi_point_pool(points, points, boxes, 9)]


def random_clouds() -> torch.Tensor:
    return torch.randn(3, 400, 3, generator=torch.Generator().manual_seed(0))


def test_operators_give_the_same_with_any_number_of_threads(set_threads):
    set_threads(1)
    expected = run_all(random_clouds())
    for threads in (2, 3):
        set_threads(threads)
        for have, want in zip(run_all(random_clouds()), expected):
            assert torch.equal(have, want)


class Clouds(Dataset):
    """Every item runs every operator, in whichever process it is asked for."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return run_all(random_clouds())


def test_operators_run_in_forked_workers_of_a_process_that_used_threads(set_threads):
    set_threads(2)
    expected = run_all(random_clouds())
    loader = DataLoader(Clouds(), None, num_workers=2, multiprocessing_context='fork', timeout=60)
    for item in loader:
        for have, want in zip(item, expected):
            assert torch.equal(have, want)
