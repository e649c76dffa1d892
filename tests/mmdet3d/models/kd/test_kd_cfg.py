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
            r"terms.a.loss.type='L1': allowed are .*'LocalGraph'",
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


@pytest.mark.parametrize(
    'options, message',
    [
        ({'num_voxels': 'many'}, "kd_cfg: num_voxels='many': expected int"),
        ({'num_voxels': 0}, 'kd_cfg: num_voxels=0: it has to be positive'),
        ({'kneighbours': 0}, 'kneighbours=0: it has to be positive'),
        ({'kneighbours': 2.5}, 'kneighbours=2.5: expected int'),
        ({'kneighbours': True}, 'kneighbours=True: expected int'),
        ({'temperature': 0}, 'temperature=0: it has to be positive'),
        ({'temperature': -1.0}, 'temperature=-1.0: it has to be positive'),
        ({'temperature': float('nan')}, 'temperature=nan: expected float'),
        ({'compression_ratio': 0}, 'compression_ratio=0: it has to be positive'),
        ({'compression_ratio': '4'}, "compression_ratio='4': expected float or None"),
        ({'out_channels': 0}, 'out_channels=0: it has to be positive'),
        ({'loss_weight': '2'}, "loss_weight='2': expected float"),
        ({'loss_weight': -2}, 'loss_weight=-2: it must not be negative'),
        ({'fuse_mode': 'add'}, "fuse_mode='add': allowed are identity, sub"),
        ({'scope': 'world'}, "scope='world': allowed are batch, frame"),
        ({'scope': None}, 'scope=None: expected str'),
        ({'terms': 3}, 'kd_cfg.terms=3: expected a section'),
        ({'terms': {'a': 3}}, 'kd_cfg.terms.a=3: expected a section'),
        ({'terms': {'a': {**EXTRA, 'level': 'x'}}}, "terms.a.level='x': expected int or None"),
        (
            {'terms': {'a': {**EXTRA, 'loss': dict(type='LocalGraph', temperature=0)}}},
            'kd_cfg.terms.a.loss: temperature=0',
        ),
    ],
)
def test_a_value_is_judged_where_the_config_is_read(options, message):
    with pytest.raises(ValueError, match=message):
        parse(**{**RELEASED, **options})


def test_what_the_released_configs_spell_otherwise_is_understood():
    parse(**{**RELEASED, 'fuse_mode': 'idendity', 'temperature': 1, 'compression_ratio': None})
