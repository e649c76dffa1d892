"""What a checkpoint may hold instead of weights, and how weights fit a network."""

import warnings

import pytest
import torch
from torch import nn

from mmcv_patched.runner import load_fitting, read_weights, require_some_fit
from mmcv_patched.runner.weights import warn_of_partial_fit

OPTIMIZER = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1).state_dict()


@pytest.mark.parametrize(
    'checkpoint, said',
    [
        ([torch.ones(1)], 'a list'),
        (torch.ones(1), 'a Tensor'),
        ({}, 'an empty dict'),
        ({'state_dict': {}}, "a dict whose 'state_dict' is an empty dict"),
        ({'state_dict': [1]}, "a dict whose 'state_dict' is a list"),
        ({'state_dict': None}, "a dict whose 'state_dict' is a NoneType"),
        ({'state_dict': {'w': 1.0}}, r"'state_dict' is a dict of 'w' \(float\)"),
        ({'state_dict': {'net': {'w': torch.ones(1)}}}, r"is a dict of 'net' \(dict\)"),
        ({'state_dict': {'a': torch.ones(1), 'z': None}}, r"is a dict of 'z' \(NoneType\)"),
        ({'state_dict': {1: torch.ones(1)}}, r'is a dict of 1 \(Tensor\)'),
        ({'model_state': {'w': torch.ones(1)}, 'epoch': 3}, 'an OpenPCDet checkpoint'),
        ({'model': {'w': torch.ones(1)}}, "keeps its weights under 'model'"),
        (OPTIMIZER, "an optimizer's state"),
        ({'meta': {'epoch': 1}, 'optimizer': OPTIMIZER}, r"a dict of 'meta' \(dict\), 'optimizer'"),
    ],
)
def test_what_is_there_instead_of_weights_is_named(checkpoint, said):
    with pytest.raises(ValueError, match=rf'a.pth holds no weights: it is .*{said}') as caught:
        read_weights(checkpoint, 'a.pth')
    assert '\n' not in str(caught.value)


def test_weights_are_read_with_and_without_a_level_and_a_prefix():
    w = torch.ones(2)
    for checkpoint in ({'state_dict': {'module.w': w}}, {'w': w}, {'state_dict': {'w': w}}):
        assert read_weights(checkpoint, 'a.pth') == {'w': w}


def test_weights_of_which_none_fits_are_refused():
    model = nn.BatchNorm1d(2)
    counter = {'num_batches_tracked': torch.tensor(3), 'weight': torch.ones(3)}
    with pytest.raises(ValueError, match=r'none of the 2 weights in a.pth fits this BatchNorm1d'):
        require_some_fit(model, counter, 'a.pth')
    require_some_fit(model, {'weight': torch.ones(2)}, 'a.pth')


def test_what_fits_is_loaded_and_the_rest_is_told_once():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
    before = model[2].weight.clone()
    weights = {'0.weight': torch.zeros(2, 2), '0.bias': torch.zeros(2), 'head': torch.ones(1)}
    weights.update({f'1.{k}': v for k, v in nn.BatchNorm1d(2).state_dict().items()})
    weights.update({'2.weight': torch.zeros(5, 2), '2.bias': torch.zeros(5)})
    weights.pop('1.num_batches_tracked')
    misfit = load_fitting(model, weights)
    assert misfit.missing == []
    assert misfit.unexpected == ['head']
    assert misfit.reshaped == {'2.weight': '(5, 2), not (1, 2)', '2.bias': '(5,), not (1,)'}
    assert model[0].weight.abs().sum() == 0
    assert torch.equal(model[2].weight, before)
    expected = r'a.pth fits this Sequential in part: .* stay 2 of its 9 weights, of 2$'
    with pytest.warns(UserWarning, match=expected):
        warn_of_partial_fit(model, misfit, 'a.pth')


def test_a_whole_fit_is_silent():
    model = nn.Linear(1, 1)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        warn_of_partial_fit(model, load_fitting(model, model.state_dict()), 'a.pth')
