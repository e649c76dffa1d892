"""Where the teachers are, and that the names agree with what the guides say of them."""

from pathlib import Path

import pytest

from mmdet3d.apis.teacher_zoo import BASE_URL, GUIDE, TEACHERS, base_url, download_teacher
from mmdet3d.utils.config import load_config


def test_unknown_teachers_are_answered_with_the_known(tmp_path):
    with pytest.raises(ValueError, match=r"'centerpoint'.*pointpillars, second, point_rcnn"):
        download_teacher('centerpoint', tmp_path)


def test_the_teachers_that_configs_name_can_be_fetched(repo_root):
    names = {path.name for path in TEACHERS.values()}
    files = sorted((repo_root / 'configs').glob('*/*_student_*.py'))
    named = [load_config(file).teacher.checkpoint for file in files]
    published = [path for path in named if Path(path).parent.name == 'pretrain']
    assert len(published) >= 8
    assert [path for path in published if Path(path).name not in names] == []


def test_the_table_of_teachers_has_each_with_its_hash(repo_root):
    rows = (repo_root / 'pretrain' / 'README.md').read_text().splitlines()
    for name, path in TEACHERS.items():
        (row,) = [row for row in rows if row.startswith(f'| `{name}` |')]
        assert f'{BASE_URL}/{path}' in row
        ending = path.stem.rpartition('-')[2]
        assert (f'`{ending}`' if len(ending) == 8 else 'not given') in row
    assert list(GUIDE) == ['pointpillars', 'second', 'point_rcnn', 'pointpillars_nus']


@pytest.mark.parametrize(
    'value, expected', [('http://mirror/a', 'http://mirror/a'), ('', BASE_URL)]
)
def test_the_environment_names_a_mirror(monkeypatch, value, expected):
    monkeypatch.setenv('POINTDISTILLER_TEACHERS_URL', value)
    assert base_url() == expected
