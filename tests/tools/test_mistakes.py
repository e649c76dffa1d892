"""Common mistakes end in one line that names what was given and what to do."""

import pickle
from pathlib import Path

import pytest
import torch
from support import shrink
from support.run_folder import write_run
from support.tooling import call_here

POINT_PILLARS = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class'
CONFIG, STUDENT = f'{POINT_PILLARS}.py', f'{POINT_PILLARS}_student_4x.py'
SMALL = shrink.as_arguments({**shrink.small_scene(), **shrink.widths(8)})
ENTRIES = {
    'broken.py': "model = dict(type='VoxelNet',\n\n  backbone=dict(type=]\n",
    'imports.py': f"import lidar_tricks\n_base_ = '{{root}}/{CONFIG}'\n",
    'orphan.py': "_base_ = '../_base_/models/nothing.py'\n",
    'fails.py': f"_base_ = '{{root}}/{CONFIG}'\nwidth = 64 / 0\n",
    'later.py': "default_scope = 'mmdet3d'\ntrain_dataloader = dict(batch_size=6)\n",
    'later_base.py': "_base_ = 'later.py'\n",
    'empty.py': 'x = 1\n',
    'notes.txt': 'no config\n',
}


@pytest.fixture(scope='module')
def place(kitti_data, repo_root, tmp_path_factory) -> dict[str, Path]:
    """What the mistakes are made with, by the names that stand for it in the table."""
    here = tmp_path_factory.mktemp('mistakes')
    for name, text in ENTRIES.items():
        (here / name).write_text(text.format(root=repo_root))
    (here / 'empty').mkdir()
    (here / 'full').mkdir()
    (here / 'full' / 'file').touch()
    options = {**shrink.small_scene(), **shrink.widths(8)}
    run = write_run(here / 'run', CONFIG, options)
    weights = (run / 'latest.pth').read_bytes()
    (here / 'cut.pth').write_bytes(weights[: len(weights) // 2])
    torch.save({'optimizer': {}}, here / 'other.pth')
    (here / 'infos').mkdir()
    (here / 'infos' / 'kitti_infos_val.pkl').write_bytes(pickle.dumps({'a': 1}))
    return {'here': here, 'data': kitti_data, 'root': repo_root}


# The tool, its arguments after the first, and what its line says.
TRAIN = [
    ('', 'arguments are required: config'),
    ('none.py', 'config none.py does not exist'),
    ('configs', 'config configs is a folder: give a file in it'),
    ('{here}/run/latest.pth', 'is no config, but weights or data'),
    ('{here}/notes.txt', 'its name would end in one of .py'),
    ('{here}/broken.py', 'broken.py, line 3: SyntaxError: '),
    ('{here}/imports.py', "line 1: ModuleNotFoundError: No module named 'lidar_tricks': install"),
    ('{here}/orphan.py', 'names it in _base_, but it does not exist'),
    ('{here}/fails.py', 'fails.py, line 2: ZeroDivisionError: division by zero'),
    ('{here}/later.py', 'default_scope is of mmdetection3d v1.1 or later'),
    ('{here}/later_base.py', 'default_scope is of mmdetection3d v1.1 or later'),
    ('{here}/empty.py', 'says nothing of data, model, optimizer, runner'),
    (f'{CONFIG} --data-root nowhere', 'nowhere is no folder'),
    (f'{CONFIG} --infos nowhere', 'give --data-root too'),
    (f'{CONFIG} --data-root {{here}}/empty', 'kitti_infos_train.pkl'),
    (f'{CONFIG} --use-kd', 'distillation needs a teacher'),
    (f'{CONFIG} --teacher-checkpoint t.pth', 'need --use-kd'),
    (f'{STUDENT} --use-kd --teacher-checkpoint t.pth', 'teacher checkpoint (see pretrain'),
    (f'{STUDENT} --use-kd --teacher-checkpoint pavi://t.pth', 'pavi:// is not supported; give'),
    (
        f'{STUDENT} --use-kd --teacher-checkpoint {{here}}/cut.pth',
        'cut.pth',
    ),
    (
        f'{STUDENT} --use-kd --teacher-checkpoint {{here}}/run/latest.pth',
        'another architecture',
    ),
    (
        f'{STUDENT} --use-kd --teacher-checkpoint {{here}}/run/latest.pth --teacher-config t.py',
        'config t.py does not exist',
    ),
    (
        f'{CONFIG} --data-root {{data}} --cfg-options data.train.dataset.pts_prefix=velodine',
        'training/velodine/',
    ),
    (
        f'{CONFIG} --data-root {{data}} --cfg-options data.val.split=validation',
        'validation/velodyne_reduced/',
    ),
    (
        f'{CONFIG} --data-root {{data}} --cfg-options seed=abc',
        "seed='abc': expected a whole number",
    ),
    (f'{CONFIG} --cfg-options model.bakbone.out_channels=8', 'did you mean backbone'),
    (f'{CONFIG} --cfg-options model.backbone.type=SECND', 'did you mean SECOND'),
    (f'{CONFIG} --cfg-options runner.max_epochs', 'runner.max_epochs\' has no "="'),
    (f'{CONFIG} --cfg-options a=[1,2', "'[1,2': brackets or quotes do not match"),
    (f'{CONFIG} --cfg-options runner.type=IterBasedRunner', 'runner.max_iters=...'),
    (f'{CONFIG} --cfg-options runner.type=EpochBasdRunner', 'EpochBasedRunner'),
    (f'{CONFIG} --cfg-options opencv_num_threads=x', "opencv_num_threads='x'"),
    (f'{CONFIG} --cfg-options mp_start_method=thread', "mp_start_method='thread'"),
    (f'{CONFIG} --cfg-options device=gpu', "device='gpu': allowed are 'cpu' and 'cuda'"),
    (f'{CONFIG} --work-dir {{here}}/notes.txt', 'notes.txt is a file, a folder is expected'),
    (f'{CONFIG} --work-dir {{here}}/notes.txt/run', 'notes.txt is a file, a folder is expected'),
    (f'{CONFIG} --seed one', "--seed: invalid int value: 'one'"),
    (f'{CONFIG} --work-dri x', 'there is no --work-dri: did you mean --work-dir?'),
    (f'{CONFIG} --work_dir x', 'there is no --work_dir: did you mean --work-dir?'),
    (f'{CONFIG} --use', 'there is no --use: did you mean --use-kd?'),
    (f'{CONFIG} second.py', 'unrecognized arguments: second.py'),
    (f'{CONFIG} --gpus 8', 'bash tools/dist_train.sh CONFIG GPUS'),
    (f'{CONFIG} --gpu-ids 0 1', 'CUDA_VISIBLE_DEVICES=1 python tools/train.py CONFIG'),
    (f'{CONFIG} --gpu-id 3', 'CUDA_VISIBLE_DEVICES=1 python tools/train.py CONFIG'),
    (f'{CONFIG} --device cpu', '--cfg-options device=cpu'),
    (f'{CONFIG} --launcher slurm', 'bash tools/dist_train.sh CONFIG GPUS'),
    (f'{CONFIG} --launcher pytorch', 'LOCAL_RANK is not set: start with tools/dist_train.sh'),
    (f'{CONFIG} --local_rank=0', 'run bash tools/dist_train.sh'),
]
TEST = [
    (f'{CONFIG} none.pth', 'say what to do with the detections'),
    (f'{{here}}/run/latest.pth {CONFIG} --eval mAP', 'the config comes first'),
    (f'{CONFIG} {CONFIG} --eval mAP', 'is no checkpoint: the config comes first'),
    (f'{CONFIG} none.pth --eval mAP --data-root {{data}}', 'checkpoint none.pth does not exist'),
    (f'{CONFIG} {{here}}/run/latest.pth --eval mAP --data-root {{data}}', 'another architecture'),
    (f'{CONFIG} {{here}}/cut.pth --eval mAP --data-root {{data}}', 'cannot be loaded'),
    (f'{CONFIG} {{here}}/other.pth --eval mAP --data-root {{data}}', 'other.pth'),
    (
        f'{CONFIG} openmmlab://second --eval mAP --data-root {{data}}',
        'openmmlab:// is not supported; look the model up in its zoo and give the path of a file',
    ),
    (f'{CONFIG} none.pth --out results.txt', 'results.txt'),
    (
        f'{CONFIG} none.pth --out {{here}}/notes.txt/a.pkl --data-root {{data}}',
        'a.pkl: folder {here}/notes.txt',
    ),
    (f'{CONFIG} none.pth --show-dir {{here}}/notes.txt --data-root {{data}}', '{here}/notes.txt'),
    (f'{CONFIG} none.pth --eval mAP --data-root {{here}}/empty', 'kitti_infos_val.pkl'),
    (f'{CONFIG} none.pth --eval mAP --data-root {{data}} --infos {{here}}/infos', 'infos'),
    (f'{CONFIG} none.pth --evall mAP', 'there is no --evall: did you mean --eval?'),
    (f'{CONFIG} none.pth --eval mAP --show', 'give --show-dir DIR'),
    (f'{CONFIG} none.pth --eval mAP --options a', "--options: 'a' has no"),
    (f'{CONFIG} none.pth --eval mAP --gpu-id 1', 'python tools/test.py CONFIG CHECKPOINT'),
    (f'{CONFIG} none.pth --eval mAP --launcher mpi', 'dist_test.sh CONFIG CHECKPOINT GPUS'),
]
OTHERS = [
    ('create_data.py', 'kitti --root-path {here}/empty', 'ImageSets/train.txt'),
    ('create_data.py', 'kitti --root-path nowhere', 'nowhere'),
    ('create_data.py', 'kitti --out-dir {here}/notes.txt', 'notes.txt is a file'),
    ('create_data.py', 'kitti --with-plane', '--with-plane is not supported'),
    ('create_data.py', 'waymo', "invalid choice: 'waymo'"),
    ('create_data.py', 'nuscenes --root-path {here}/empty', 'v1.0-trainval'),
    ('create_data.py', 'kitti --root x', 'did you mean --root-path?'),
    ('create_synthetic_kitti.py', '--out {here}/full', '{here}/full'),
    ('create_synthetic_kitti.py', '--oot x', 'there is no --oot: did you mean --out?'),
    ('create_synthetic_kitti.py', '--out {here}/new --train -1', '-1'),
    ('create_synthetic_kitti.py', '--out {here}/new --workers 0', 'workers is 0, expected'),
    ('create_synthetic_nuscenes.py', '--out {here}/full', '{here}/full'),
    ('create_synthetic_nuscenes.py', '--out {here}/new --val 9', '9'),
    ('misc/browse_dataset.py', CONFIG + ' --data-root {here}/empty', 'kitti_infos_val.pkl'),
    ('misc/browse_dataset.py', CONFIG + ' --online', '--output-dir holds the pictures'),
    ('misc/browse_dataset.py', CONFIG + ' --task seg', 'detection alone'),
    ('misc/browse_dataset.py', CONFIG + ' --output-dir {here}/notes.txt', 'notes.txt is a file'),
    ('misc/browse_dataset.py', CONFIG + ' --aug --pictures camera', 'from above alone'),
    ('misc/browse_dataset.py', CONFIG + ' --number 0', "'0' is not a whole number of 1 or more"),
    ('misc/browse_dataset.py', CONFIG + ' --split trainval', "invalid choice: 'trainval'"),
    ('compare_runs.py', '{here}/empty', 'expected NAME=WORK_DIR'),
    ('compare_runs.py', 'a={here}/empty', '{here}/empty'),
    ('compare_runs.py', 'a={here}/run a={here}/run', 'there is a run a already'),
    ('download_teachers.py', 'pointpilars', "'pointpilars': did you mean pointpillars"),
    ('download_teachers.py', 'second --only pointpilars', "no teacher 'pointpilars'"),
    ('download_teachers.py', 'second --base-url file:///a', 'begins with http:// or https://'),
    ('download_teachers.py', '--out {here}/notes.txt', 'notes.txt is a file'),
    ('model_converters/convert_checkpoint.py', 'a.pth', 'required: --config, --out'),
    (
        'model_converters/convert_checkpoint.py',
        f'{{here}}/notes.txt --config {CONFIG} --out new.pth',
        'notes.txt (',
    ),
    (
        'model_converters/convert_checkpoint.py',
        f'none.pth --config {CONFIG} --out new.pth',
        'checkpoint none.pth does not exist',
    ),
    ('model_converters/publish_model.py', '{here}/notes.txt x', 'notes.txt ('),
    ('model_converters/publish_model.py', 'none.pth x', 'checkpoint none.pth does not exist'),
]
MISTAKES = [
    *(('train.py', *row) for row in TRAIN),
    *(('test.py', *row) for row in TEST),
    *OTHERS,
]


@pytest.mark.parametrize(
    'tool, arguments, message', MISTAKES, ids=[f'{tool} {rest}' for tool, rest, _ in MISTAKES]
)
def test_a_mistake_ends_in_one_line(place, monkeypatch, tmp_path, capfd, tool, arguments, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('LOCAL_RANK', raising=False)
    words = arguments.format(**place).split()
    small = SMALL if tool == 'train.py' and '--use-kd' in words else []
    status = call_here(f'tools/{tool}', *words, *(['--cfg-options', *small] if small else []))
    printed = capfd.readouterr().err
    *before, line = printed.splitlines()
    assert status in (1, 2)
    assert line.startswith('error: ') and message.format(**place) in line
    assert all(each.startswith('warning: ') for each in before), printed
    assert 'Traceback' not in printed and '[Errno' not in printed
    assert not (tmp_path / 'work_dirs').exists()
