import numpy as np
import pytest
import torch
from support.kd_by_hand import check_by_hand, weights_of

from mmdet3d.models.kd import FeatureKind, KDBatch, parse_kd_cfg
from mmdet3d.models.kd.losses import AttentionNonLocal

WEIGHTS = {'attention': 0.0, 'masked': 0.0, 'relation': 0.0}


def maps() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(2, 2, 2, 3), torch.randn(2, 4, 2, 3)


def only(name: str) -> AttentionNonLocal:
    torch.manual_seed(0)
    return AttentionNonLocal(4, 2, **{**WEIGHTS, name: 1.5})


def adapted(loss, student):
    weight, bias = weights_of(loss.adapter)
    return np.einsum('oi,bihw->bohw', weight, student) + bias[:, None, None]


def test_attention_is_the_difference_of_where_and_in_which_channels():
    loss = only('attention')

    def formula(student, teacher):
        ours, total = np.abs(adapted(loss, student)), 0
        for s, t in zip(ours, np.abs(teacher)):
            total += np.linalg.norm(s.mean(axis=0) - t.mean(axis=0))
            total += np.linalg.norm(s.mean(axis=(1, 2)) - t.mean(axis=(1, 2)))
        return 1.5 * total / 2

    check_by_hand(loss, *maps(), KDBatch(), formula)


def test_the_masks_of_both_networks_weigh_the_difference_of_the_features():
    loss = only('masked')
    student, teacher = maps()
    # No gradient passes through the masks, so they are those of this very student.
    masks = [
        np.outer(*attention).reshape(4, 2, 3)
        for attention in _masks(np.abs(adapted(loss, student.numpy())), np.abs(teacher.numpy()))
    ]

    def formula(student, teacher):
        differences = adapted(loss, student) - teacher
        pairs = zip(differences, masks)
        return 1.5 * np.mean([np.sqrt((d**2 * mask).sum()) for d, mask in pairs])

    check_by_hand(loss, student, teacher, KDBatch(), formula)


def _masks(student, teacher):
    for s, t in zip(student, teacher):
        channels = s.mean(axis=(1, 2)) + t.mean(axis=(1, 2))
        cells = (s.mean(axis=0) + t.mean(axis=0)).ravel()
        yield [len(each) * _softmax(each / 0.5) for each in (channels, cells)]


def _softmax(values):
    return np.exp(values) / np.exp(values).sum()


def test_relations_are_what_each_cell_finds_in_those_like_it():
    loss = only('relation')

    def formula(student, teacher):
        ours = [_relate(loss.student_relation, each) for each in adapted(loss, student)]
        theirs = [_relate(loss.teacher_relation, each) for each in teacher]
        return 1.5 * np.mean([np.linalg.norm(s - t) for s, t in zip(ours, theirs)])

    check_by_hand(loss, *maps(), KDBatch(), formula)


def _relate(module, feature):
    cells = feature.reshape(len(feature), -1).T
    query, key, value = (
        cells @ weight.T + bias
        for weight, bias in map(weights_of, (module.query, module.key, module.value))
    )
    found = [_softmax(key @ one) @ value for one in query]
    weight, bias = weights_of(module.out)
    return np.array(found) @ weight.T + bias


def test_the_parts_add_up_and_equal_maps_have_a_finite_gradient():
    torch.manual_seed(0)
    student, teacher = maps()
    whole = AttentionNonLocal(4, 2, attention=1.0, masked=2.0, relation=3.0, loss_weight=0.5)
    parts = whole.parts(whole.adapter(student), teacher)
    expected = 0.5 * (parts['attention'] + 2 * parts['masked'] + 3 * parts['relation'])
    torch.testing.assert_close(whole(student, teacher, KDBatch()), expected)
    same = torch.rand(1, 4, 2, 3, requires_grad=True)
    sum(whole.parts(same, same.detach()).values()).backward()
    assert same.grad.isfinite().all()


def test_relations_of_a_large_map_are_sought_on_a_small_one():
    loss = AttentionNonLocal(4, 2, relation_size=4)
    assert loss(torch.randn(1, 2, 200, 176), torch.randn(1, 4, 200, 176), KDBatch()).isfinite()


def test_it_takes_maps_alone():
    terms = {'a': {'feature': 'voxels', 'loss': {'type': 'AttentionNonLocal'}}}
    with pytest.raises(ValueError, match='does not take rows of voxels'):
        parse_kd_cfg({'terms': terms}, {'voxels': FeatureKind.VOXELS}, {})
