"""A distilled student, published: what is kept, what is left out, and its detections."""

import hashlib
import json
import re
import sys
from pathlib import Path

import pytest
import torch
from mmcv import Config
from support import shrink
from support.tooling import call_here, run

from mmcv_patched.runner import load_file
from mmdet3d.apis import inference_detector, init_model, run_training
from mmdet3d.models import build_model
from mmdet3d.report.publishing import publish_checkpoint
from mmdet3d.utils.config import load_config

STUDENT = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py'
TOOL = 'tools/model_converters/publish_model.py'
FIGURE = 'KITTI/Overall_3D_AP40_moderate'


@pytest.fixture(scope='module')
def cfg(repo_root, kitti_data) -> Config:
    """A small student that is evaluated after its only epoch."""
    options = {**shrink.small_scene(), **shrink.widths(4), **shrink.data(str(kitti_data))}
    options |= {**shrink.ranges(str(repo_root / STUDENT)), 'runner.max_epochs': 1}
    options['model.test_cfg.score_thr'] = 1e-4  # of one epoch there are no sure detections
    return load_config(
        repo_root / STUDENT, {**options, 'evaluation.interval': 1}, data_root=kitti_data
    )


@pytest.fixture(scope='module')
def trained(cfg, tmp_path_factory) -> Path:
    """The checkpoint of the student after one distilled epoch."""
    folder = tmp_path_factory.mktemp('student')
    teacher = Config(cfg.to_dict())
    teacher.model.train_cfg.pop('kd_cfg')
    teacher.dump(str(folder / 'big_teacher.py'))
    torch.manual_seed(0)
    weights = build_model(teacher.model).state_dict()
    torch.save({'state_dict': weights, 'meta': {}}, folder / 'big_20260101.pth')
    run_cfg = Config(cfg.to_dict())
    run_cfg.work_dir = str(folder / 'run')
    files = str(folder / 'big_teacher.py'), str(folder / 'big_20260101.pth')
    run_training(run_cfg, True, *files, seed=0)
    return folder / 'run' / 'latest.pth'


@pytest.fixture(scope='module')
def published(trained, repo_root, tmp_path_factory) -> list[Path]:
    """What the real tool makes of it."""
    prefix = tmp_path_factory.mktemp('published') / 'student_4x.pth'
    out = run(sys.executable, TOOL, str(trained), str(prefix), '--safetensors', root=repo_root)
    return [Path(name) for name in re.findall(r'Written: (\S+)', out)]


def frames(data: Path) -> list[str]:
    return [str(data / f'training/velodyne_reduced/{index:06d}.bin') for index in (8, 134)]


def test_the_published_student_detects_the_very_same(cfg, trained, published, kitti_data):
    found = []
    for checkpoint in (trained, *published):
        model = init_model(cfg, str(checkpoint), 'cpu')
        found.append(inference_detector(model, frames(kitti_data))[0])
    for other in found[1:]:
        for first, second in zip(found[0], other, strict=True):
            assert len(first['scores_3d']) > 0
            assert torch.equal(first['boxes_3d'].tensor, second['boxes_3d'].tensor)
            assert torch.equal(first['scores_3d'], second['scores_3d'])
            assert torch.equal(first['labels_3d'], second['labels_3d'])


def test_its_name_ends_in_its_hash_and_is_the_same_each_time(trained, published, tmp_path):
    for path, ending in zip(published, ('.pth', '.safetensors'), strict=True):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert path.name == f'student_4x-{digest[:8]}{ending}'
    (again,) = publish_checkpoint(trained, tmp_path / 'new' / 'student_4x')
    assert again.name == published[0].name


def test_what_only_training_needs_is_left_out(cfg, trained, published):
    before = torch.load(trained, weights_only=True)
    after = torch.load(published[0], weights_only=True)
    assert set(after) == {'meta', 'state_dict'}
    dropped = set(before['state_dict']) - set(after['state_dict'])
    assert dropped and all(key.startswith('kd_losses.') for key in dropped)
    assert list(after['state_dict']) == list(build_model(cfg.model).state_dict())
    assert {'optimizer'} <= set(before) and 'places' in before['meta']
    assert not {'places', 'hook_msgs'} & set(after['meta'])
    assert published[0].stat().st_size < trained.stat().st_size / 2


def test_what_it_is_is_kept(trained, published, tmp_path):
    meta = torch.load(published[0], weights_only=True)['meta']
    before = torch.load(trained, weights_only=True)['meta']
    for key in ('config', 'CLASSES', 'env_info', 'mmcv_version', 'epoch', 'seed'):
        assert meta[key] == before[key]
    assert meta['teacher'] == {'config': 'big_teacher.py', 'checkpoint': 'big_20260101.pth'}
    lines = [
        json.loads(line) for line in next(trained.parent.glob('*.json')).read_text().splitlines()
    ]
    (evaluated,) = [line for line in lines if line.get('mode') == 'val']
    assert meta['metrics'][FIGURE] == evaluated[FIGURE]
    assert meta['best_evaluation'] == {'epoch': 1, 'metrics': meta['metrics']}
    assert load_file(str(published[1]))['meta'] == json.loads(json.dumps(meta))


