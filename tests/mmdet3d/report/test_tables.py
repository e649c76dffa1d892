"""Tables of runs: their columns are those of the data set."""

import pytest

from mmdet3d.datasets import Custom3DDataset, KittiDataset, NuScenesDataset, TableColumn
from mmdet3d.report import RunFigures, format_table

CLASSES = ('Pedestrian', 'Car')
KITTI_FIGURES = {
    f'KITTI/{name}_{view}_AP40_moderate_strict': value
    for name, view, value in (
        ('Pedestrian', 'BEV', 10.0),
        ('Car', 'BEV', 71.26),
        ('Pedestrian', '3D', 5.0),
        ('Car', '3D', 60.0),
    )
}
NUSCENES_FIGURES = {
    f'pts_bbox_NuScenes/{name}': value
    for name, value in (
        *(('mAP', 0.3456), ('NDS', 0.5), ('mATE', 0.1), ('mASE', 0.2)),
        *(('mAOE', 0.3), ('mAVE', float('nan')), ('mAAE', 0.5)),
    )
}


def run(name: str, figures: dict) -> RunFigures:
    return RunFigures(name, 1_217_352, 9.04e9, 12.34, figures, [])


def columns_of(kind: type, classes=CLASSES) -> list[TableColumn]:
    """The columns of a data set that needs no files."""
    dataset = kind.__new__(kind)
    dataset.CLASSES = classes
    return dataset.table_columns()


def test_kitti_shows_every_class_from_above_and_in_3d_and_the_means():
    table = format_table([run('a', KITTI_FIGURES)], columns_of(KittiDataset))
    assert table == (
        '| model | params (M) | multiply-adds (G) | Pedestrian BEV | Car BEV | Pedestrian 3D '
        '| Car 3D | mean BEV | mean 3D | frames/s |\n'
        '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n'
        '| a | 1.217 | 9.04 | 10.0 | 71.3 | 5.0 | 60.0 | 40.6 | 32.5 | 12.3 |'
    )


def test_figures_of_pts_bbox_stand_in_the_same_columns():
    prefixed = {f'pts_bbox/{name}': value for name, value in KITTI_FIGURES.items()}
    runs = [run('a', KITTI_FIGURES), run('a', prefixed)]
    first, second = format_table(runs, columns_of(KittiDataset)).splitlines()[2:]
    assert first == second


def test_nuscenes_shows_map_nds_and_the_five_errors():
    table = format_table([run('a', NUSCENES_FIGURES)], columns_of(NuScenesDataset))
    head, _, row = table.splitlines()
    assert head.split(' | ')[3:-1] == ['mAP', 'NDS', 'mATE', 'mASE', 'mAOE', 'mAVE', 'mAAE']
    assert row.split(' | ')[3:-1] == ['0.346', '0.500', '0.100', '0.200', '0.300', 'nan', '0.500']


def test_a_figure_that_a_run_lacks_is_a_dash_and_so_is_a_mean_over_it():
    cars = {name: value for name, value in KITTI_FIGURES.items() if 'Car' in name}
    row = format_table([run('cars', cars)], columns_of(KittiDataset)).splitlines()[2]
    assert row.split(' | ')[3:-1] == ['-', '71.3', '-', '60.0', '-', '-']


def test_a_users_data_set_shows_all_figures_unless_it_names_some():
    class Inherited(KittiDataset):
        pass

    class Own(Custom3DDataset):
        def table_columns(self):
            return [TableColumn('best', ('own/best',), '.2f')]

    assert columns_of(Inherited) == columns_of(KittiDataset)
    runs = [run('a', {'own/best': 1.5, 'own/rest': 2.25}), run('b', {'own/more': 3.0})]
    table = format_table(runs, columns_of(Custom3DDataset)).splitlines()
    assert table[0].split(' | ')[3:-1] == ['own/best', 'own/rest', 'own/more']
    assert [row.split(' | ')[3:-1] for row in table[2:]] == [['1.5', '2.25', '-'], ['-', '-', '3']]
    table = format_table(runs, columns_of(Own)).splitlines()
    assert [row.split(' | ')[3:-1] for row in table] == [['best'], ['---'], ['1.50'], ['-']]


@pytest.mark.parametrize('kind', [KittiDataset, NuScenesDataset])
def test_a_run_without_figures_has_a_row_all_the_same(kind):
    row = format_table([run('a', {})], columns_of(kind)).splitlines()[2]
    assert set(row.split(' | ')[3:-1]) == {'-'}
