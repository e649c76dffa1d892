"""The table of exported detectors, from nothing, by the real command."""

import json

from support.tooling import call_here

TOOL = 'benchmarks/deployment_table.py'


def test_one_command_makes_the_table_and_does_nothing_twice(tmp_path, capsys):
    options = ['--out', tmp_path, '--networks', '16x', '--train', 2, '--val', 2, '--frames', 2]
    assert call_here(TOOL, *options) == 0
    first = capsys.readouterr().out
    assert first.count('measuring 16x_') == 2 and '16x: ' in first and 'data: ' in first
    head, _, full, small = (tmp_path / 'deployment.md').read_text().splitlines()
    assert 'mean of four APs | latency (ms of one core) | size (MB)' in head
    assert full.startswith('| 16x | fp32 | ') and small.startswith('| 16x | int8 | ')
    measured = json.loads((tmp_path / 'models' / '16x_int8.json').read_text())
    assert measured['frames'] == 2
    assert measured['megabytes'] < 0.2 and measured['milliseconds'] > 0
    assert call_here(TOOL, *options) == 0
    again = capsys.readouterr().out
    assert 'measuring' not in again and '16x: ' not in again and full in again


def test_weights_of_a_network_that_there_is_not_are_named(tmp_path, capfd):
    assert call_here(TOOL, '--out', tmp_path, '--checkpoints', '8x=some.pth') == 1
    assert "there is no network ['8x']" in capfd.readouterr().err
