"""Meshes of pedestrians and cyclists; x points ahead, y left, z up, the ground is z = 0."""

import numpy as np
from numpy.typing import ArrayLike

from mmdet3d.synthetic.shapes.materials import Material
from mmdet3d.synthetic.shapes.meshes import Mesh, box, ellipsoid, loft, merge, tube
from mmdet3d.synthetic.shapes.vehicles import bicycle

_HIP, _SHOULDER = 0.90, 1.42


def pedestrian(stride: float, with_bag: bool = False) -> Mesh:
    """Build a person 1.75 m tall.

    Args:
        stride: angle of the legs to the vertical in radians; 0 stands still, 0.45 walks fast.
            Negative: the other leg is ahead.
        with_bag: carries a rucksack.
    """
    parts = [_torso((0, 0, _HIP - 0.04), (0.03, 0, _SHOULDER + 0.04)), *_head((0.05, 0))]
    for side in (-1, 1):
        parts += _leg(side * 0.10, side * stride)
        parts += _arm(side * 0.21, -side * stride * 0.9)
    if with_bag:
        parts.append(box((-0.30, -0.15, 1.0), (-0.12, 0.15, 1.42), Material.COAT))
    return merge(parts)


def _torso(low: ArrayLike, high: ArrayLike) -> Mesh:
    """Build a body of oval cross-sections: hips, waist, chest, shoulders."""
    angles = np.arange(8) * np.pi / 4
    shares, depths, widths = (0, 0.35, 0.75, 1), (0.13, 0.11, 0.14, 0.08), (0.18, 0.16, 0.21, 0.17)
    rings = [
        np.asarray(low)
        + share * (np.asarray(high) - np.asarray(low))
        + np.stack([depth * np.cos(angles), width * np.sin(angles), 0 * angles], -1)
        for share, depth, width in zip(shares, depths, widths)
    ]
    return loft(np.stack(rings), Material.COAT)


def _head(at: tuple[float, float], lift: float = 0.0) -> list[Mesh]:
    x, y = at
    neck = tube((x - 0.02, y, 1.42 + lift), (x, y, 1.56 + lift), (0.06, 0.055), Material.SKIN)
    return [neck, ellipsoid((x, y, 1.635 + lift), (0.10, 0.08, 0.115), Material.SKIN)]


def _leg(y: float, swing: float) -> list[Mesh]:
    """Build a leg from the hip; the knee bends when the leg is behind."""
    hip = np.array([0.0, y, _HIP])
    knee = hip + 0.43 * np.array([np.sin(swing), 0, -np.cos(swing)])
    shin = swing - max(0.0, -swing) * 0.7 - 0.05
    ankle = knee + 0.43 * np.array([np.sin(shin), 0, -np.cos(shin)])
    toe = ankle + [0.17, 0, -0.03]
    return [
        tube(hip, knee, (0.085, 0.065), Material.TROUSERS, 7),
        tube(knee, ankle, (0.062, 0.048), Material.TROUSERS, 6),
        tube(ankle - [0.06, 0, 0.02], toe, (0.045, 0.035), Material.RUBBER, 5),
    ]


def _arm(y: float, swing: float) -> list[Mesh]:
    shoulder = np.array([0.03, y, _SHOULDER - 0.02])
    elbow = shoulder + 0.29 * np.array([np.sin(swing), 0.12 * np.sign(y), -np.cos(swing)])
    wrist = elbow + 0.27 * np.array([np.sin(swing + 0.35), 0, -np.cos(swing + 0.35)])
    hand = wrist + 0.3 * (wrist - elbow)
    return [
        tube(shoulder, elbow, (0.055, 0.045), Material.COAT, 6),
        tube(elbow, wrist, (0.042, 0.035), Material.COAT, 6),
        tube(wrist, hand, (0.035, 0.03), Material.SKIN, 5),
    ]


def cyclist(crank: float, lean: float) -> Mesh:
    """Build a rider on a bicycle.

    Args:
        crank: angle of the pedals in radians.
        lean: angle of the back to the vertical in radians; 0.1 sits upright, 0.6 races.
    """
    hip = np.array([-0.20, 0.0, 0.98])
    shoulder = hip + 0.52 * np.array([np.sin(lean), 0, np.cos(lean)])
    parts = [bicycle(), _torso(hip - [0, 0, 0.04], shoulder + [0, 0, 0.03])]
    head = shoulder + [0.06 + 0.05 * np.sin(lean), 0, 0]
    parts += _head((head[0], 0.0), head[2] - _SHOULDER + 0.02)
    for side in (-1, 1):
        parts += _pedalling_leg(hip, side, crank + (np.pi if side > 0 else 0))
        parts += _reaching_arm(shoulder, side)
    return merge(parts)


def _pedalling_leg(hip: np.ndarray, side: int, crank: float) -> list[Mesh]:
    start = hip + [0, side * 0.09, 0]
    pedal = np.array([-0.02 + 0.17 * np.cos(crank), side * 0.12, 0.30 + 0.17 * np.sin(crank)])
    knee = _joint(start, pedal, 0.45)
    return [
        tube(start, knee, (0.085, 0.065), Material.TROUSERS, 7),
        tube(knee, pedal, (0.062, 0.048), Material.TROUSERS, 6),
        tube(pedal - [0.06, 0, 0.02], pedal + [0.16, 0, -0.01], (0.045, 0.035), Material.RUBBER, 5),
    ]


def _reaching_arm(shoulder: np.ndarray, side: int) -> list[Mesh]:
    start = shoulder + [0, side * 0.2, -0.03]
    hand = np.array([0.34, side * 0.25, 1.03])
    elbow = (start + hand) / 2 + [-0.03, side * 0.05, -0.04]
    return [
        tube(start, elbow, (0.055, 0.045), Material.COAT, 6),
        tube(elbow, hand, (0.042, 0.032), Material.SKIN, 5),
    ]


def _joint(start: np.ndarray, end: np.ndarray, bone: float) -> np.ndarray:
    """Place the knee ahead of the line from hip to foot, both bones of one length."""
    middle, along = (start + end) / 2, end - start
    bend = np.sqrt(max(bone**2 - along @ along / 4, 0.0025))
    ahead = np.cross(along, [0, 1, 0])
    ahead *= -np.sign(ahead[0]) if ahead[0] < 0 else 1
    return middle + bend * ahead / np.linalg.norm(ahead)
