"""The tools, with data, configs and results in folders of any name."""

import pickle
import shutil

from mmcv import Config
from support import shrink
from support.tooling import call_here, training_lines

CONFIG = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py'
# Every mark that a shell, a glob, Python, yapf or mmcv's templates might take for its own.
NAME = 'it\'s "a" [b] {c} (d) 100%s $HOME #&;*? täst\\x {{ fileDirname }} {{_base_.x}} é\n , = é'


def succeed(tool: str, *arguments: object) -> None:
    assert call_here(f'tools/{tool}.py', *arguments) in (0, None), tool


def test_every_tool_works_in_a_folder_of_any_name(kitti_sample, repo_root, tmp_path, monkeypatch):
    place = tmp_path / NAME
    data, run = place / 'data', place / 'run'
    shutil.copytree(kitti_sample, data)
    monkeypatch.chdir(repo_root)
    succeed('create_data', 'kitti', '--root-path', data, '--out-dir', data)
    config = place / 'the config.py'
    config.write_text(f"_base_ = '{repo_root / CONFIG}'\n")
    small = {**shrink.small_scene(), **shrink.widths(4), **shrink.ranges(CONFIG)}
    short = {**shrink.small_batches(), 'data.train.times': 1, 'runner.max_epochs': 1}
    short['log_config.interval'] = 1
    options = shrink.as_arguments({**small, **short})
    where = ['--data-root', data, '--cfg-options', *options]
    succeed('train', config, '--work-dir', run, '--seed', 0, '--no-validate', *where)
    assert training_lines(run)

    saved = Config.fromfile(run / 'the config.py')
    assert saved.work_dir == str(run)
    assert saved.data.test.data_root == f'{data}/'
    checkpoint = run / 'latest.pth'
    succeed('train', run / 'the config.py', '--resume-from', checkpoint, '--no-validate',
            '--work-dir', run, '--cfg-options', 'runner.max_epochs=2')  # fmt: skip
    assert (run / 'epoch_2.pth').exists()
    succeed('test', run / 'the config.py', checkpoint, '--eval', 'mAP', '--out', place / 'out.pkl',
            '--figures', place / 'figures.json', '--show-dir', place / 'pictures')  # fmt: skip
    assert len(pickle.loads((place / 'out.pkl').read_bytes())) > 0
    assert list((place / 'pictures').iterdir())
    succeed('compare_runs', f'run={run}', '--out', place / 'comparison')
    assert (place / 'comparison' / 'table.md').exists()
    succeed(
        'misc/browse_dataset', run / 'the config.py', '--output-dir', place / 'seen', '--number', 1
    )
    succeed('label_with_teacher', run / 'the config.py', checkpoint, '--out',
            place / 'labels.pkl', '--score-thr', '0.001', '--ignore-thr', '0.0005')  # fmt: skip
    assert (place / 'labels.pkl').exists()
