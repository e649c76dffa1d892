import os
import runpy
import subprocess
import sys

import pytest


@pytest.fixture
def create_data(repo_root, monkeypatch):
    def run(*arguments):
        monkeypatch.setattr(sys, 'argv', ['create_data.py', *map(str, arguments)])
        runpy.run_path(str(repo_root / 'tools/create_data.py'), run_name='__main__')

    return run


def test_converts_the_sample_in_two_processes_and_shows_it(repo_root, kitti_sample, tmp_path):
    folders = ['--root-path', kitti_sample, '--out-dir', tmp_path]
    done = subprocess.run(
        [sys.executable, 'tools/create_data.py', 'kitti', *folders, '--workers', '2'],
        cwd=repo_root,
        env={**os.environ, 'PYTHONPATH': str(repo_root)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert 'train 6, val 3, test 3, trainval 6' in done.stdout
    names = {'kitti_gt_database', 'kitti_dbinfos_train.pkl', 'training', 'testing'}
    names |= {f'kitti_infos_{split}.pkl' for split in ('train', 'val', 'trainval', 'test')}
    assert {path.name for path in tmp_path.iterdir()} == names


def test_wrong_folder_is_named_in_one_line(create_data, tmp_path):
    with pytest.raises(SystemExit) as exit_with:
        create_data('kitti', '--root-path', tmp_path)
    message = exit_with.value.code
    assert message.startswith(f'error: {tmp_path / "ImageSets/train.txt"}: the list of frames')
    assert '\n' not in message


@pytest.mark.parametrize(
    ('file', 'content', 'message'),
    [
        ('ImageSets/train.txt', b'', 'ImageSets/train.txt lists no frame'),
        ('ImageSets/train.txt', '000000'.encode('utf-16'), 'train.txt: a list of frames is'),
        ('ImageSets/val.txt', b'../000000', "val.txt, line 1: '../000000' is no frame id"),
        ('training/label_2/000000.txt', 'Fußgänger'.encode('latin-1'), 'text in a one-byte'),
        ('training/calib/000000.txt', b'R0_rect: 0 0 0 0 0 0 0 0 0', 'no P2, Tr_velo_to_cam'),
    ],
)
def test_a_malformed_file_ends_in_one_line(
    create_data, kitti_sample, tmp_path, file, content, message
):
    root = tmp_path / 'raw'
    for path in kitti_sample.rglob('*'):
        if path.is_file() and (path.suffix == '.txt' or path.stem == '000000'):
            (root / path.relative_to(kitti_sample)).parent.mkdir(parents=True, exist_ok=True)
            (root / path.relative_to(kitti_sample)).symlink_to(path)
    (root / file).unlink()
    (root / file).write_bytes(content)
    with pytest.raises(SystemExit) as exit_with:
        create_data('kitti', '--root-path', root, '--out-dir', tmp_path / 'out', '--workers', 1)
    line = exit_with.value.code
    assert line.startswith('error: ') and message in line and '\n' not in line
    assert not list(tmp_path.rglob('*.pkl'))


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['kitty'], "invalid choice: 'kitty' (choose from"),
        (['kitti', '--workers', '0'], "'0' is not a whole number of 1 or more"),
        (['nuscenes', '--max-sweeps', '-1'], "'-1' is not a whole number of 0 or more"),
        (['nuscenes', '--max-sweeps', 'x'], "'x' is not a whole number of 0 or more"),
        (['nuscenes', '--version', 'mini'], "invalid choice: 'mini' (choose from 'v1.0-trainval'"),
        ([], 'the following arguments are required: dataset'),
    ],
)
def test_wrong_arguments_are_refused(create_data, capsys, arguments, message):
    with pytest.raises(SystemExit) as exit_with:
        create_data(*arguments)
    assert exit_with.value.code == 2
    assert message in capsys.readouterr().err


def test_nuscenes_is_converted_beside_its_tables_by_default(
    nuscenes_root, tmp_path, create_data, capsys
):
    for path in nuscenes_root.iterdir():
        (tmp_path / path.name).symlink_to(path)
    create_data('nuscenes', '--root-path', tmp_path, '--version', 'v1.0-mini', '--max-sweeps', 2)
    printed = capsys.readouterr()
    assert 'train 3, val 3' in printed.out and '6/6' in printed.err
    names = {f'nuscenes_infos_{split}.pkl' for split in ('train', 'val')}
    assert {path.name for path in tmp_path.glob('*.pkl')} == names


def test_nuscenes_errors_are_one_line(nuscenes_root, tmp_path, create_data):
    with pytest.raises(SystemExit) as exit_with:
        create_data('nuscenes', '--root-path', nuscenes_root, '--out-dir', tmp_path)
    message = exit_with.value.code
    assert message.startswith(f'error: {nuscenes_root} has no folder v1.0-trainval')
    assert '\n' not in message
