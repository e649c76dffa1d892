"""Generated data in the very layout of the real samples, for checkouts that lack them."""

import json
import shutil
from pathlib import Path

from mmdet3d.datasets.kitti import points_in_view, read_calib, read_image_shape
from mmdet3d.datasets.nuscenes.classes import CLASSES
from mmdet3d.datasets.point_files import read_points, write_points
from mmdet3d.synthetic import create_synthetic_kitti

LABELLED, UNLABELLED = (0, 1, 6, 7, 8, 134), (3, 4, 5)
VAL = (7, 8, 134)
# The real frames that are whole turns of the scanner; the others are cut to the camera's view.
WHOLE = (0, 1)


def make_kitti_sample(root: Path) -> None:
    """Write generated frames under the ids and in the lists of the real sample.

    Args:
        root: the new folder.
    """
    made = root / 'generated'
    # Of this seed's frames the validation frames have all classes, and so have the others.
    create_synthetic_kitti(made, len(LABELLED) - 1, 1, len(UNLABELLED), seed=3, workers=1)
    for split, ids in {'training': LABELLED, 'testing': UNLABELLED}.items():
        _rename_frames(made / split, root / split, ids)
        for index in set(ids) - set(WHOLE):
            _cut_to_view(root / split, index)
    shutil.rmtree(made)
    lists = {'train': LABELLED, 'val': VAL, 'trainval': LABELLED, 'test': UNLABELLED}
    (root / 'ImageSets').mkdir()
    for name, ids in lists.items():
        text = ''.join(f'{index:06d}\n' for index in ids)
        (root / 'ImageSets' / f'{name}.txt').write_text(text)


def _rename_frames(made: Path, split: Path, ids: tuple[int, ...]) -> None:
    for path in made.glob('*/*'):
        new = split / path.parent.name / f'{ids[int(path.stem)]:06d}{path.suffix}'
        new.parent.mkdir(parents=True, exist_ok=True)
        path.rename(new)


def _cut_to_view(split: Path, index: int) -> None:
    cloud = split / f'velodyne/{index:06d}.bin'
    points = read_points(cloud)
    calib = read_calib(split / f'calib/{index:06d}.txt')
    shape = read_image_shape(split / f'image_2/{index:06d}.png')
    write_points(cloud, points[points_in_view(points, calib, shape)])


def make_nuscenes_sample(folder: Path, info: dict) -> None:
    """Write a key frame's cloud and its annotation as the real sample has them.

    Traffic cones are left out: they stand so close to barriers that a shrunk network, which has to
    learn this frame, gives both the same cell of its map.

    Args:
        folder: the new folder.
        info: the key frame's entry of an info file.
    """
    folder.mkdir()
    shutil.copy(info['lidar_path'], folder / 'LIDAR_TOP.pcd.bin')
    labels = {name: label for label, name in enumerate(CLASSES)}
    rows = zip(info['gt_boxes'], info['gt_names'], info['gt_velocity'], info['num_lidar_pts'])
    instances = [
        {
            'bbox_3d': box.tolist(),
            'bbox_label_3d': labels.get(name, -1),
            'velocity': velocity.tolist(),
            'num_lidar_pts': int(count),
        }
        for box, name, velocity, count in rows
        if name != 'traffic_cone'
    ]
    content = {
        'token': info['token'],
        'timestamp': info['timestamp'] / 1e6,
        'instances': instances,
        'metainfo': {'categories': labels},
    }
    (folder / 'annotation.json').write_text(json.dumps(content))
