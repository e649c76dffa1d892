"""A scene as one mesh into which rays can be cast."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmdet3d.synthetic.shapes.catalogue import unit_shape
from mmdet3d.synthetic.shapes.meshes import Mesh
from mmdet3d.synthetic.world.scene import Actor, Item, Scene

try:
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene
except ImportError as error:
    raise ImportError(
        f'the simulator casts its rays with embreex, which cannot be imported ({error}). '
        'Install it as requirements.txt pins it: '
        'pip install embreex==4.4.0.post1 -c requirements.txt'
    ) from error

GROUND, NOTHING = -1, -2
# KITTI's boxes leave a little room around the object.
_FILLED = np.array([0.97, 0.97, 0.985])


@dataclass(frozen=True)
class Hits:
    """What rays met first.

    Attributes:
        distance: of shape (N,) in metres; inf where a ray met nothing.
        owner: of shape (N,), what it belongs to: the number of the actor, then of the props; GROUND
            for the ground and NOTHING where a ray met nothing.
        material: of shape (N,), values of Material; 0 where a ray met nothing.
        cosine: of shape (N,), cosine of the angle between the ray and the surface's normal, 0..1.
        normal: of shape (N, 3), unit normals, turned against the ray.
    """

    distance: np.ndarray
    owner: np.ndarray
    material: np.ndarray
    cosine: np.ndarray
    normal: np.ndarray


class SceneGeometry:
    """The surfaces of a scene.

    Attributes:
        scene: the description.
        tone: (items + 2,) reflectance of tinted surfaces, indexed by the owner of a hit.
        color: (items + 2, 3) their colour.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        items = [*scene.actors, *scene.props]
        # The last two rows are those of NOTHING and GROUND, as -2 and -1 index them.
        self.tone = np.array([item.tone for item in items] + [1.0, 1.0])
        self.color = np.array([item.color for item in items] + [(1.0, 1.0, 1.0)] * 2)
        meshes = [_placed(item) for item in items]
        self._bounds = np.cumsum([0, *(len(vertices) for vertices, _ in meshes)])
        ground = scene.terrain.mesh()
        parts = [*meshes, (ground.vertices, ground)]
        self._vertices = np.concatenate([vertices for vertices, _ in parts]).astype(np.float32)
        starts = [*self._bounds]
        self._faces = np.concatenate([mesh.faces + at for (_, mesh), at in zip(parts, starts)])
        self._materials = np.concatenate([mesh.materials for _, mesh in parts])
        counts = [len(mesh.faces) for _, mesh in parts]
        self._owners = np.repeat([*range(len(items)), GROUND], counts)

    @cached_property
    def _embree(self) -> EmbreeScene:
        scene = EmbreeScene()
        TriangleMesh(scene, self._vertices, self._faces.astype(np.int32))
        return scene

    def vertices_of(self, number: int) -> np.ndarray:
        """Give the corners (V, 3) of one item's mesh."""
        return self._vertices[self._bounds[number] : self._bounds[number + 1]]

    def cast(self, origins: np.ndarray, directions: np.ndarray) -> Hits:
        """Find what rays meet first.

        Args:
            origins: where they start, of shape (N, 3) or (3,).
            directions: of shape (N, 3), unit vectors.
        """
        directions = np.ascontiguousarray(directions, dtype=np.float32)
        origins = np.broadcast_to(np.asarray(origins, dtype=np.float32), directions.shape)
        found = self._embree.run(np.ascontiguousarray(origins), directions, output=1)
        face = found['primID']
        met = face >= 0
        normal = found['Ng'] / np.maximum(np.linalg.norm(found['Ng'], axis=1, keepdims=True), 1e-12)
        cosine = np.einsum('ij,ij->i', normal, directions)
        hits = Hits(
            distance=np.where(met, found['tfar'], np.inf),
            owner=np.where(met, self._owners[face], NOTHING),
            material=np.where(met, self._materials[face], 0),
            cosine=np.abs(cosine),
            normal=np.where(cosine[:, None] > 0, -normal, normal),
        )
        self._look_up_ground(hits, origins, directions)
        return hits

    def _look_up_ground(self, hits: Hits, origins: np.ndarray, directions: np.ndarray) -> None:
        on_ground = hits.owner == GROUND
        at = origins[on_ground] + hits.distance[on_ground, None] * directions[on_ground]
        hits.material[on_ground] = self.scene.terrain.material(at[:, 0], at[:, 1])


def _placed(item: Item) -> tuple[np.ndarray, Mesh]:
    """Stretch a shape to its item's size and put it where the item stands."""
    mesh = unit_shape(item.shape)
    size = np.array(item.size) * (_FILLED if isinstance(item, Actor) else 1.0)
    x, y, z = (mesh.vertices * size).T
    cos, sin = np.cos(item.yaw), np.sin(item.yaw)
    turned = np.stack([cos * x - sin * y, sin * x + cos * y, z], axis=1)
    return turned + [item.x, item.y, item.z], mesh
