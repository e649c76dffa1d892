"""What is said while a campaign runs."""

import pytest

from mmdet3d.report.gain.progress import Progress, duration


def test_each_training_is_told_with_its_figures_and_what_is_left():
    told = []
    progress = Progress(total=8, done=2, processes=2, tell=told.append)
    progress.add('plain, seed 1', {'BEV': 31.234, '3D': 5.0}, 300)
    progress.add('kd, seed 1', {'BEV': 32.0, '3D': 5.5}, 500)
    assert told[0][9:] == (
        'plain, seed 1 (5 min): BEV 31.23, 3D 5.00; 3 of 8 done, about 12 min left'
    )
    # Four more of 400 s on average, two at a time.
    assert told[1].endswith('4 of 8 done, about 13 min left')


def test_after_the_last_one_nothing_is_left():
    told = []
    Progress(total=1, done=0, processes=1, tell=told.append).add('plain, seed 0', {'BEV': 1.0}, 3)
    assert told[0].endswith('1 of 1 done')


@pytest.mark.parametrize(
    'seconds, words', [(59.6, '60 s'), (125, '2 min'), (7140, '119 min'), (7500, '2 h 05 min')]
)
def test_times_are_told_in_words(seconds, words):
    assert duration(seconds) == words
