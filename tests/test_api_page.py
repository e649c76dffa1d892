"""The examples of the page on the API run, in its order, as they stand there."""

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAMES = {'config.py': 'detector.py', 'weights.pth': 'detector.pth', 'model.onnx': 'detector.onnx'}


def test_every_example_of_the_page_runs(deployed, kitti_sample, tmp_path, monkeypatch, capsys):
    for name, on_page in NAMES.items():
        shutil.copy(deployed / name, tmp_path / on_page)
    shutil.copy(kitti_sample / 'training/velodyne/000008.bin', tmp_path / 'cloud.bin')
    monkeypatch.chdir(tmp_path)
    page = (ROOT / 'docs' / 'api.md').read_text(encoding='utf-8')
    blocks = re.findall(r'```python\n(.*?)```', page, re.DOTALL)
    assert len(blocks) >= 8
    names = {}
    for block in blocks:
        exec(compile(block, 'docs/api.md', 'exec'), names)
    printed = capsys.readouterr().out
    assert "('Pedestrian', 'Cyclist', 'Car')" in printed
    assert '5 columns; expected (N, 4)' in printed
    assert len(names['boxes']) == len(names['scores']) == len(names['labels']) > 0
