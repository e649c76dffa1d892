"""Fetching files, against a server on this machine."""

import hashlib

import pytest
from support.file_server import CONTENT, cut_every_answer, running_server

from mmcv_patched.download import download, verify_sha256_prefix

NAME = f'model_20200101-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth'
WRONG_NAME = 'model_20200101-01234567.pth'


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    with running_server() as server:
        yield server


def test_fetches_and_verifies(server, tmp_path):
    path = tmp_path / 'new' / 'folder' / NAME
    assert download(f'{server.url}/{NAME}', path) is True
    assert path.read_bytes() == CONTENT
    assert [file.name for file in path.parent.iterdir()] == [NAME]


def test_goes_on_where_an_earlier_call_stopped(server, tmp_path):
    path = tmp_path / NAME
    server.cut_after = [1_000_000]
    with pytest.raises(ConnectionError, match=r'1000000 of 3145728 bytes.*goes on'):
        download(f'{server.url}/{NAME}', path, attempts=1)
    assert not path.exists()
    assert (tmp_path / f'{NAME}.part').stat().st_size == 1_000_000
    assert download(f'{server.url}/{NAME}', path) is True
    assert path.read_bytes() == CONTENT
    assert server.asked == [None, 'bytes=1000000-']
    assert server.sent == len(CONTENT)


def test_tries_again_by_itself_after_passing_errors(server, tmp_path):
    path = tmp_path / NAME
    server.cut_after = [500_000, 700_000]
    server.status = [503, 429]
    assert download(f'{server.url}/{NAME}', path, attempts=5, wait_s=0) is True
    assert path.read_bytes() == CONTENT
    assert server.asked == [None, None, None, 'bytes=500000-', 'bytes=1200000-']
    assert server.sent == len(CONTENT)


def test_starts_over_where_the_server_knows_no_ranges(server, tmp_path):
    path = tmp_path / NAME
    server.knows_ranges = False
    path.with_name(f'{NAME}.part').write_bytes(b'x' * 5000)
    assert download(f'{server.url}/{NAME}', path) is True
    assert path.read_bytes() == CONTENT


def test_a_whole_part_is_verified_without_being_sent_again(server, tmp_path):
    path = tmp_path / NAME
    path.with_name(f'{NAME}.part').write_bytes(CONTENT)
    assert download(f'{server.url}/{NAME}', path) is True
    assert path.read_bytes() == CONTENT
    assert server.sent == 0


def test_a_part_longer_than_the_file_is_dropped(server, tmp_path):
    path = tmp_path / NAME
    path.with_name(f'{NAME}.part').write_bytes(CONTENT + b'more')
    assert download(f'{server.url}/{NAME}', path, wait_s=0) is True
    assert path.read_bytes() == CONTENT


def test_contents_that_do_not_match_the_name_are_removed(server, tmp_path):
    found = hashlib.sha256(CONTENT).hexdigest()[:8]
    with pytest.raises(ValueError, match=f'{WRONG_NAME}.*01234567.*{found}'):
        download(f'{server.url}/{WRONG_NAME}', tmp_path / WRONG_NAME)
    assert list(tmp_path.iterdir()) == []


def test_a_file_already_there_is_verified_and_not_fetched(server, tmp_path):
    (tmp_path / NAME).write_bytes(CONTENT)
    assert download(f'{server.url}/{NAME}', tmp_path / NAME) is True
    (tmp_path / WRONG_NAME).write_bytes(CONTENT)
    with pytest.raises(ValueError, match=r'01234567.*delete it'):
        download(f'{server.url}/{WRONG_NAME}', tmp_path / WRONG_NAME)
    assert (tmp_path / WRONG_NAME).exists()
    assert server.asked == []


