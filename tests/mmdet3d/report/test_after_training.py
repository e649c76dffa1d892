"""What a run's folder holds after a training."""

import json
import warnings

import pytest
from PIL import Image
from support import shrink
from support.pictures import pixels_of
from support.run_folder import write_run

from mmdet3d.report import report_training
from mmdet3d.utils.config import load_config

PILLARS = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py'
FIGURES = ('curves.png', 'results.md', 'results.png')


@pytest.fixture
def run(kitti_data, tmp_path):
    """The config of a run of two evaluations."""
    settings = {**shrink.small_scene(), **shrink.widths(4), **shrink.data(str(kitti_data))}
    folder = write_run(tmp_path / 'run', PILLARS, settings, data_root=kitti_data)
    names = ('Pedestrian', 'Cyclist', 'Car')
    lines = [
        {
            'mode': 'val', 'epoch': epoch, 'iter': 6,
            **{f'KITTI/{name}_{view}_AP40_moderate_strict': 10.0 * epoch + i
               for i, name in enumerate(names) for view in ('BEV', '3D')},
        }
        for epoch in (1, 2)
    ]  # fmt: skip
    log = folder / '1.log.json'
    log.write_text('\n'.join([log.read_text(), *map(json.dumps, lines)]))
    cfg = load_config(folder / PILLARS.split('/')[-1])
    cfg.work_dir = str(folder)
    return cfg, folder


def test_curves_scenes_and_the_table_of_the_log_are_written(run):
    cfg, folder = run
    report_training(cfg)
    head, _, *rows = (folder / 'results.md').read_text().splitlines()[4:]
    assert head.startswith('| epoch | Pedestrian BEV | Cyclist BEV | Car BEV | Pedestrian 3D |')
    cells = [row.strip('| ').split(' | ') for row in rows]
    assert cells[0][:4] == ['1', '10.0', '11.0', '12.0'] and cells[1][-1] == '21.0'
    assert min(Image.open(folder / 'curves.png').size) > 400
    assert pixels_of(folder / 'results.png', 'tab:green') > 100


def test_without_evaluations_there_are_curves_alone(run):
    cfg, folder = run
    report_training(cfg, validated=False)
    assert [name for name in FIGURES if (folder / name).exists()] == ['curves.png']


def test_a_failure_is_a_warning_that_names_the_folder(run):
    cfg, folder = run
    (folder / 'latest.pth').unlink()
    with pytest.warns(UserWarning, match=f'{folder} has no or only a part of .*latest.pth'):
        report_training(cfg)
    assert (folder / 'curves.png').exists() and (folder / 'results.md').exists()


def test_other_processes_write_nothing(run, monkeypatch):
    cfg, folder = run
    monkeypatch.setattr('mmdet3d.report.after_training.get_dist_info', lambda: (1, 2))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        report_training(cfg)
    assert not any((folder / name).exists() for name in FIGURES)
