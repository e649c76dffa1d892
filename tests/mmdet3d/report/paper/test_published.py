"""The published figures are those of the reference, and each section says where they are from."""

from types import SimpleNamespace

import pytest
import yaml

from mmdet3d.report.paper import read_published
from mmdet3d.report.paper.published import author_log, published_figures, published_size

NAMES = {'pointpillars': 'PointPillars', 'second': 'SECOND', 'point_rcnn': 'PointRCNN'}
METHODS = {
    'romero_fitnets': 'FitNets',
    'zagoruyko_at': 'AttentionTransfer',
    'zheng_se_ssd': 'Consistency',
    'tung_sp': 'SimilarityPreserving',
    'tian_crd': 'CRD',
    'heo_overhaul': 'Overhaul',
    'zhang_ma_iclr21': 'AttentionNonLocal',
}
ABLATION = {'ld_only': "LocalGraph(reweight='none')", 'rl_only': 'LocalGraph(local=False)'}
TABLES = {'table_1': 'bev', 'table_2': '3d'}


@pytest.fixture(scope='module')
def reference(reference_dir) -> dict:
    return yaml.safe_load((reference_dir / 'paper_results.yml').read_text())


def rows(section: str) -> dict[tuple, list[float]]:
    found = read_published()[section]['rows']
    assert len({(r['detector'], r['compression'], r['kd']) for r in found}) == len(found)
    return {(row['detector'], row['compression'], row['kd']): row['figures'] for row in found}


def key(name: str) -> tuple[int, str]:
    """Compression and loss of a row of the reference, such as ``student_4x_kd``."""
    compression = 1 if name == 'teacher' else int(name.split('_')[1].removesuffix('x'))
    return compression, 'LocalGraph' if name.endswith('_kd') else 'none'


def test_every_figure_is_that_of_the_reference(reference):
    for section, view in TABLES.items():
        assert rows(section) == {
            (NAMES[detector], *key(name)): row[view]
            for detector, of_detector in reference['kitti'].items()
            for name, row in of_detector.items()
        }
    for view in TABLES.values():
        methods, halves = (
            {('PointPillars', 4, names[name]): row[view] for name, row in reference[part].items()}
            for names, part in (
                (METHODS, 'kitti_methods_pointpillars_4x'),
                (ABLATION, 'kitti_ablation_pointpillars_4x'),
            )
        )
        assert rows(f'table_3_{view}') == methods
        assert rows(f'table_5_{view}') == halves
    nuscenes = reference['nuscenes_pointpillars']
    assert rows('table_4') == {('PointPillars', *key(name)): row for name, row in nuscenes.items()}
    assert read_published()['author_log']['figures'] == reference['author_log_pointpillars_16x_kd']


def test_every_size_is_that_of_the_reference(reference):
    expected = {
        (NAMES[detector], key(name)[0], row['flops'], row['params'])
        for detector, of_detector in reference['kitti'].items()
        for name, row in of_detector.items()
    }
    sizes = read_published()['networks']['rows']
    assert {tuple(row.values()) for row in sizes} == expected


def test_every_section_names_its_source():
    for name, section in read_published().items():
        expected = 'issue 12 of the release' if name == 'author_log' else 'arXiv 2205.11098, table'
        assert section['source'].startswith(expected), name


@pytest.mark.parametrize(
    'parameters, compression, is_published',
    [(308_680, 16, True), (1_217_352, 4, True), (308_680, 4, False), (4_834_888, 1, True)],
)
def test_a_network_is_published_if_it_has_the_size_of_the_papers(
    parameters, compression, is_published
):
    row = SimpleNamespace(
        detector='PointPillars',
        compression=compression,
        is_nuscenes=False,
        sizes=(SimpleNamespace(parameters=parameters),),
        method=SimpleNamespace(name='LocalGraph' if compression > 1 else 'none'),
    )
    assert (published_size(row) is not None) == is_published
    assert (published_figures('table_2', row) is not None) == is_published
    is_logged = compression == 16 and is_published
    assert ('63.50' in (author_log(row, 'bev') or '')) == is_logged
