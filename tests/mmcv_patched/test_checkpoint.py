import os
from collections import OrderedDict

import mmcv.runner
import numpy as np
import pytest
import torch
from torch import nn

from mmcv_patched.runner import load_file, save_checkpoint


def test_meta_with_numpy_scalars_loads_as_older_releases_wrote_it(tmp_path):
    path = tmp_path / 'old.pth'
    meta = {'epoch': np.int64(3), 'best': np.float64(0.5), 'lr': [np.float32(0.1)], 'name': 'x'}
    torch.save({'meta': meta, 'state_dict': OrderedDict(w=torch.ones(2))}, path)
    loaded = load_file(str(path))
    assert loaded['meta']['epoch'] == 3
    assert loaded['meta']['best'] == 0.5
    assert torch.equal(loaded['state_dict']['w'], torch.ones(2))


class Evil:
    def __reduce__(self):
        return os.system, ('touch executed',)


@pytest.mark.parametrize('load', [load_file, mmcv.runner.load_checkpoint])
def test_code_in_a_checkpoint_is_not_run(tmp_path, monkeypatch, load):
    monkeypatch.chdir(tmp_path)
    torch.save({'state_dict': {}, 'meta': Evil()}, 'evil.pth')
    arguments = ['evil.pth'] if load is load_file else [nn.Linear(1, 1), 'evil.pth']
    with pytest.raises(RuntimeError, match='never loaded because they can run code'):
        load(*arguments)
    assert not (tmp_path / 'executed').exists()


@pytest.mark.parametrize('content', [b'', b'not a checkpoint', None])
def test_a_broken_file_is_named_with_its_size(tmp_path, content):
    path = tmp_path / 'broken.pth'
    if content is None:
        torch.save({'w': torch.ones(1000)}, path)
        content = path.read_bytes()[:500]
    path.write_bytes(content)
    with pytest.raises(RuntimeError, match=rf'broken.pth \({len(content)} bytes\) cannot be'):
        load_file(str(path))


def test_a_missing_file_is_named():
    with pytest.raises(FileNotFoundError, match=r'nowhere\.pth does not exist'):
        load_file('nowhere.pth')


def test_a_failed_save_leaves_the_earlier_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / 'epoch_1.pth'
    save_checkpoint(nn.Linear(2, 2), str(path), meta={'epoch': 1})
    before = path.read_bytes()

    def fail_half_way(state, file, **_):
        file.write(b'half')
        raise OSError('disk full')

    monkeypatch.setattr(torch, 'save', fail_half_way)
    with pytest.raises(OSError, match='disk full'):
        save_checkpoint(nn.Linear(2, 2), str(path), meta={'epoch': 2})
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ['epoch_1.pth']


def test_a_saved_checkpoint_loads_into_a_like_network(tmp_path):
    path = str(tmp_path / 'a.pth')
    saved, loaded = nn.Linear(2, 3), nn.Linear(2, 3)
    save_checkpoint(saved, path, meta={'seed': 7})
    checkpoint = mmcv.runner.load_checkpoint(loaded, path)
    assert checkpoint['meta']['seed'] == 7
    assert torch.equal(saved.weight, loaded.weight)
