import json

import pytest
from PIL import Image

from mmdet3d.report import draw_learning_curves, read_losses


def write_log(folder, with_kd: bool):
    lines = [{'env_info': 'x'}]
    for epoch in (1, 2):
        for iteration in (2, 4):
            line = {'mode': 'train', 'epoch': epoch, 'iter': iteration, 'loss': 1 / iteration}
            lines.append(line | ({'loss_kd': 0.5} if with_kd else {}))
        lines.append({'mode': 'val', 'epoch': epoch, 'iter': 3})
    folder.mkdir()
    text = '\n'.join(json.dumps(line) for line in lines)
    (folder / '1.log.json').write_text(text)
    return folder


def test_losses_are_read_over_all_epochs(tmp_path):
    losses = read_losses(write_log(tmp_path / 'run', with_kd=True))
    assert losses['iter'].tolist() == [2, 4, 6, 8]
    assert losses['loss'].tolist() == [0.5, 0.25, 0.5, 0.25]
    assert losses['loss_kd'].tolist() == [0.5] * 4


def test_runs_with_different_losses_share_a_picture(tmp_path):
    runs = {'plain': write_log(tmp_path / 'a', False), 'kd': write_log(tmp_path / 'b', True)}
    path = draw_learning_curves(runs, tmp_path / 'pictures' / 'curves.png')
    width, height = Image.open(path).size
    assert width > 1.5 * height


def test_a_folder_without_a_log_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='is no folder of a run'):
        read_losses(tmp_path)


def test_losses_of_any_name_are_read(tmp_path):
    line = {'mode': 'train', 'epoch': 1, 'iter': 1, 'time': 1.0, 'bbox_loss': 0.5, 'loss': 0.5}
    (tmp_path / '1.log.json').write_text(json.dumps(line))
    assert sorted(read_losses(tmp_path)) == ['bbox_loss', 'iter', 'loss']


def test_a_run_that_logged_no_step_is_named_and_the_others_are_drawn(tmp_path):
    runs = {'plain': write_log(tmp_path / 'a', False), 'none': tmp_path / 'b'}
    (tmp_path / 'b').mkdir()
    (tmp_path / 'b' / '1.log.json').write_text('{"env_info": "x"}')
    with pytest.warns(UserWarning, match=r'/b has logged no step of training: none has no curve'):
        path = draw_learning_curves(runs, tmp_path / 'curves.png')
    assert path.stat().st_size > 1000
    with pytest.warns(UserWarning, match='none has no curve'):
        draw_learning_curves({'none': tmp_path / 'b'}, tmp_path / 'curves.png')
