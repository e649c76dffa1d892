"""What a campaign's results look like: tables, JSON and picture."""

import json
from pathlib import Path

import pytest
from PIL import Image

from mmdet3d.report.gain.report import write_report
from mmdet3d.report.gain.results import Results, read_figures

TITLES = ('BEV', '3D')


def results(**runs: dict[int, tuple[float, float]]) -> Results:
    by_title = {
        arm: {seed: dict(zip(TITLES, figures)) for seed, figures in found.items()}
        for arm, found in runs.items()
    }
    return Results('mine', 'plain', by_title, dict(zip(TITLES, (50.0, 40.0))))


def row(text: str, *cells: str) -> list[str]:
    """The cells of the only row that begins with some."""
    rows = [line.strip('| ').split(' | ') for line in text.splitlines()]
    (found,) = [each for each in rows if each[: len(cells)] == list(cells)]
    return found[len(cells) :]


def test_a_report_has_means_gains_and_every_run(tmp_path):
    found = results(
        plain={0: (30.0, 10.0), 1: (32.0, 10.0)},
        kd={0: (31.0, 9.0), 1: (35.0, 11.0), 2: (90.0, 90.0)},
    )
    tables = write_report(found, tmp_path)
    report = (tmp_path / 'gain.md').read_text()
    assert tables in report and report.startswith('# mine\n')
    assert row(tables, 'teacher') == ['1', '50.00', '40.00']
    assert row(tables, 'plain') == ['2', '31.00 ± 1.41', '10.00 ± 0.00']
    # The third seed, which plain lacks, is in the means alone.
    interval = '-10.71 to +14.71'
    assert row(tables, 'kd', 'BEV') == ['2', '+2.00', '1.41', interval, '2.00', '0.3', '2 of 2']
    assert row(tables, 'kd', '3D')[:3] + row(tables, 'kd', '3D')[-1:] == [
        *('2', '+0.00', '1.41', '1 of 2')
    ]
    assert row(report, 'kd', '2') == ['90.00', '90.00']
    content = json.loads((tmp_path / 'gain.json').read_text())
    assert content['gains']['kd']['BEV']['differences'] == {'0': 1.0, '1': 3.0}
    assert content['arms']['plain']['BEV'] == {'mean': 31.0, 'std': pytest.approx(2**0.5)}
    assert content['runs']['kd']['2'] == {'BEV': 90.0, '3D': 90.0}
    assert min(Image.open(tmp_path / 'gain.png').size) > 100


def test_a_single_pair_is_reported_without_spread(tmp_path):
    tables = write_report(results(plain={0: (30.0, 10.0)}, kd={0: (31.0, 9.0)}), tmp_path)
    assert row(tables, 'kd', 'BEV') == ['1', '+1.00', '-', '-', '-', '-', '1 of 1']
    assert json.loads((tmp_path / 'gain.json').read_text())['gains']['kd']['BEV']['t'] is None


@pytest.mark.parametrize('runs', [{}, {'kd': {0: (1.0, 1.0)}}, {'plain': {0: (1.0, 1.0)}}])
def test_without_pairs_there_are_no_gains(tmp_path, runs):
    tables = write_report(results(**runs), tmp_path)
    assert 'gain' not in tables and row(tables, 'teacher')
    assert not (tmp_path / 'gain.png').exists()


def test_figures_that_are_not_numbers_are_null_for_other_programs(tmp_path):
    write_report(results(plain={0: (float('nan'), 1.0)}), tmp_path)
    assert json.loads((tmp_path / 'gain.json').read_text())['runs']['plain']['0']['BEV'] is None


@pytest.mark.parametrize('text', ['{"a": 1', '[1]', '{"a": "x"}'])
def test_a_broken_file_of_figures_is_named(tmp_path, text):
    path = Path(tmp_path / 'figures.json')
    path.write_text(text)
    with pytest.raises(ValueError, match=r'figures.json holds no figures of tools/test.py'):
        read_figures(path)
