"""Recording a world: the clouds of its sweeps, and what each object shows at the key frames."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from mmdet3d.datasets.point_files import read_points, write_points
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes
from mmdet3d.synthetic.nuscenes.layout import random_world
from mmdet3d.synthetic.nuscenes.rig import (
    SENSOR_FROM_BEAMS,
    beams_pose,
    ego_from_lidar,
    sweep_time,
    sweeps_of,
)
from mmdet3d.synthetic.nuscenes.world import World
from mmdet3d.synthetic.sensors.lidar import hdl32e, scan
from mmdet3d.synthetic.world.geometry import SceneGeometry
from mmdet3d.synthetic.world.scene import Actor

# Objects beyond this distance from the recording car, in metres, are not annotated.
MAX_DISTANCE = 75.0
# Corners per object to which the scanner's view is checked.
_PROBES = 48


@dataclass(frozen=True)
class SceneJob:
    """A scene to record.

    Attributes:
        out_dir: the root of the dataset.
        seed: of the dataset.
        scene: number of the scene.
        samples: key frames of the scene.
        steps: azimuths per turn of the scanner.
    """

    out_dir: Path
    seed: int
    scene: int
    samples: int
    steps: int

    def timestamp(self, sweep: int) -> int:
        """Microseconds since 1970 of a sweep; scenes are an hour apart."""
        return 1_600_000_000_000_000 + self.scene * 3_600_000_000 + round(1e6 * sweep_time(sweep))

    def cloud_path(self, sweep: int, sample: int) -> str:
        """Where the cloud of a sweep lies below ``out_dir``."""
        folder = 'samples' if sweep == sweeps_of(sample)[-1] else 'sweeps'
        log = f'n000-{self.seed:06d}-{self.scene:02d}'
        return f'{folder}/LIDAR_TOP/{log}__LIDAR_TOP__{self.timestamp(sweep)}.pcd.bin'


@dataclass(frozen=True)
class KeyFrame:
    """What the objects show at a key frame.

    Attributes:
        num_points: points in the box of each object near enough, under its number.
        visible: share of each that the scanner sees, 0..1.
    """

    num_points: dict[int, int]
    visible: dict[int, float]


@lru_cache(maxsize=2)
def world_of(seed: int, scene: int, samples: int) -> World:
    """Draw the world of a scene; the same in every process."""
    return random_world(
        np.random.default_rng([seed, scene]), sweep_time(sweeps_of(samples - 1)[-1])
    )


def record_sample(job: SceneJob, sample: int) -> tuple[int, int, KeyFrame, int]:
    """Write the sweeps of a sample that are not there yet, and look at its key frame.

    Args:
        job: the scene.
        sample: number of the sample.

    Returns:
        the numbers of the scene and of the sample, the key frame, and how many clouds were written.
    """
    world = world_of(job.seed, job.scene, job.samples)
    written = 0
    for sweep in sweeps_of(sample):
        path = job.out_dir / job.cloud_path(sweep, sample)
        if not path.is_file():
            write_points(path, record_sweep(world, job, sweep))
            written += 1
    points = read_points(job.out_dir / job.cloud_path(sweep, sample), num_features=5)
    return job.scene, sample, look_at(world, sweep_time(sweep), points), written


def record_sweep(world: World, job: SceneJob, sweep: int) -> np.ndarray:
    """Scan the world once.

    Args:
        world: what is around.
        job: the scene it belongs to.
        sweep: number of the sweep.

    Returns:
        float32 (N, 5): x, y, z in the scanner's frame in metres, intensity 0..255, and ring, 0 for
        the lowest beam, as nuScenes stores them.
    """
    time = sweep_time(sweep)
    rng = np.random.default_rng([job.seed, job.scene, sweep, 1])
    scanner = hdl32e(job.steps)
    scene, _ = world.scene(time)
    turn = scan(SceneGeometry(scene), scanner, rng, beams_pose(world.ego_pose(time)))
    points = np.empty((len(turn.points), 5), dtype=np.float32)
    points[:, :3] = turn.points[:, :3] @ SENSOR_FROM_BEAMS.T
    # This scanner's intensities are small but for reflectors; a power of 2.4 has their quartiles.
    points[:, 3] = np.round(255 * turn.points[:, 3] ** 2.4)
    points[:, 4] = len(scanner.elevations) - 1 - turn.beam
    return points


def look_at(world: World, time: float, points: np.ndarray) -> KeyFrame:
    """Count the points on the objects and find which share of each is in view.

    Args:
        world: what is around.
        time: in seconds.
        points: of shape (N, 3 or more), in the scanner's frame.
    """
    pose = world.ego_pose(time) @ ego_from_lidar()
    here = points[:, :3].astype(np.float64) @ pose[:3, :3].T + pose[:3, 3]
    scene, numbers = world.scene(time)
    near = [
        (index, number)
        for index, (number, actor) in enumerate(zip(numbers, scene.actors))
        if np.hypot(actor.x - pose[0, 3], actor.y - pose[1, 3]) < MAX_DISTANCE
    ]
    boxes = np.array([_box(scene.actors[index]) for index, _ in near]).reshape(-1, 7)
    inside = points_in_boxes(here.astype(np.float32), boxes.astype(np.float32)).sum(axis=0)
    shares = _visible_shares(SceneGeometry(scene), [index for index, _ in near], pose[:3, 3])
    named = [number for _, number in near]
    return KeyFrame(dict(zip(named, map(int, inside))), dict(zip(named, shares)))


def _box(actor: Actor) -> tuple[float, ...]:
    return actor.x, actor.y, actor.z, *actor.size, actor.yaw


def _visible_shares(geometry: SceneGeometry, actors: list[int], eye: np.ndarray) -> list[float]:
    """Cast rays to corners of each mesh: how many meet nothing else before?"""
    probes = [_some(geometry.vertices_of(actor)) for actor in actors]
    if not probes:
        return []
    owner = np.repeat(actors, [len(each) for each in probes])
    way = np.concatenate(probes) - eye
    distance = np.linalg.norm(way, axis=1)
    hits = geometry.cast(eye, way / distance[:, None])
    seen = (hits.owner == owner) | (hits.distance > distance - 0.02)
    return [float(seen[owner == actor].mean()) for actor in actors]


def _some(vertices: np.ndarray) -> np.ndarray:
    return vertices[:: max(1, len(vertices) // _PROBES)].astype(np.float64)
