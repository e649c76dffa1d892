import os
from collections import OrderedDict

import mmcv.runner
import numpy as np
import pytest
import torch
from torch import nn

from mmcv_patched.runner import load_file, point_to, save_checkpoint


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


def no_links(*_: object, **__: object) -> None:
    raise OSError(95, 'Operation not supported')


def no_right_to_link(*_: object, **__: object) -> None:
    raise NotImplementedError


@pytest.mark.parametrize('symlink', [no_links, no_right_to_link])
def test_without_links_the_latest_checkpoint_is_a_copy(tmp_path, monkeypatch, symlink):
    monkeypatch.setattr(os, 'symlink', symlink)
    latest = tmp_path / 'latest.pth'
    for name in ('epoch_1.pth', 'epoch_2.pth'):
        (tmp_path / name).write_text(name)
        point_to(name, str(latest))
        assert not latest.is_symlink()
        assert latest.read_text() == name
    assert sorted(os.listdir(tmp_path)) == ['epoch_1.pth', 'epoch_2.pth', 'latest.pth']


@pytest.mark.parametrize('before', ['file', 'link', 'broken link', 'nothing'])
def test_the_latest_checkpoint_takes_the_place_of_what_was_there(tmp_path, before):
    (tmp_path / 'epoch_1.pth').write_text('1')
    (tmp_path / 'epoch_2.pth').write_text('2')
    latest = tmp_path / 'latest.pth'
    if before == 'file':
        latest.write_text('own')
    elif before != 'nothing':
        latest.symlink_to('epoch_1.pth' if before == 'link' else 'gone.pth')
    point_to('epoch_2.pth', str(latest))
    assert latest.read_text() == '2'
    assert os.readlink(latest) == 'epoch_2.pth'
    assert (tmp_path / 'epoch_1.pth').read_text() == '1'


def test_a_copy_that_fails_leaves_the_earlier_one(tmp_path, monkeypatch):
    monkeypatch.setattr(os, 'symlink', no_links)
    (tmp_path / 'latest.pth').write_text('earlier')
    with pytest.raises(FileNotFoundError):
        point_to('epoch_1.pth', str(tmp_path / 'latest.pth'))
    assert os.listdir(tmp_path) == ['latest.pth']
    assert (tmp_path / 'latest.pth').read_text() == 'earlier'
