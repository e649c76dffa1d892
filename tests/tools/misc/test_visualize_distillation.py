"""What is distilled, drawn by the real tool."""

import sys
from pathlib import Path

import pytest
from support import shrink
from support.run_folder import write_run
from support.tooling import call_here, run

TOOL = 'tools/misc/visualize_distillation.py'
POINT_PILLARS = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class'


@pytest.fixture(scope='module')
def command(kitti_data, repo_root, tmp_path_factory) -> list[str]:
    """The arguments that name a small student, its teacher and their data."""
    scene = shrink.small_scene()
    where = tmp_path_factory.mktemp('teacher')
    folder = write_run(where, f'{POINT_PILLARS}.py', {**scene, **shrink.widths(8)})
    teacher = folder / Path(f'{POINT_PILLARS}.py').name
    options = {**scene, **shrink.widths(4), 'model.train_cfg.kd_cfg.num_voxels': 50}
    return [
        *(str(repo_root / f'{POINT_PILLARS}_student_4x.py'), '--data-root', str(kitti_data)),
        *('--teacher-config', str(teacher), '--teacher-checkpoint', str(folder / 'latest.pth')),
        *('--cfg-options', *shrink.as_arguments(options)),
    ]


def test_frames_are_drawn_from_any_folder_and_figures_printed(command, repo_root, tmp_path):
    where = ['--out', 'out', '--frame', '000008', '000134']
    printed = run(sys.executable, str(repo_root / TOOL), *command, *where, root=tmp_path)
    names = sorted(path.name for path in (tmp_path / 'out').iterdir())
    assert names == ['000008_voxel_weights.png', '000134_voxel_weights.png']
    assert all(f'out/{name}: 50 of ' in printed for name in names)
    assert 'init_cfg' not in printed  # nor how every parameter was initialised


@pytest.mark.parametrize(
    'options, said',
    [
        ('--out {here}/out --frame 000999', 'there is no frame 000999'),
        ('--out {here}/out --before none.pth', 'give both'),
        ('--out {here}/out --checkpoint none.pth', 'none.pth'),
        ('--out {here}/out --teacher-checkpoint none.pth', 'none.pth does not exist'),
        ('', 'the following arguments are required: --out'),
    ],
)
def test_mistakes_end_in_one_line(command, tmp_path, capfd, options, said):
    status = call_here(TOOL, *command, *options.format(here=tmp_path).split())
    *_, line = capfd.readouterr().err.splitlines()
    assert status in (1, 2) and line.startswith('error: ') and said in line
    assert not (tmp_path / 'out').exists()
