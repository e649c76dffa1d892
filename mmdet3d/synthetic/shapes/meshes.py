"""Triangle meshes and the solids they are put together from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mmdet3d.synthetic.shapes.materials import Material


@dataclass(frozen=True)
class Mesh:
    """Triangles with a material each.

    Attributes:
        vertices: float64 of shape (V, 3) in metres.
        faces: int32 of shape (F, 3), indices of vertices.
        materials: int16 of shape (F,), values of :class:`Material`.
    """

    vertices: np.ndarray
    faces: np.ndarray
    materials: np.ndarray


def make_mesh(vertices: ArrayLike, faces: ArrayLike, material: Material | np.ndarray) -> Mesh:
    """Build a mesh from anything array-like, of one material or of one per face."""
    triangles = np.asarray(faces, dtype=np.int32).reshape(-1, 3)
    materials = np.broadcast_to(np.asarray(material, dtype=np.int16), len(triangles)).copy()
    return Mesh(np.asarray(vertices, dtype=np.float64).reshape(-1, 3), triangles, materials)


def merge(meshes: Sequence[Mesh]) -> Mesh:
    """Join meshes into one."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts)]).astype(
            np.int32
        ),
        np.concatenate([mesh.materials for mesh in meshes]),
    )


def moved(mesh: Mesh, offset: Sequence[float]) -> Mesh:
    """Shift a mesh by (x, y, z)."""
    return Mesh(mesh.vertices + np.asarray(offset), mesh.faces, mesh.materials)


def mirrored(mesh: Mesh) -> Mesh:
    """Mirror a mesh from left to right (y becomes -y)."""
    return Mesh(mesh.vertices * [1, -1, 1], mesh.faces[:, ::-1], mesh.materials)


def fitted(mesh: Mesh) -> Mesh:
    """Move and stretch a mesh to x and y in -0.5..0.5 and z in 0..1."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    unit = (mesh.vertices - low) / (high - low) - [0.5, 0.5, 0]
    return Mesh(unit, mesh.faces, mesh.materials)


def extent(mesh: Mesh) -> np.ndarray:
    """Give the size of a mesh along x, y and z."""
    return np.ptp(mesh.vertices, axis=0)


def grid_faces(rows: int, columns: int) -> np.ndarray:
    """List the triangles of a grid of rows x columns vertices, two per cell."""
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    a, b, c, d = corner, corner + 1, corner + columns, corner + columns + 1
    return np.stack([np.stack([a, b, d], 1), np.stack([a, d, c], 1)], 1).reshape(-1, 3)


def box(low: Sequence[float], high: Sequence[float], material: Material) -> Mesh:
    """Build a box between two corners, axes-aligned."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    vertices = np.asarray(low) + corners * (np.asarray(high, dtype=float) - np.asarray(low))
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = [triangle for a, b, c, d in quads for triangle in ((a, b, c), (a, c, d))]
    return make_mesh(vertices, faces, material)


def quad(corners: ArrayLike, material: Material) -> Mesh:
    """Build a flat patch from its four corners, in the order around it."""
    return make_mesh(corners, [(0, 1, 2), (0, 2, 3)], material)


def tube(
    start: ArrayLike,
    end: ArrayLike,
    radii: tuple[float, float],
    material: Material,
    sides: int = 6,
) -> Mesh:
    """Build a closed, straight, tapered tube.

    Args:
        start: middle of one end.
        end: middle of the other.
        radii: radius at either end, in metres.
        material: of the whole.
        sides: of its cross-section.
    """
    low, high = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    axis = (high - low) / np.linalg.norm(high - low)
    helper = np.eye(3)[np.argmin(np.abs(axis))]
    across = np.cross(axis, helper)
    across /= np.linalg.norm(across)
    angles = np.arange(sides) * 2 * np.pi / sides
    ring = np.cos(angles)[:, None] * across + np.sin(angles)[:, None] * np.cross(axis, across)
    return loft(np.stack([low + radii[0] * ring, high + radii[1] * ring]), material)


def loft(rings: np.ndarray, material: Material | np.ndarray) -> Mesh:
    """Span a closed skin over rings of points, with caps at both ends.

    Args:
        rings: of shape (R, S, 3), cross-sections of S points each.
        material: of the whole, or (R - 1, S) of each four-sided patch; the caps take the
            material of the first patch beside them.

    Returns:
        the mesh, with 2 (R - 1) S + 2 (S - 2) faces.
    """
    count, sides, _ = rings.shape
    materials = np.broadcast_to(np.asarray(material), (count - 1, sides))
    first = np.arange(count - 1)[:, None] * sides + np.arange(sides)
    after = np.arange(count - 1)[:, None] * sides + (np.arange(sides) + 1) % sides
    skin = np.stack(
        [
            np.stack([first, after, after + sides], -1),
            np.stack([first, after + sides, first + sides], -1),
        ],
        axis=-2,
    )
    fan = np.stack([np.zeros(sides - 2), np.arange(1, sides - 1), np.arange(2, sides)], 1)
    faces = np.concatenate([skin.reshape(-1, 3), fan[:, ::-1], fan + (count - 1) * sides])
    caps = [np.full(sides - 2, materials[end, 0]) for end in (0, -1)]
    return make_mesh(rings, faces, np.concatenate([np.repeat(materials.ravel(), 2), *caps]))


def ellipsoid(centre: ArrayLike, radii: ArrayLike, material: Material, sides: int = 8) -> Mesh:
    """Build a closed ellipsoid with axes along x, y and z."""
    heights = np.linspace(-1, 1, sides // 2 + 1)[:, None] * 0.999
    angles = np.arange(sides) * 2 * np.pi / sides
    wide = np.sqrt(1 - heights**2)
    ring = np.stack(np.broadcast_arrays(wide * np.cos(angles), wide * np.sin(angles), heights), -1)
    return loft(np.asarray(centre) + ring * np.asarray(radii), material)


def scraps(
    rng: np.random.Generator, count: int, radii: Sequence[float], size: float, material: Material
) -> Mesh:
    """Scatter triangles in an ellipsoid around the origin: foliage, with gaps to see through.

    Args:
        rng: decides where.
        count: of triangles.
        radii: of the ellipsoid along x, y and z, in metres.
        size: of a triangle, in metres.
        material: of the whole.
    """
    way = rng.normal(size=(count, 3))
    way *= (rng.random((count, 1)) ** 0.4) / np.linalg.norm(way, axis=1, keepdims=True)
    corners = way[:, None] * np.asarray(radii) + rng.normal(0, size / 2, (count, 3, 3))
    return make_mesh(corners, np.arange(3 * count), material)
