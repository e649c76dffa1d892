import pytest

from mmdet3d.models.kd import FeatureKind, LocalGraph, parse_kd_cfg

FEATURES = {'voxel_features': FeatureKind.VOXELS, 'head_outputs': FeatureKind.OUTPUTS}
TYPES = {'PointPillars': {'voxel': {'feature': 'voxel_features', 'loss': {'type': 'LocalGraph'}}}}
RELEASED = dict(
    type='PointPillars',
    compression_ratio=4,
    num_voxels=6000,
    kneighbours=128,
    temperature=1e-2,
)
EXTRA = dict(feature='voxel_features', loss=dict(type='LocalGraph', num_voxels=5))


def parse(**kd_cfg):
    return parse_kd_cfg(kd_cfg, FEATURES, TYPES)


def test_no_kd_cfg_is_no_terms():
    assert parse_kd_cfg(None, FEATURES, TYPES) == {}


def test_every_released_key_reaches_the_loss():
    (term,) = parse(**{**RELEASED, 'num_voxels': 77, 'kneighbours': 9, 'temperature': 0.5}).values()
    loss = term.build(teacher_channels=64, student_channels=20)
    assert isinstance(loss, LocalGraph)
    assert (loss.num_voxels, loss.kneighbours, loss.temperature) == (77, 9, 0.5)
    assert loss.teacher_gcn_adapt.conv.in_channels == 2 * 64
    assert loss.student_gcn_adapt.conv.in_channels == 2 * 20
    assert loss.student_gcn_adapt.conv.out_channels == 32


def test_terms_add_to_the_standard_one_or_stand_alone():
    assert list(parse(**RELEASED, terms=dict(extra=EXTRA))) == ['voxel', 'extra']
    assert list(parse(terms=dict(extra=EXTRA))) == ['extra']


@pytest.mark.parametrize(
    'kd_cfg, message',
    [
        ({**RELEASED, 'num_voxel': 5}, r"unknown keys \['num_voxel'\]: allowed are .*num_voxels"),
        ({**RELEASED, 'type': 'PointPilars'}, r"'PointPilars': allowed are \['PointPillars'\]"),
        ({'num_voxels': 5}, r"has \['num_voxels'\] without a type"),
        ({}, 'names no term'),
        ({'terms': {'a': {'feature': 'voxel_features'}}}, 'terms.a needs feature and loss'),
        (
            {'terms': {'a': {'feature': 'maps', 'loss': {'type': 'LocalGraph'}}}},
            r"terms.a.feature='maps': allowed are \['head_outputs', 'voxel_features'\]",
        ),
        (
            {'terms': {'a': {'feature': 'voxel_features', 'loss': {'type': 'L1'}}}},
            r"terms.a.loss.type='L1': allowed are \['LocalGraph'\]",
        ),
        (
            {'terms': {'a': {'feature': 'voxel_features', 'loss': {'type': 'LocalGraph', 'k': 1}}}},
            r"terms.a.loss has unknown keys \['k'\]: allowed are .*kneighbours",
        ),
        (
            {'terms': {'a': {'feature': 'head_outputs', 'loss': {'type': 'LocalGraph'}}}},
            r"does not take head outputs, such as head_outputs; it takes .*\['voxel_features'\]",
        ),
        ({'terms': {'closs': EXTRA}}, 'added to the total a second time'),
        ({'terms': {'a.b': EXTRA}}, "'a.b' cannot name a term"),
        ({'terms': {'keys': EXTRA}}, "'keys' cannot name a term"),
    ],
)
def test_what_is_not_understood_is_an_error_that_lists_what_is(kd_cfg, message):
    with pytest.raises(ValueError, match=message):
        parse(**kd_cfg)
