import runpy
import sys

import pytest

TOOL = 'tools/create_synthetic_nuscenes.py'


@pytest.fixture
def create(repo_root, monkeypatch):
    def run(*arguments):
        monkeypatch.setattr(sys, 'argv', [TOOL, *map(str, arguments)])
        runpy.run_path(str(repo_root / TOOL), run_name='__main__')

    return run


def test_it_writes_tables_and_clouds_and_says_how_to_go_on(create, tmp_path, capsys):
    small = ('--train', 1, '--val', 1, '--samples', 2, '--steps', 100, '--workers', 1)
    create('--out', tmp_path, *small)
    printed = capsys.readouterr()
    assert f'22 clouds written to {tmp_path}' in printed.out
    assert 'tools/create_data.py nuscenes --root-path' in printed.out
    assert '4/4' in printed.err
    assert len(list((tmp_path / 'v1.0-mini').glob('*.json'))) == 13
    create('--out', tmp_path, *small)
    assert f'0 clouds written to {tmp_path}' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--train', '9'], 'train is 9, expected a whole number from 1 to 8'),
        (['--steps', '5'], 'steps is 5, expected a whole number of 100 or more'),
        ([], 'is not empty and has no synthetic.json'),
    ],
)
def test_errors_are_one_line(create, tmp_path, arguments, message):
    (tmp_path / 'foreign').write_text('')
    with pytest.raises(SystemExit) as exit_with:
        create('--out', tmp_path, *arguments)
    assert exit_with.value.code.startswith('error: ')
    assert message in exit_with.value.code
    assert '\n' not in exit_with.value.code
