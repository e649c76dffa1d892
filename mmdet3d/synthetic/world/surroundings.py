"""Placing what stands beside the road: buildings, greenery, fences and street furniture."""

import numpy as np

from mmdet3d.synthetic.shapes.catalogue import NUM_VARIANTS, natural_size
from mmdet3d.synthetic.world.districts import District
from mmdet3d.synthetic.world.placing import Site

_REACH = 105.0
_WALL_COLORS = np.array(
    [(0.85, 0.80, 0.70), (0.75, 0.72, 0.68), (0.62, 0.38, 0.30), (0.90, 0.88, 0.84)]
    + [(0.70, 0.62, 0.50), (0.55, 0.55, 0.57)]
)


def add_surroundings(site: Site, district: District) -> None:
    """Place everything that is not annotated, the largest first."""
    for side in (-1, 1):
        _add_furniture(site, district, side)
        _add_buildings(site, district, side)
        _add_frontage(site, district, side)
        _add_greenery(site, district, side)
        _add_thickets(site, district, side)
        _add_backdrop(site, district, side)
    _add_far_end(site)


def _edge(site: Site) -> float:
    """Give the distance from the road's middle to where private ground begins."""
    return site.terrain.half_width + site.terrain.sidewalk


def _paint(rng: np.random.Generator) -> dict:
    color = _WALL_COLORS[rng.integers(len(_WALL_COLORS))] * rng.uniform(0.85, 1.1)
    return dict(tone=rng.uniform(0.25, 0.55), color=tuple(float(c) for c in color))


def _add_furniture(site: Site, district: District, side: int) -> None:
    """Line the kerb with lamps, signs, bollards and bins."""
    rng, terrain = site.rng, site.terrain
    t = side * (terrain.half_width + 0.45)
    spacing = rng.uniform(24, 40)
    for s in np.arange(-_REACH, _REACH, spacing) + rng.uniform(0, spacing):
        turn = 0 if side < 0 else np.pi
        tall = natural_size('lamp_post')[2] * rng.uniform(0.8, 1.2)
        site.add_prop('lamp_post', (0.3, 2.0, tall), s, t, turn, foot=(0.3, 0.3))
    for shape, per_100_m in (('traffic_sign', 2.5), ('bollard', 3.0), ('bin_box', 0.8)):
        for _ in range(rng.poisson(per_100_m * 2 * (terrain.sidewalk > 0) + 1)):
            s = rng.uniform(-_REACH, _REACH)
            if not terrain.on_side_street(s, 1.0):
                turn = (0 if side < 0 else np.pi) + rng.normal(0, 0.1)
                site.add_prop(shape, natural_size(shape), s, t, turn)


def _add_buildings(site: Site, district: District, side: int) -> None:
    """Build a row of houses or blocks along the road."""
    rng, terrain = site.rng, site.terrain
    s = -_REACH + rng.uniform(0, 10)
    while s < _REACH:
        tall = rng.random() < district.tall
        length, depth = rng.uniform(9, 24) if tall else rng.uniform(8, 14), rng.uniform(8, 13)
        height = rng.uniform(8, 18) if tall else rng.uniform(5.5, 9)
        t = side * (_edge(site) + rng.uniform(*district.setback) + depth / 2)
        middle = s + length / 2
        if not terrain.on_side_street(middle, length / 2 + 1):
            shape = f'block/{int(length // 3)}x{int(height // 3)}' if tall else 'house'
            turn = np.pi / 2 * (not tall and rng.random() < 0.4) + rng.normal(0, 0.02)
            site.add_prop(shape, (length, depth, height), middle, t, turn, **_paint(rng))
        s += length + rng.exponential(district.building_gap)


