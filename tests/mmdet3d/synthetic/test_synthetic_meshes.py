import numpy as np
import pytest

from mmdet3d.synthetic.shapes.catalogue import natural_shape, natural_size, unit_shape
from mmdet3d.synthetic.shapes.materials import Material
from mmdet3d.synthetic.shapes.meshes import (
    box,
    ellipsoid,
    extent,
    fitted,
    grid_faces,
    merge,
    mirrored,
    tube,
)
from mmdet3d.synthetic.shapes.vehicles import PROFILES

SOLIDS = {
    'box': box((0, 0, 0), (1, 2, 3), Material.WALL),
    'tube': tube((1, 2, 0), (1, 5, 3), (0.5, 0.2), Material.METAL, sides=40),
    'ellipsoid': ellipsoid((1, 1, 1), (1, 2, 3), Material.LEAF, sides=40),
    'car shell': natural_shape('sedan'),
}
VOLUMES = {
    'box': 6.0,
    'tube': np.pi * np.sqrt(18) * (0.25 + 0.1 + 0.04) / 3,
    'ellipsoid': 8 * np.pi,
}


def volume(mesh):
    """The volume that the faces enclose, if all wind the same way (divergence theorem)."""
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    return abs(np.einsum('ij,ij->i', a, np.cross(b, c)).sum()) / 6


def edge_counts(mesh):
    edges = np.sort(mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    return np.unique(edges, axis=0, return_counts=True)[1]


@pytest.mark.parametrize('name', ['box', 'tube', 'ellipsoid'])
def test_solids_are_closed_and_enclose_their_volume(name):
    assert (edge_counts(SOLIDS[name]) == 2).all()
    assert volume(SOLIDS[name]) == pytest.approx(VOLUMES[name], rel=0.02)


def test_grid_covers_each_cell_with_two_triangles():
    faces = grid_faces(3, 4)
    assert len(faces) == 12
    assert set(faces.ravel()) == set(range(12))


def test_merging_keeps_every_triangle_and_material():
    first, second = SOLIDS['box'], SOLIDS['tube']
    both = merge([first, second])
    corners = both.vertices[both.faces]
    np.testing.assert_array_equal(corners[: len(first.faces)], first.vertices[first.faces])
    np.testing.assert_array_equal(corners[len(first.faces) :], second.vertices[second.faces])
    assert set(both.materials) == {Material.WALL, Material.METAL}


def test_mirroring_turns_left_to_right_and_keeps_the_outside_outside():
    mesh = SOLIDS['car shell']
    assert np.allclose(mirrored(mesh).vertices[:, 1], -mesh.vertices[:, 1])
    assert volume(mirrored(mesh)) == pytest.approx(volume(mesh))


def test_fitting_fills_the_unit_box():
    unit = fitted(SOLIDS['tube'])
    np.testing.assert_allclose(unit.vertices.min(axis=0), [-0.5, -0.5, 0], atol=1e-12)
    np.testing.assert_allclose(unit.vertices.max(axis=0), [0.5, 0.5, 1], atol=1e-12)


@pytest.mark.parametrize('body', PROFILES)
def test_cars_have_wheels_on_the_ground_windows_and_a_believable_size(body):
    mesh = natural_shape(body)
    length, width, height = natural_size(body)
    assert 3.2 < length < 5.2 and 1.5 < width < 2.0 and 1.3 < height < 2.3
    assert mesh.vertices[:, 2].min() == pytest.approx(0, abs=1e-9)
    assert {Material.PAINT, Material.GLASS, Material.RUBBER} <= set(mesh.materials)
    assert 100 < len(mesh.faces) < 1000


@pytest.mark.parametrize(
    ('name', 'low', 'high'),
    [
        ('pedestrian/13', (0.5, 0.4, 1.6), (1.2, 0.9, 1.9)),
        ('cyclist/2', (1.6, 0.5, 1.5), (2, 0.8, 2)),
    ],
)
def test_people_have_natural_proportions(name, low, high):
    size = natural_size(name)
    assert (size > np.array(low)).all() and (size < np.array(high)).all()


def test_a_longer_stride_makes_a_longer_pedestrian():
    assert natural_size('pedestrian/13')[0] > 1.5 * natural_size('pedestrian/0')[0]


def test_shapes_do_not_depend_on_who_asked_for_others_before():
    vertices = natural_shape('tree/1').vertices
    natural_shape.cache_clear()
    natural_shape('tree/0')
    np.testing.assert_array_equal(natural_shape('tree/1').vertices, vertices)
    assert extent(unit_shape('tree/1')) == pytest.approx([1, 1, 1])


def test_unknown_shape_is_refused():
    with pytest.raises(KeyError, match='unicorn'):
        natural_shape('unicorn/1')
