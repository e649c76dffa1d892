"""Loading weights that have to fit in whole: each failure is one line that names the file."""

import pytest
import torch
from torch import nn

from mmdet3d.utils.checkpoint import adapt_to_weights, load_weights


@pytest.fixture
def model() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def save(path, content) -> str:
    torch.save(content, path)
    return str(path)


def test_weights_and_meta_are_loaded(model, tmp_path):
    weights = {name: torch.full_like(value, 2) for name, value in model.state_dict().items()}
    path = save(tmp_path / 'a.pth', {'state_dict': weights, 'meta': {'CLASSES': ['a']}})
    assert load_weights(model, path) == {'CLASSES': ['a']}
    assert all((value == 2).all() for value in model.state_dict().values())


@pytest.mark.parametrize('load', [load_weights, adapt_to_weights])
@pytest.mark.parametrize(
    'content, said',
    [
        ({'model_state': {'0.weight': torch.ones(3, 2)}}, 'an OpenPCDet checkpoint'),
        ({'state_dict': [1]}, "'state_dict' is a list"),
        ({'state_dict': {}}, 'an empty dict'),
        ([1, 2], 'it is a list'),
    ],
)
def test_what_holds_no_weights_is_an_error_in_one_line(model, tmp_path, load, content, said):
    path = save(tmp_path / 'a.pth', content)
    with pytest.raises(ValueError, match=rf'a.pth holds no weights: .*{said}') as caught:
        load(model, path)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('load', [load_weights, adapt_to_weights])
def test_a_broken_file_is_an_error_in_one_line(model, tmp_path, load):
    path = tmp_path / 'a.pth'
    path.write_text('<html>')
    with pytest.raises(RuntimeError, match=r'a.pth \(6 bytes\) .*HTML') as caught:
        load(model, str(path))
    assert '\n' not in str(caught.value)


def test_what_does_not_fit_is_counted_and_named(model, tmp_path):
    weights = model.state_dict()
    weights['0.weight'] = torch.ones(4, 2)
    weights.pop('1.bias')
    weights['2.bias'] = torch.ones(1)
    expected = (
        r'1 missing \(1.bias\), 1 unexpected \(2.bias\), 1 of another shape '
        r'\(0.weight \(4, 2\), not \(3, 2\)\). Give the config'
    )
    with pytest.raises(ValueError, match=expected):
        load_weights(model, save(tmp_path / 'a.pth', weights))


@pytest.mark.parametrize('load', [load_weights, adapt_to_weights])
def test_weights_that_are_not_finite_are_refused(model, tmp_path, load):
    weights = model.state_dict()
    weights['1.bias'] = torch.tensor([0.0, float('nan'), 1.0])
    path = save(tmp_path / 'a.pth', weights)
    with pytest.raises(ValueError, match=r'a.pth: 1 of 7 weights are not finite \(1.bias, ...\)'):
        load(model, path)


def test_adapting_leaves_the_weights_for_the_run_to_load(model, tmp_path):
    before = model[0].weight.clone()
    weights = {name: torch.full_like(value, 2) for name, value in model.state_dict().items()}
    adapt_to_weights(model, save(tmp_path / 'a.pth', weights))
    assert torch.equal(model[0].weight, before)