def save(path: Path, weights: dict, **meta) -> Path:
    torch.save({'state_dict': weights, 'meta': meta}, path)
    return path


def test_the_best_evaluation_is_told_from_the_log_or_from_what_the_run_noted(tmp_path):
    weights = {'a': torch.ones(2), 'teacher_gcn_adapt.conv.weight': torch.ones(3)}
    text = "teacher = dict(config='configs/t.py', checkpoint='/home/me/t-01234567.pth')"
    noted = {'best_score': 41.5, 'best_ckpt': '/home/me/best_1.pth'}
    path = save(tmp_path / 'a.pth', weights, config=text, epoch=2, hook_msgs=noted)
    meta = published_meta(path, tmp_path / 'x')
    assert meta['best_evaluation'] == {'score': 41.5, 'checkpoint': 'best_1.pth'}
    assert meta['teacher'] == {'config': 't.py', 'checkpoint': 't-01234567.pth'}
    lines = [{'mode': 'val', 'epoch': i, 'iter': 3, FIGURE: 50.0 - i} for i in (1, 2)]
    (tmp_path / '1.log.json').write_text('\n'.join(map(json.dumps, lines)))
    meta = published_meta(path, tmp_path / 'x')
    assert meta['metrics'] == {FIGURE: 48.0}
    assert meta['best_evaluation'] == {'epoch': 1, 'metrics': {FIGURE: 49.0}}


def published_meta(path: Path, prefix: Path) -> dict:
    (published,) = publish_checkpoint(path, prefix)
    return torch.load(published, weights_only=True)['meta']


def test_a_student_that_was_not_distilled_names_no_teacher(tmp_path):
    text = "teacher = dict(config='t.py', checkpoint='t.pth')"
    path = save(tmp_path / 'a.pth', {'a': torch.ones(2)}, config=text)
    assert 'teacher' not in published_meta(path, tmp_path / 'x')


def test_layouts_of_sparse_weights_stay_known(repo_root, tmp_path):
    cfg = load_config(
        repo_root / 'configs/second/hv_second_secfpn_6x8_80e_kitti-3d-3class.py',
        {**shrink.small_second_scene(), **shrink.second_widths(2)},
    )
    path = save(tmp_path / 'a.pth', build_model(cfg.model).state_dict(), config='a = 1')
    (published,) = publish_checkpoint(path, tmp_path / 'x')
    weights = torch.load(published, weights_only=True)['state_dict']
    assert weights._metadata['middle_encoder.conv_input.0'] == {'version': 2}


def truncated(path: Path) -> Path:
    save(path, {'a': torch.ones(1000)}, config='a = 1')
    path.write_bytes(path.read_bytes()[:2000])
    return path


@pytest.mark.parametrize(
    'make, message',
    [
        (truncated, 'cannot be loaded as a checkpoint: it is truncated'),
        (lambda path: save(path, {'a': torch.ones(2)}), 'does not hold the config of its network'),
        (lambda path: save(path, {}, config='a = 1'), 'holds no weights'),
        (lambda path: save(path, {'a': torch.tensor([torch.nan])}, config=''), 'are not finite'),
        (lambda path: path, 'does not exist'),
    ],
)
def test_what_cannot_be_published_is_named_in_one_line(tmp_path, capfd, make, message):
    path = make(tmp_path / 'a.pth')
    assert call_here(TOOL, path, tmp_path / 'out' / 'x') == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith('error: ') and 'a.pth' in line and message in line
    assert not (tmp_path / 'out').exists()


def test_without_its_package_a_safetensors_file_is_refused(tmp_path, capfd, monkeypatch):
    path = save(tmp_path / 'a.pth', {'a': torch.ones(2)}, config='a = 1')
    monkeypatch.setitem(sys.modules, 'safetensors', None)
    monkeypatch.setitem(sys.modules, 'safetensors.torch', None)
    assert call_here(TOOL, path, tmp_path / 'out' / 'x', '--safetensors') == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert 'pip install safetensors' in line
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('size', [0, 5, 200])
def test_a_safetensors_file_that_was_cut_is_named(tmp_path, size):
    save(tmp_path / 'a.pth', {'a': torch.ones(200)}, config='a = 1')
    _, path = publish_checkpoint(tmp_path / 'a.pth', tmp_path / 'x', safetensors=True)
    assert torch.equal(load_file(str(path))['state_dict']['a'], torch.ones(200))
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(RuntimeError, match=r'safetensors cannot be loaded.*download it again'):
        load_file(str(path))
