"""Names that packages still answer to, although they live on a higher floor."""

from importlib import import_module

import pytest

MOVED = {
    'mmdet3d.apis': (
        'mmdet3d.report',
        ('RunFigures', 'count_multiply_adds', 'format_table', 'measure_run'),
    ),
    'mmdet3d.core.visualizer': ('mmdet3d.report', ('draw_learning_curves', 'read_losses')),
    'mmdet3d.ops': (
        'mmdet3d.models.layers.sync_norm',
        ('NaiveSyncBatchNorm1d', 'NaiveSyncBatchNorm2d'),
    ),
}


@pytest.mark.parametrize(
    'package, name', [(package, name) for package in MOVED for name in MOVED[package][1]]
)
def test_a_moved_name_is_the_one_of_its_new_home(package, name):
    home = import_module(MOVED[package][0])
    assert getattr(import_module(package), name) is getattr(home, name)


@pytest.mark.parametrize('package', MOVED)
def test_a_name_that_a_package_never_had_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nothing'"):
        _ = import_module(package).nothing
