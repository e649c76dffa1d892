"""The ground: an uneven surface with a road, kerbs, and maybe a side street."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmdet3d.synthetic.shapes.materials import Material
from mmdet3d.synthetic.shapes.meshes import Mesh, grid_faces, make_mesh

# Height of the scanner above the ground it stands on, as on KITTI's car.
SENSOR_HEIGHT = 1.73
REACH = 125.0
_KERB_WIDTH = 0.04
_DASH, _DASH_PERIOD, _LINE_WIDTH = 3.0, 9.0, 0.12


@dataclass(frozen=True)
class Terrain:
    """A ground whose road runs along x, at ``offset + heading x + curvature x^2 / 2``.

    Road coordinates are s, the x of the nearest point of its middle, and t, metres left of it.

    Attributes:
        offset: y of the road's middle beside the origin.
        heading: slope of the road there.
        curvature: of the road, in 1/m.
        lane_width: metres.
        lanes: number per direction.
        half_width: from the middle to the kerb, parking lanes included.
        sidewalk: width of the pavement behind the kerb; 0 where grass begins.
        kerb: height of the kerb.
        bank: slope of the land beside the road.
        tilt: slopes of the ground under the car along x and y.
        waves: of shape (W, 4), amplitude in metres, wave numbers along x and y in rad/m, phase.
        side_street: x of its middle, or None.
        side_half_width: from its middle to its kerbs.
    """

    offset: float
    heading: float
    curvature: float
    lane_width: float
    lanes: int
    half_width: float
    sidewalk: float
    kerb: float
    bank: float
    tilt: tuple[float, float]
    waves: np.ndarray
    side_street: float | None
    side_half_width: float = 3.2

    def from_road(self, s: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Turn road coordinates to x and y."""
        angle = self.road_yaw(s)
        middle = self.offset + self.heading * s + self.curvature * s**2 / 2
        return s - t * np.sin(angle), middle + t * np.cos(angle)

    def road_yaw(self, s: np.ndarray) -> np.ndarray:
        """Give the direction of the road at s, in radians from x."""
        return np.arctan(self.heading + self.curvature * s)

    def lateral(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Give t, the signed distance to the road's middle (close to the road)."""
        middle = self.offset + self.heading * x + self.curvature * x**2 / 2
        return (y - middle) * np.cos(self.road_yaw(x))

    def on_side_street(self, x: float | np.ndarray, margin: float = 0.0) -> np.ndarray:
        """Tell which x lie on the side street, widened by a margin."""
        if self.side_street is None:
            return np.zeros(np.shape(x), dtype=bool)
        return np.abs(x - self.side_street) < self.side_half_width + margin

    def height(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Give the height of the ground, z in metres."""
        swell = self._swell(x, y) - self._swell_at_origin
        beside = np.abs(self.lateral(x, y)) - self.half_width
        kerb = self.kerb * np.clip(beside / _KERB_WIDTH, 0, 1) * ~self.on_side_street(x)
        bank = self.bank * np.clip(beside - self.sidewalk - 1, 0, 40)
        return -SENSOR_HEIGHT + self.tilt[0] * x + self.tilt[1] * y + swell + kerb + bank

    def _swell(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        amplitude, along_x, along_y, phase = self.waves.T
        angles = np.asarray(x)[..., None] * along_x + np.asarray(y)[..., None] * along_y + phase
        return (amplitude * np.sin(angles)).sum(axis=-1)

    @cached_property
    def _swell_at_origin(self) -> float:
        return float(self._swell(np.zeros(()), np.zeros(())))

    def material(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Tell what the ground is made of: asphalt, its markings, pavement or grass."""
        t = self.lateral(x, y)
        side = self.on_side_street(x)
        road = (np.abs(t) < self.half_width) | side
        walk = ~road & (np.abs(t) < self.half_width + self.sidewalk)
        material = np.full(np.shape(x), Material.GRASS, dtype=np.int16)
        material[walk | self.on_side_street(x, 0.8 * (self.sidewalk > 0))] = Material.PAVEMENT
        material[road] = Material.ASPHALT
        material[road & ~side & self._marked(x, t)] = Material.MARKING
        return material

    def _marked(self, x: np.ndarray, t: np.ndarray) -> np.ndarray:
        lane = np.round(t / self.lane_width)
        on_line = np.abs(t - lane * self.lane_width) < _LINE_WIDTH / 2
        outermost = np.abs(lane) == self.lanes
        dashed = np.mod(x, _DASH_PERIOD) < _DASH
        return on_line & (outermost | (dashed & (np.abs(lane) < self.lanes)))

    def mesh(self) -> Mesh:
        """Build the surface: fine near the origin and at the kerbs, coarse far away."""
        s = np.concatenate(
            [np.arange(-REACH, -60, 9), np.arange(-60, -24, 3), np.arange(-24, 36, 1.5)]
            + [np.arange(36, 72, 3), np.arange(72, REACH + 9, 9)]
        )
        edge = self.half_width
        beside = edge + np.array(
            [0, _KERB_WIDTH, 1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 48, 64, 84, 110]
        )
        inside = np.linspace(-edge, edge, max(3, int(2 * edge / 1.5)))[1:-1]
        t = np.concatenate([-beside[::-1], inside, beside])
        x, y = self.from_road(*np.meshgrid(s, t, indexing='ij'))
        vertices = np.stack([x, y, self.height(x, y)], axis=-1)
        return make_mesh(vertices, grid_faces(len(s), len(t)), Material.ASPHALT)
