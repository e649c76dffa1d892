import hashlib
from pathlib import Path

import pytest
import torch
from mmcv import Config
from support import shrink
from support.file_server import running_server
from support.made_up_clouds import made_up_cloud

from mmcv_patched.runner import save_checkpoint
from mmdet3d.apis import build_teacher, init_model
from mmdet3d.models import build_model

STUDENT = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py'


@pytest.fixture
def student_cfg(repo_root):
    return Config.fromfile(repo_root / STUDENT)


@pytest.fixture(scope='module')
def teacher_files(repo_root, tmp_path_factory):
    """The config of a small teacher, and a checkpoint as a run of this project writes it."""
    folder = tmp_path_factory.mktemp('teacher')
    cfg = Config.fromfile(repo_root / STUDENT)
    cfg.merge_from_dict({**shrink.small_scene(), **shrink.widths(4)})
    cfg.dump(str(folder / 'teacher.py'))
    model = build_model(cfg.model)
    save_checkpoint(model, str(folder / 'teacher.pth'), meta={'CLASSES': ('a', 'b', 'c')})
    return str(folder / 'teacher.py'), str(folder / 'teacher.pth')


def test_the_teacher_is_frozen_with_the_weights_of_the_file(student_cfg, teacher_files):
    teacher = build_teacher(student_cfg, *teacher_files)
    assert not teacher.training
    assert not any(p.requires_grad for p in teacher.parameters())
    saved = torch.load(teacher_files[1], weights_only=True)['state_dict']
    for name, value in teacher.state_dict().items():
        assert torch.equal(value, saved[name])


def test_the_students_config_names_the_teacher(student_cfg, teacher_files):
    student_cfg.teacher = dict(config=teacher_files[0], checkpoint=teacher_files[1])
    assert build_teacher(student_cfg).voxel_encoder.out_channels == 4


def test_no_teacher_is_an_error_that_says_how_to_name_one(student_cfg):
    student_cfg.pop('teacher')
    with pytest.raises(ValueError, match='give --teacher-config and --teacher-checkpoint'):
        build_teacher(student_cfg)


def test_a_missing_checkpoint_is_an_error_that_says_where_to_get_it(student_cfg, tmp_path):
    missing = str(tmp_path / 'none.pth')
    with pytest.raises(FileNotFoundError, match=r'none.pth|pretrain/README.md'):
        build_teacher(student_cfg, checkpoint=missing)


def test_the_checkpoint_may_be_an_address(student_cfg, teacher_files, tmp_path, monkeypatch):
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path))
    with running_server() as server:
        server.content = Path(teacher_files[1]).read_bytes()
        url = f'{server.url}/teacher.pth'
        teacher = build_teacher(student_cfg, teacher_files[0], url)
        model = init_model(teacher_files[0], url, 'cpu')
    weights = torch.load(teacher_files[1], weights_only=True)['state_dict']
    for network in (teacher, model):
        assert all(torch.equal(each, weights[name]) for name, each in network.state_dict().items())


def test_addresses_of_other_schemes_are_refused(student_cfg, teacher_files):
    for scheme in ('modelzoo', 'mmcls', 'ftp'):
        for build in (lambda name: build_teacher(student_cfg, checkpoint=name),
                      lambda name: init_model(teacher_files[0], name, 'cpu')):  # fmt: skip
            with pytest.raises(ValueError, match=f'checkpoint .*{scheme}:// is not supported'):
                build(f'{scheme}://second')


def test_a_checkpoint_of_another_architecture_is_an_error_that_counts(student_cfg, teacher_files):
    full_size = student_cfg.teacher.config
    with pytest.raises(ValueError, match=r'another architecture.*missing.*of another shape'):
        build_teacher(student_cfg, full_size, teacher_files[1])


def test_a_file_that_does_not_match_the_hash_in_its_name_is_refused(
    student_cfg, teacher_files, tmp_path
):
    content = Path(teacher_files[1]).read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:8]
    right, wrong = tmp_path / f'a-{digest}.pth', tmp_path / 'a-00000000.pth'
    for path in (right, wrong):
        path.write_bytes(content)
    build_teacher(student_cfg, teacher_files[0], str(right))
    with pytest.raises(ValueError, match='00000000'):
        build_teacher(student_cfg, teacher_files[0], str(wrong))


def test_weights_saved_by_a_wrapped_model_load(student_cfg, teacher_files, tmp_path):
    weights = torch.load(teacher_files[1], weights_only=True)['state_dict']
    path = tmp_path / 'wrapped.pth'
    torch.save({f'module.{name}': value for name, value in weights.items()}, path)
    teacher = build_teacher(student_cfg, teacher_files[0], str(path))
    assert torch.equal(teacher.bbox_head.conv_cls.bias, weights['bbox_head.conv_cls.bias'])


def test_a_model_for_detection_knows_its_classes(teacher_files):
    assert init_model(*teacher_files).CLASSES == ('a', 'b', 'c')
    assert init_model(teacher_files[0]).CLASSES == ('Pedestrian', 'Cyclist', 'Car')


def test_the_teacher_computes_in_the_precision_that_the_config_names(student_cfg, teacher_files):
    student_cfg.teacher = dict(zip(('config', 'checkpoint'), teacher_files), precision='bf16')
    points = [torch.from_numpy(made_up_cloud('teacher'))]
    kinds = []
    for precision in ('bf16', None):
        student_cfg.teacher.precision = precision
        batch = {'points': points, 'img_metas': [{}]}
        said = build_teacher(student_cfg).train_step(batch, None, is_teacher=True)
        kinds.append(said['backbone_features'][0].dtype)
    assert kinds == [torch.bfloat16, torch.float32]


@pytest.mark.parametrize('precision', ['fp16', 'half'])
def test_a_teacher_in_another_precision_is_refused(student_cfg, teacher_files, precision):
    student_cfg.device = 'cpu'
    student_cfg.teacher = dict(zip(('config', 'checkpoint'), teacher_files), precision=precision)
    with pytest.raises(ValueError, match=f"teacher.precision='{precision}'"):
        build_teacher(student_cfg)
