"""The config that a checkpoint carries is read as data."""

import pytest

from mmcv_patched.runner.saved_config import read_model_section, read_settings

AS_CALLS = """
voxel_size = [0.16, 0.16, 4]
model = dict(
    type='VoxelNet',
    voxel_encoder=dict(type='PillarFeatureNet', in_channels=4, feat_channels=[64], eps=-1e-3),
    train_cfg=None)
"""
AS_LITERAL = """
model = {'type': 'VoxelNet',
 'voxel_encoder': {'type': 'PillarFeatureNet', 'in_channels': 4,
  'feat_channels': [64], 'eps': -1e-3}}
"""


@pytest.mark.parametrize('text', [AS_CALLS, AS_LITERAL])
def test_a_section_is_read_however_the_config_is_written(text):
    expected = {'type': 'PillarFeatureNet', 'in_channels': 4, 'feat_channels': [64], 'eps': -1e-3}
    assert read_model_section({'config': text}, 'voxel_encoder') == expected


@pytest.mark.parametrize(
    'meta, name',
    [
        ({}, 'voxel_encoder'),
        ({'config': None}, 'voxel_encoder'),
        ({'config': AS_CALLS}, 'backbone'),
        ({'config': AS_CALLS}, 'voxel_encoder.pfn_layers.0'),
        ({'config': AS_CALLS}, ''),
        ({'config': 'configs/a.py\nmodel = dict('}, 'voxel_encoder'),
        ({'config': 'data = dict()'}, 'voxel_encoder'),
        ({'config': f'model = {"(" * 5000}{")" * 5000}'}, 'voxel_encoder'),
        ({'config': 'model = 1\0'}, 'voxel_encoder'),
        ({'config': "_base_ = './other.py'\nmodel = build()"}, 'voxel_encoder'),
        ({'config': 'model = {[]: 1}'}, 'voxel_encoder'),
        ({'config': 'model = ' + '[' * 5000 + ']' * 5000}, 'voxel_encoder'),
    ],
)
def test_what_is_not_there_is_empty(meta, name):
    assert read_model_section(meta, name) == {}


def test_files_that_inherit_are_read_together_with_their_paths_before_them():
    text = f'configs/base.py\n{AS_CALLS}\nconfigs/a.py\nmodel = dict(voxel_encoder=dict(eps=0.5))'
    found = read_model_section({'config': text}, 'voxel_encoder')
    assert (found['eps'], found['in_channels']) == (0.5, 4)
    text += "\nmodel = dict(voxel_encoder=dict(_delete_=True, type='Other'))"
    found = read_model_section({'config': text}, 'voxel_encoder')
    assert (found['type'], 'in_channels' in found) == ('Other', False)


def test_nothing_of_it_is_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = "open('executed', 'w')"
    text = f"{code}\nmodel = dict(voxel_encoder=dict(in_channels={code}, type='A'))"
    found = read_model_section({'config': text}, 'voxel_encoder')
    assert found == {'in_channels': None, 'type': 'A'}
    assert list(tmp_path.iterdir()) == []


WHOLE = """configs/detector.py
scales = (1.0, -2, inf)
model = dict(type='A', parts=[dict(a=1), {'b': (None, True)}], **{})
"""


@pytest.mark.parametrize('text', [AS_CALLS, AS_LITERAL])
def test_a_whole_config_is_read_however_it_is_written(text):
    settings = read_settings(text, 'x.pth')
    assert settings['model']['voxel_encoder']['feat_channels'] == [64]
    assert settings['model']['voxel_encoder']['eps'] == -1e-3


def test_values_are_read_to_any_depth_after_the_name_of_a_file():
    text = WHOLE.replace(', **{}', '')
    assert read_settings(text, 'x.pth') == {
        'scales': (1.0, -2, float('inf')),
        'model': {'type': 'A', 'parts': [{'a': 1}, {'b': (None, True)}]},
    }


@pytest.mark.parametrize(
    'text, said',
    [
        (None, 'carries no config'),
        (' ', 'carries no config'),
        (WHOLE, r'line 3: dict\(type='),
        ("model = dict(", r"line 1: '\(' was never closed"),
        ("import os\nmodel = dict()", 'line 1: expected NAME = VALUE'),
        ("print('x')", 'line 1: expected NAME = VALUE'),
        ("a = b = 1", 'line 1: expected NAME = VALUE'),
        ("model.a = 1", 'line 1: expected NAME = VALUE'),
        ("a = 1\nmodel = dict(x=open('f', 'w'))", r"line 2: open\('f', 'w'\) is no literal"),
        ("model = dict([('a', 1)])", 'is no literal'),
        ("model = {**{}}", 'is no literal'),
        ("model = [x for x in ()]", 'is no literal'),
        ("model = 1 / 9", 'is no literal'),
        ("model = f'{1}'", 'is no literal'),
        ("model = ~1", 'is no literal'),
        ("model = -True", '-True is no number'),
        ("model = __import__('os').system('x')", 'is no literal'),
        ("model = dict.fromkeys((1,))", 'is no literal'),
        ("model = " + '[' * 5000 + ']' * 5000, 'cannot be read as data'),
        ("model = dict({[]: 1})", 'is no literal'),
        ("model = {[]: 1}", 'cannot be read as data'),
        ("_base_ = './other.py'", 'inherits from other files'),
        ('a = "\0"', 'cannot be read as data'),
    ],
)  # fmt: skip
def test_a_config_that_is_more_than_data_is_refused_and_not_executed(
    text, said, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=said) as caught:
        read_settings(text, 'x.pth')
    assert 'x.pth' in str(caught.value) and 'give the config file too' in str(caught.value)
    assert list(tmp_path.iterdir()) == []
