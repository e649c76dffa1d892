"""README's first command, at a tenth of its size."""

import os
import subprocess
import sys

from PIL import Image


def test_quickstart_ends_with_a_table_and_two_pictures(repo_root, tmp_path):
    environment = {'VIRTUAL_ENV': sys.prefix, 'OUT': str(tmp_path), 'QUICKSTART_SCALE': '0.1'}
    done = subprocess.run(
        ['bash', 'tools/quickstart.sh'],
        cwd=repo_root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    table = [line for line in done.stdout.splitlines() if line.startswith('| ')]
    assert [row.split('|')[1].strip() for row in table] == [
        *('model', '---', 'teacher', 'student', 'student with KD')
    ]
    for name in ('scene.png', 'learning_curves.png'):
        assert min(Image.open(tmp_path / 'comparison' / name).size) > 200
    assert 'loss_kd' in max((tmp_path / 'student_kd').glob('*.log.json')).read_text()
    assert 'loss_kd' not in max((tmp_path / 'student').glob('*.log.json')).read_text()
