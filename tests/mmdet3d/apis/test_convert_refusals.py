"""What cannot be converted is refused in one line that names it."""

from pathlib import Path

import pytest
import torch
from mmcv import Config
from support.old_heads import DETECTORS, PILLARS, as_old, old_weights, save_old
from support.weights import seeded_tensor

from mmdet3d.apis import init_model
from mmdet3d.apis.convert import convert_checkpoint
from mmdet3d.utils.config import load_config


@pytest.fixture
def pillars(repo_root) -> Config:
    return load_config(repo_root / PILLARS, DETECTORS[PILLARS][1])


def broken(path: Path, kind: str, cfg: Config) -> Path:
    model, text = as_old(cfg, 'bbox_head')
    save_old(path, model, config=text)
    if kind == 'truncated':
        path.write_bytes(path.read_bytes()[:5000])
    elif kind == 'of another network':
        torch.save({'state_dict': {'resnet.conv1.weight': torch.ones(3)}}, path)
    elif kind == 'of other widths':
        key = 'bbox_head.conv_cls.weight'
        weights = {**old_weights(model), key: seeded_tensor(key, (2, 24, 1, 1))}
        torch.save({'state_dict': weights}, path)
    return path


@pytest.mark.parametrize(
    'kind, message',
    [
        ('truncated', 'cannot be loaded as a checkpoint: it is truncated'),
        ('of another network', 'the weights of another architecture than the VoxelNet'),
        ('of other widths', r'bbox_head.conv_cls.weight \(2, 24, 1, 1\), not \(18, 24, 1, 1\)'),
    ],
)
def test_a_checkpoint_that_cannot_be_converted_is_named_in_one_line(
    pillars, tmp_path, kind, message
):
    path = broken(tmp_path / 'old.pth', kind, pillars)
    with pytest.raises((RuntimeError, ValueError), match=f'old.pth.*{message}') as caught:
        convert_checkpoint(pillars, path, tmp_path / 'new.pth')
    assert '\n' not in str(caught.value)
    assert not (tmp_path / 'new.pth').exists()


def test_a_config_that_does_not_fit_is_refused(repo_root, pillars, tmp_path):
    path = broken(tmp_path / 'old.pth', 'whole', pillars)
    other = load_config(repo_root / 'configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes.py')
    with pytest.raises(ValueError, match='PointRCNN of the config has no anchor head'):
        convert_checkpoint(other, path, tmp_path / 'new.pth')
    wider = load_config(repo_root / PILLARS)
    with pytest.raises(ValueError, match=r'of another shape .*Give the config'):
        convert_checkpoint(wider, path, tmp_path / 'new.pth')
    pillars.model.bbox_head.anchor_generator.rotations = [0, 0.1]
    with pytest.raises(ValueError, match=r'headings \[0\.0, 1\.57\] before v1\.0'):
        convert_checkpoint(pillars, path, tmp_path / 'new.pth')


@pytest.mark.parametrize(
    'name, message',
    [
        ('old.pth', 'is the checkpoint that is to be converted'),
        ('new-01234567.pth', 'ends in the hash of another content'),
        ('folder', 'is a folder'),
    ],
)
def test_a_name_that_cannot_be_right_is_refused(pillars, tmp_path, name, message):
    (tmp_path / 'folder').mkdir()
    path = broken(tmp_path / 'old.pth', 'whole', pillars)
    content = path.read_bytes()
    with pytest.raises((ValueError, OSError), match=message):
        convert_checkpoint(pillars, path, tmp_path / name)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    'parts, message',
    [
        ({'roof': {}}, 'for a network with a part roof, which this VoxelNet has not'),
        ({'bbox_head': 3}, 'noted of bbox_head: expected a dict'),
        ({'bbox_head': {'direction_begins': [1.0]}}, 'expected 2 numbers'),
        ({'bbox_head': {'anchor_generator': {'type': 'SSDAnchorGenerator'}}}, 'its type has to be'),
    ],
)
def test_notes_of_a_converter_that_are_malformed_are_named(pillars, tmp_path, parts, message):
    model, _ = as_old(pillars, 'bbox_head')
    path = save_old(tmp_path / 'a.pth', model, converted={'parts': parts})
    with pytest.raises(ValueError, match=rf'a\.pth.*{message}'):
        init_model(pillars, str(path), 'cpu')
