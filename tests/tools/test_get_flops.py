"""The table of a detector's arithmetic by the real tool."""

import subprocess
import sys

import pytest
from support import shrink
from support.tooling import call_here

TOOL = 'tools/analysis_tools/get_flops.py'
SECOND = 'configs/second/hv_second_secfpn_6x8_80e_kitti-3d-3class.py'
SMALL = shrink.as_arguments({**shrink.small_second_scene(), **shrink.second_widths(4)})


def test_the_tool_prints_a_table_from_any_folder(repo_root, kitti_sample, tmp_path):
    cloud = kitti_sample / 'training' / 'velodyne' / '000008.bin'
    command = [sys.executable, str(repo_root / TOOL), SECOND, '--cloud', str(cloud)]
    done = subprocess.run(
        [*command, '--cfg-options', *SMALL], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = [line.strip('| ').split(' | ') for line in done.stdout.splitlines() if '|' in line]
    assert [line[0] for line in lines[2:]] == [
        *('voxel layer', 'voxel encoder', 'middle encoder', 'backbone', 'neck', 'bbox head'),
        'total',
    ]
    assert float(lines[-1][2]) == pytest.approx(
        sum(float(line[2]) for line in lines[2:-1]), abs=4e-3
    )
    assert "The paper's count" in done.stdout


def test_arguments_of_mmdetection3d_stay_accepted(capsys):
    given = ['--shape', '2000', '4', '--modality', 'point', '--cfg-options', *SMALL]
    assert call_here(TOOL, SECOND, *given) == 0
    few = capsys.readouterr().out
    assert call_here(TOOL, SECOND, '--cfg-options', *SMALL) == 0
    assert 'total' in few and few != capsys.readouterr().out


@pytest.mark.parametrize(
    'arguments, message',
    [
        (['nothing.py'], 'config nothing.py does not exist'),
        ([SECOND, '--cloud', 'nothing.bin'], 'point cloud nothing.bin does not exist'),
        ([SECOND, '--cloud', 'a.bin', '--shape', '9'], '--shape is of the generated cloud'),
        ([SECOND, '--shape', '1', '2', '3'], 'expected POINTS, or POINTS COLUMNS'),
        ([SECOND, '--shape', '0'], "'0' is not a whole number of 1 or more"),
        ([SECOND, '--shape', '10', '5'], 'expected'),
        ([SECOND, '--modality', 'image'], 'detectors see points'),
    ],
)
def test_what_cannot_be_counted_is_one_line(capsys, arguments, message):
    assert call_here(TOOL, *arguments) in (1, 2)
    error = capsys.readouterr().err
    assert message in error and 'Traceback' not in error
