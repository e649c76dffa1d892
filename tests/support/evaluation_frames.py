"""Made-up ground truth and detections for the KITTI benchmark."""

import numpy as np

# Length, height and width in metres.
SIZES = {
    'Car': (3.9, 1.56, 1.6),
    'Pedestrian': (0.8, 1.73, 0.6),
    'Cyclist': (1.76, 1.73, 0.6),
    'Van': (5.0, 2.2, 1.9),
    'Person_sitting': (0.8, 1.3, 0.6),
}
CAMERA_HEIGHT, FOCAL_LENGTH, CENTRE = 1.65, 720.0, (610.0, 180.0)
# One region of which nothing is known, in columns and rows.
DONT_CARE = [100.0, 150.0, 200.0, 220.0]

Annotation = dict[str, np.ndarray]


def make_frames(count: int = 60, seed: int = 0) -> tuple[list[Annotation], list[Annotation]]:
    """Draw frames of six objects, and detections that miss some, err a little and invent one.

    Returns:
        ground truth and detections, of each frame the columns that the benchmark reads.
    """
    rng = np.random.default_rng(seed)
    truths = [_truth(rng) for _ in range(count)]
    return [_with_unknown_region(truth) for truth in truths], [_detect(t, rng) for t in truths]


def _truth(rng: np.random.Generator, count: int = 6) -> Annotation:
    # Each in a sector of its own, so that none covers another.
    depth = rng.uniform(8, 45, count)
    x = depth * np.tan(np.radians(np.linspace(-35, 35, count) + rng.uniform(-3, 3, count)))
    names = rng.choice(list(SIZES), count, p=[0.35, 0.2, 0.2, 0.15, 0.1])
    return _annotation(
        names,
        np.stack([x, np.full(count, CAMERA_HEIGHT), depth], axis=1),
        np.array([SIZES[name] for name in names]) * rng.uniform(0.9, 1.1, (count, 1)),
        rng.uniform(-3, 3, count),
        truncated=rng.choice([0.0, 0.2, 0.4, 0.6], count, p=[0.7, 0.1, 0.1, 0.1]),
        occluded=rng.choice(4, count, p=[0.6, 0.2, 0.1, 0.1]),
    )


def _annotation(names, location, dimensions, rotation_y, truncated, occluded) -> Annotation:
    x, bottom, depth = location.T
    half = dimensions[:, [0, 2]].max(axis=1) / 2
    scale = FOCAL_LENGTH / depth
    low = CENTRE[1] + scale * bottom
    columns = [CENTRE[0] + scale * (x - half), CENTRE[0] + scale * (x + half)]
    return {
        'name': names,
        'truncated': truncated,
        'occluded': occluded,
        'alpha': rotation_y - np.arctan2(x, depth),
        'bbox': np.stack([columns[0], low - scale * dimensions[:, 1], columns[1], low], axis=1),
        'dimensions': dimensions,
        'location': location,
        'rotation_y': rotation_y,
    }


def _with_unknown_region(truth: Annotation) -> Annotation:
    region = {
        'name': 'DontCare',
        'truncated': -1.0,
        'occluded': -1,
        'alpha': -10.0,
        'bbox': DONT_CARE,
        'dimensions': [-1.0] * 3,
        'location': [-1000.0] * 3,
        'rotation_y': -10.0,
    }
    return {key: np.concatenate([truth[key], [region[key]]]) for key in truth}


def _detect(truth: Annotation, rng: np.random.Generator) -> Annotation:
    seen = rng.random(len(truth['name'])) < 0.8
    seen[0] = True  # so that no frame is without detections
    names = np.where(seen & (truth['name'] == 'Van'), 'Car', truth['name'])[seen]
    names = np.where(names == 'Person_sitting', 'Pedestrian', names)
    count = len(names) + 1  # the last of them stands where nothing is
    location = np.concatenate([truth['location'][seen], [[0.0, CAMERA_HEIGHT, 60.0]]])
    extra = rng.choice(['Car', 'Pedestrian', 'Cyclist'])
    found = _annotation(
        np.append(names, extra),
        location + rng.normal(0, 0.1, (count, 3)),
        np.concatenate([truth['dimensions'][seen], [SIZES[extra]]]) * rng.uniform(0.97, 1.03),
        np.append(truth['rotation_y'][seen], 0.0) + rng.normal(0, 0.2, count),
        truncated=np.zeros(count),
        occluded=np.zeros(count, np.int64),
    )
    return {**found, 'score': rng.uniform(0.1, 1.0, count)}
