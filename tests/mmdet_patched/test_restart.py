import os

import mmcv
import pytest
import torch

from mmdet_patched.apis import find_start
from mmdet_patched.apis.restart import newest_checkpoint


def save(folder, name, iteration, **more):
    meta = {'epoch': iteration // 10, 'iter': iteration, **more}
    torch.save({'state_dict': {'w': torch.ones(1)}, 'meta': meta}, folder / name)


@pytest.fixture
def folder(tmp_path):
    for epoch in (1, 2, 10):
        save(tmp_path, f'epoch_{epoch}.pth', 10 * epoch)
    return tmp_path


def test_the_run_goes_on_from_the_checkpoint_that_went_furthest(folder):
    assert newest_checkpoint(str(folder)) == str(folder / 'epoch_10.pth')
    save(folder, 'iter_95.pth', 95)
    assert newest_checkpoint(str(folder)) == str(folder / 'epoch_10.pth')
    save(folder, 'iter_104.pth', 104)
    assert newest_checkpoint(str(folder)) == str(folder / 'iter_104.pth')


@pytest.mark.parametrize(
    'content, named',
    [
        (lambda whole: whole[: len(whole) // 2], 'cannot be loaded'),
        (lambda whole: b'', 'empty'),
        (lambda whole: os.urandom(300), 'cannot be loaded'),
        (lambda whole: bytes(len(whole)), 'zeros'),
    ],
    ids=['cut', 'empty', 'garbage', 'zeros'],
)
def test_a_broken_checkpoint_is_named_and_the_one_before_is_taken(folder, content, named):
    path = folder / 'epoch_10.pth'
    path.write_bytes(content(path.read_bytes()))
    with pytest.warns(UserWarning, match=rf'passes over .*epoch_10\.pth.*{named}'):
        assert newest_checkpoint(str(folder)) == str(folder / 'epoch_2.pth')


@pytest.mark.parametrize(
    'content', [[1], {'meta': {'iter': 9}}, {'state_dict': {}}, {'state_dict': {}, 'meta': [1]}]
)
def test_a_file_that_is_no_checkpoint_of_a_run_is_passed_over(folder, content):
    torch.save(content, folder / 'epoch_11.pth')
    with pytest.warns(UserWarning, match='no checkpoint of a run'):
        assert newest_checkpoint(str(folder)) == str(folder / 'epoch_10.pth')


def test_files_of_other_names_and_a_dangling_link_are_passed_over_in_silence(folder, recwarn):
    for name in ('best.pth', 'best_KITTI_mAP_epoch_12.pth', 'epoch_x.pth', 'model_final.pth'):
        (folder / name).write_bytes(b'x')
    (folder / 'latest.pth').symlink_to('epoch_12.pth')
    assert newest_checkpoint(str(folder)) == str(folder / 'epoch_10.pth')
    assert not recwarn.list


def test_a_copy_called_latest_is_taken_where_there_is_no_other(tmp_path):
    save(tmp_path, 'latest.pth', 5)
    assert newest_checkpoint(str(tmp_path)) == str(tmp_path / 'latest.pth')


def test_a_folder_without_checkpoints_begins_anew(tmp_path):
    assert newest_checkpoint(str(tmp_path)) is None
    assert newest_checkpoint(str(tmp_path / 'none')) is None


def test_what_is_named_goes_before_what_is_found(folder):
    cfg = mmcv.Config(dict(work_dir=str(folder), auto_resume=True, load_from='other.pth'))
    assert find_start(cfg) == (str(folder / 'epoch_10.pth'), True)
    cfg.resume_from = 'mine.pth'
    assert find_start(cfg) == ('mine.pth', True)
    cfg.update(resume_from=None, auto_resume=False)
    assert find_start(cfg) == ('other.pth', False)
