"""Checkpoints named by addresses, against a server on this machine."""

import hashlib
import io
import threading

import mmcv
import pytest
import torch
from mmcv.runner import CheckpointLoader
from support.file_server import cut_every_answer, running_server
from torch import nn

from mmcv_patched.runner import load_file
from mmcv_patched.runner.addresses import cached_file, fetch, refuse_scheme
from mmcv_patched.runner.checkpoint import load_url

SCHEMES = (
    'open-mmlab', 'openmmlab', 'torchvision', 'modelzoo', 'mmcls', 's3', 'pavi', 'ftp', 'file',
    'gs', 'HTTPS',
)  # fmt: skip


def checkpoint(value: float) -> bytes:
    file = io.BytesIO()
    torch.save({'state_dict': {'weight': torch.full((1, 1), value)}, 'meta': {}}, file)
    return file.getvalue()


CONTENT = checkpoint(1.0)
HASHED = f'model-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth'


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path / 'hub'))
    monkeypatch.setattr('time.sleep', lambda _: None)
    with running_server() as server:
        server.content = CONTENT
        yield server


def value_of(url: str) -> float:
    return CheckpointLoader.load_checkpoint(url)['state_dict']['weight'].item()


def test_a_checkpoint_is_fetched_once_and_keeps_its_name(server):
    for _ in range(2):
        assert value_of(f'{server.url}/{HASHED}') == 1.0
    assert len(server.asked) == 1
    assert cached_file(f'{server.url}/{HASHED}').name == HASHED


@pytest.mark.parametrize('name', [HASHED, 'plain.pth'])
@pytest.mark.parametrize('framing', ['length', 'chunked'])
def test_a_cut_answer_does_not_stay_in_the_cache(server, name, framing):
    server.framing = framing
    server.knows_ranges = False
    cut_every_answer(server, len(CONTENT) // 2)
    with pytest.raises(ConnectionError, match='could not fetch'):
        value_of(f'{server.url}/{name}')
    assert not cached_file(f'{server.url}/{name}').exists()
    server.cut_after = []
    assert value_of(f'{server.url}/{name}') == 1.0


def test_files_of_one_name_at_several_addresses_are_kept_apart(server):
    assert value_of(f'{server.url}/a/model.pth') == 1.0
    server.content = checkpoint(2.0)
    assert value_of(f'{server.url}/b/model.pth') == 2.0
    assert value_of(f'{server.url}/model.pth?version=2') == 2.0
    assert value_of(f'{server.url}/a/model.pth') == 1.0


def test_a_hash_in_the_name_is_checked(server):
    with pytest.raises(ValueError, match='its SHA-256 begins with 01234567'):
        value_of(f'{server.url}/model-01234567.pth')
    assert not cached_file(f'{server.url}/model-01234567.pth').exists()


@pytest.mark.parametrize('name', [HASHED, 'plain.pth'])
@pytest.mark.parametrize('damage', [b'', CONTENT[:100], b'x' * len(CONTENT)])
def test_a_damaged_file_in_the_cache_is_fetched_again(server, name, damage):
    url = f'{server.url}/{name}'
    value_of(url)
    cached_file(url).write_bytes(damage)
    assert value_of(url) == 1.0
    assert cached_file(url).read_bytes() == CONTENT
    assert len(server.asked) == 2


def test_what_is_no_checkpoint_at_its_source_is_named(server):
    server.content = b'<html>not found</html>'
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r'plain\.pth .* an HTML or XML page'):
            value_of(f'{server.url}/plain.pth')


def test_several_processes_may_ask_at_once(server):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(fetch(f'{server.url}/plain.pth').read_bytes()))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [CONTENT] * 8
    assert len(server.asked) == 1


@pytest.mark.parametrize('path', ['', '/', '/folder/..'])
def test_an_address_without_a_file_is_refused(server, path):
    with pytest.raises(ValueError, match='names no file'):
        load_url(f'{server.url}{path}')


def test_none_of_the_loaders_is_mmcvs_own():
    loaders = {prefix: loader.__module__ for prefix, loader in CheckpointLoader._schemes.items()}
    assert len(loaders) >= 10
    assert set(loaders.values()) == {'mmcv_patched.runner.checkpoint'}, loaders


@pytest.mark.parametrize('scheme', SCHEMES)
def test_other_schemes_are_refused_by_name(scheme):
    message = rf'{scheme}:// is not supported; .*path of a file, or an address .*https://'
    for name in (f'{scheme}://resnet50', f'bucket:{scheme}://resnet50'):
        with pytest.raises(ValueError, match=message):
            load_file(name)
        with pytest.raises(ValueError, match=message):
            mmcv.runner.load_checkpoint(nn.Linear(1, 1), name)


def test_what_is_no_address_is_a_path():
    for name in ('a.pth', '/a/b.pth', r'C:\a.pth', 'a:b.pth', 'https://host/a.pth'):
        refuse_scheme(name)