def _add_frontage(site: Site, district: District, side: int) -> None:
    """Close the gardens with stretches of hedge, fence or wall."""
    rng, terrain = site.rng, site.terrain
    t = side * (_edge(site) + 0.5)
    kind = 'hedge'
    for s in np.arange(-60, 80, 4.1):
        if rng.random() < 0.2:
            kind = str(rng.choice(['hedge', 'picket_fence', 'wall']))
        if rng.random() > district.frontage or terrain.on_side_street(s, 3.0):
            continue
        shape = f'hedge/{rng.integers(NUM_VARIANTS["hedge"])}' if kind == 'hedge' else kind
        length, width, height = natural_size(shape)
        size = (length, width, height * rng.uniform(0.8, 1.25))
        site.add_prop(shape, size, s, t, **_paint(rng), foot=(4.0, 0.3))


def _add_greenery(site: Site, district: District, side: int) -> None:
    """Scatter trees and bushes between road and horizon."""
    rng, terrain = site.rng, site.terrain
    for kind, per_100_m in (('tree', district.trees), ('bush', district.bushes)):
        for _ in range(rng.poisson(per_100_m * 2 * _REACH / 100)):
            s = rng.uniform(-_REACH, _REACH)
            beyond = rng.exponential(9) + (0.8 if terrain.sidewalk < 1 else -0.6)
            if terrain.on_side_street(s, 1.5):
                continue
            _add_plant(site, kind, s, side * (_edge(site) + max(beyond, 0.6)))


def _add_thickets(site: Site, district: District, side: int) -> None:
    """Close the gaps between buildings with undergrowth, as most roadsides are."""
    rng, terrain = site.rng, site.terrain
    beyond = rng.uniform(2.5, 9)
    for s in np.arange(-_REACH, _REACH, 8.0):
        beyond = float(np.clip(beyond + rng.normal(0, 1.5), 2, 16))
        if rng.random() > district.thickets or terrain.on_side_street(s, 6.0):
            continue
        shape = f'thicket/{rng.integers(NUM_VARIANTS["thicket"])}'
        scale = rng.uniform(0.6, 1.3)
        length, width, height = natural_size(shape)
        size = (length, width * scale, height * scale)
        turn = rng.normal(0, 0.1) + np.pi * rng.integers(2)
        site.add_prop(shape, size, s, side * (_edge(site) + beyond), turn, foot=(7.0, 2.0))


def _add_plant(site: Site, kind: str, s: float, t: float, scale: float = 1.0) -> None:
    rng = site.rng
    if kind == 'tree' and rng.random() < 0.2:
        kind = 'conifer'
    shape = f'{kind}/{rng.integers(NUM_VARIANTS[kind])}'
    scale = scale * rng.uniform(0.7, 1.3)
    length, width, height = (scale * side for side in natural_size(shape))
    foot = (0.6 * scale, 0.6 * scale) if kind == 'tree' else (0.7 * length, 0.7 * width)
    site.add_prop(shape, (length, width, height), s, t, rng.uniform(-np.pi, np.pi), foot=foot)


def _add_backdrop(site: Site, district: District, side: int) -> None:
    """Close the view behind the first row with trees or buildings."""
    rng = site.rng
    for s in np.arange(-_REACH, _REACH, 6.0):
        if site.terrain.on_side_street(s, 3.0):
            continue
        t = side * (_edge(site) + rng.uniform(18, 48))
        if rng.random() < district.tree_line:
            _add_plant(site, 'tree' if rng.random() < 0.7 else 'conifer', s, t, scale=1.5)
        else:
            size = (rng.uniform(9, 20), rng.uniform(9, 14), rng.uniform(6, 15))
            site.add_prop('block/5x3', size, s, t, rng.normal(0, 0.1), **_paint(rng))


def _add_far_end(site: Site) -> None:
    """Let something stand where the view along the road ends; most roads bend out of sight."""
    rng = site.rng
    for way in (-1, 1):
        end, bends = rng.uniform(50, 95), rng.random() < 0.7
        for t in np.arange(-36, 37, 4.0):
            if bends or abs(t) > _edge(site):
                s = way * (end + rng.normal(0, 3))
                if rng.random() < 0.35:
                    size = (rng.uniform(6, 12), rng.uniform(8, 12), rng.uniform(6, 12))
                    site.add_prop('house', size, s, t, rng.normal(0, 0.2), **_paint(rng))
                else:
                    _add_plant(site, 'tree', s, t, scale=1.4)
