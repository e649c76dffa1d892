"""mmdetection3d is given the work of the rows, and its times stand beside theirs."""

import sys

import pytest

from benchmarks import performance_table
from benchmarks.rows import reference
from benchmarks.rows.row import Row

INTERPRETER = f"""#!{sys.executable}
import ast, json, sys
import torch
import mmcv_patched  # before mmcv, which lacks its operators here
from mmcv import Config

assert sys.argv[1].endswith('reference_rows.py')
given = torch.load(sys.argv[2], weights_only=True)
assert given['points'].shape[1] == given['cloud'].shape[1] == 4
assert [len(each) for each in given['batch'].values()] == [2, 2, 2]
for name, task in given['tasks'].items():
    if 'config' in task:
        cfg = Config(ast.literal_eval(task['config']))
        assert cfg.model.type == 'VoxelNet' and 'kd_cfg' not in cfg.model.train_cfg
        assert cfg.optimizer.type == 'AdamW'
    else:
        assert len(task['settings']) == 4
print(json.dumps({{name: 7.0 for name in given['tasks']}}))
"""


@pytest.fixture
def interpreter(tmp_path):
    path = tmp_path / 'python'
    path.write_text(INTERPRETER)
    path.chmod(0o755)
    return str(path)


def test_the_reference_gets_plain_tensors_and_configs_of_its_own(interpreter, kitti_data):
    found = reference.measure(interpreter, str(kitti_data), threads=1)
    assert set(found.values()) == {7.0}
    rows = [
        Row('training step, batch 2, PointPillars 4x, fp16=dict(...)', 3.0, 2.0),
        Row('inference, SECOND teacher, one thread, bf16', 3.0, 2.0),
        Row('KITTI evaluation', 3.0, 2.0),
    ]
    first, second, third = performance_table.beside(rows, found)
    assert first.reference == second.reference == 7.0
    assert third.reference is None
    assert performance_table.line(first).endswith('| 7.0 | 3.5 |')
    assert performance_table.line(third).endswith('|  |  |')