def test_a_missing_file_is_named_at_once(server, tmp_path):
    with pytest.raises(FileNotFoundError, match=r'/missing/model\.pth: HTTP 404'):
        download(f'{server.url}/missing/model.pth', tmp_path / 'model.pth')
    assert len(server.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_server_is_named(server, tmp_path):
    url = server.url
    server.shutdown()
    server.server_close()
    with pytest.raises(ConnectionError, match=rf'could not fetch {url}/{NAME} in 2 attempts'):
        download(f'{url}/{NAME}', tmp_path / NAME, attempts=2, wait_s=0)


def test_only_web_addresses_are_fetched(tmp_path):
    with pytest.raises(ValueError, match=r'http:// or https://'):
        download('file:///some/where', tmp_path / NAME)


def test_prefix_is_read_from_the_end_of_the_name(tmp_path):
    for name in ('point_rcnn_20211208_151344.pth', 'epoch_80.pth', 'model-0123abcd_more.pth'):
        (tmp_path / name).write_bytes(CONTENT)
        assert verify_sha256_prefix(tmp_path / name) is False
    (tmp_path / NAME).write_bytes(CONTENT)
    assert verify_sha256_prefix(str(tmp_path / NAME)) is True
    with pytest.raises(FileNotFoundError):
        verify_sha256_prefix(tmp_path / WRONG_NAME)


def test_an_answer_of_unknown_length_counts_only_with_a_hash_in_the_name(server, tmp_path):
    server.framing = 'none'
    with pytest.raises(ValueError, match=r'does not say how long .*/plain\.pth is.*SHA-256'):
        download(f'{server.url}/plain.pth', tmp_path / 'plain.pth')
    assert list(tmp_path.iterdir()) == []
    assert download(f'{server.url}/{NAME}', tmp_path / NAME) is True
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_an_answer_of_unknown_length_that_is_cut_does_not_count(server, tmp_path):
    server.framing = 'none'
    cut_every_answer(server, 1_000_000)
    with pytest.raises(ValueError, match='is damaged or is another file'):
        download(f'{server.url}/{NAME}', tmp_path / NAME)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('framing', ['length', 'chunked'])
@pytest.mark.parametrize('after', [0, 1, 1_500_000, len(CONTENT) - 1])
def test_a_cut_answer_never_counts(server, tmp_path, framing, after):
    server.framing = framing
    server.knows_ranges = False
    cut_every_answer(server, after)
    with pytest.raises(ConnectionError, match=r'could not fetch .* in 2 attempts'):
        download(f'{server.url}/plain.pth', tmp_path / 'plain.pth', attempts=2, wait_s=0)
    assert not (tmp_path / 'plain.pth').exists()
    server.cut_after = []
    assert download(f'{server.url}/plain.pth', tmp_path / 'plain.pth') is False
    assert (tmp_path / 'plain.pth').read_bytes() == CONTENT


def test_a_file_that_changed_on_the_server_is_fetched_anew(server, tmp_path):
    server.version = '"1"'
    server.cut_after = [1_000_000]
    with pytest.raises(ConnectionError):
        download(f'{server.url}/plain.pth', tmp_path / 'plain.pth', attempts=1)
    server.version, server.content = '"2"', CONTENT[::-1]
    download(f'{server.url}/plain.pth', tmp_path / 'plain.pth')
    assert (tmp_path / 'plain.pth').read_bytes() == CONTENT[::-1]
    assert [file.name for file in tmp_path.iterdir()] == ['plain.pth']


def test_the_rest_of_the_same_version_is_all_that_is_sent(server, tmp_path):
    server.version = '"1"'
    server.cut_after = [1_000_000]
    download(f'{server.url}/plain.pth', tmp_path / 'plain.pth', wait_s=0)
    assert (tmp_path / 'plain.pth').read_bytes() == CONTENT
    assert server.sent == len(CONTENT)


def test_the_earlier_import_path_answers():
    from mmdet3d.utils.download import download as moved

    assert moved is download


def test_a_file_that_was_moved_is_fetched_and_gone_on_with(server, tmp_path):
    path = tmp_path / NAME
    server.cut_after = [1_000_000]
    assert download(f'{server.url}/moved/{NAME}', path, wait_s=0) is True
    assert path.read_bytes() == CONTENT
    assert server.asked == [None, None, 'bytes=1000000-', 'bytes=1000000-']
    assert server.sent == len(CONTENT)


@pytest.mark.parametrize('where', ['around', 'off', 'missing'])
def test_a_redirection_that_leads_to_no_file_is_named(server, tmp_path, where):
    url = f'{server.url}/moved/{where}/{NAME}'
    with pytest.raises(FileNotFoundError, match=f'does not give out {url}: HTTP') as caught:
        download(url, tmp_path / NAME, wait_s=0)
    assert '\n' not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
