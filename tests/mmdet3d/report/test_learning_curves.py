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
