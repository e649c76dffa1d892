"""Boxes in images: KITTI's calibration and nuScenes' cameras, and frames without an image."""

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.nuscenes_example import info_example
from support.pictures import pixels_of

from mmdet3d.core.visualizer import project_lines, wireframes
from mmdet3d.datasets import KittiDataset, NuScenesDataset
from mmdet3d.datasets.pictures import KINDS, draw_pictures, load_frame


@pytest.fixture
def kitti(kitti_data, kitti_sample) -> KittiDataset:
    infos = str(kitti_data / 'kitti_infos_trainval.pkl')
    return KittiDataset(str(kitti_sample), infos, 'training', test_mode=True)


@pytest.fixture
def nuscenes(nuscenes_root, nuscenes_data, tmp_path) -> NuScenesDataset:
    """A generated frame with the front camera of the example, whose image is below the root."""
    (info, *_) = pickle.loads((nuscenes_data / 'nuscenes_infos_val.pkl').read_bytes())['infos']
    cams = {'CAM_BACK': info_example()['cams']['CAM_FRONT'], **info_example()['cams']}
    path = tmp_path / 'root' / 'samples' / 'CAM_FRONT' / 'picture.jpg'
    path.parent.mkdir(parents=True)
    Image.new('RGB', (1600, 900), 'white').save(path)
    content = {'infos': [{**info, 'cams': cams}], 'metadata': {'version': 'v1.0-mini'}}
    (tmp_path / 'infos.pkl').write_bytes(pickle.dumps(content))
    shutil.copy(info['lidar_path'], tmp_path)
    root = str(path.parents[2])  # the cloud lies elsewhere
    return NuScenesDataset(str(tmp_path / 'infos.pkl'), data_root=root, absolute_paths=True)


def test_boxes_of_kitti_are_where_its_labels_have_them_in_the_image(kitti):
    for index in range(len(kitti)):
        (camera,) = kitti.cameras(index)
        annos = kitti.get_ann_info(index)
        lines = wireframes(annos['gt_bboxes_3d'])[:, :12]
        for edges, (x1, y1, x2, y2) in zip(lines, annos['bboxes']):
            pixels, kept = project_lines(edges, camera.projection)
            low, high = pixels.min(axis=(0, 1)), pixels.max(axis=(0, 1))
            if len(kept) < 12 or min(x1, y1) <= 1 or x2 > 1220 or y2 > 370:
                continue  # cut by the border of the image
            size = max(x2 - x1, y2 - y1)
            # Labels enclose the object, whose box is a little larger.
            assert np.abs([*low, *high] - np.array([x1, y1, x2, y2])).max() < 0.25 * size + 4


def test_kittis_projection_is_that_of_its_calibration_file(kitti, kitti_sample):
    name = load_frame(kitti, 0, {}).name
    lines = (kitti_sample / f'training/calib/{name}.txt').read_text().splitlines()
    texts = dict(line.split(':') for line in lines if line.strip())
    p2, rect, velo = (
        np.array(texts[key].split(), float) for key in ('P2', 'R0_rect', 'Tr_velo_to_cam')
    )
    in_camera = rect.reshape(3, 3) @ (velo.reshape(3, 4) @ [12.0, -1.5, 0.3, 1])
    u, v, depth = p2.reshape(3, 4) @ [*in_camera, 1]
    pixels, _ = project_lines(np.full((1, 2, 3), [12, -1.5, 0.3]), kitti.cameras(0)[0].projection)
    assert np.allclose(pixels, [u / depth, v / depth], atol=1e-3)


def test_cameras_of_nuscenes_see_what_is_ahead_of_them(nuscenes):
    front, back = nuscenes.cameras(0)
    assert (front.name, back.name) == ('CAM_FRONT', 'CAM_BACK')
    # x = 3 right of the scanner, 20.76 ahead (20 before the camera), 0.33 below the scanner.
    pixels, _ = project_lines(np.full((1, 2, 3), [3, 20.76, -0.33]), front.projection)
    assert np.allclose(pixels, [816 + 1266 * 3 / 20, 491])
    assert Path(front.path).is_file()


def test_boxes_are_drawn_in_the_images_that_are_there(kitti, nuscenes, tmp_path):
    draw_pictures(kitti, [0], {}, tmp_path, ['camera'])
    draw_pictures(nuscenes, [0], {}, tmp_path, ['camera'])
    pictures = sorted(tmp_path.glob('*_camera.png'))
    assert len(pictures) == 2
    assert all(pixels_of(path, 'tab:green', 30) > 100 for path in pictures)


def test_frames_without_an_image_are_named_in_one_line(kitti, kitti_data, tmp_path):
    kitti.data_root = str(kitti_data)  # no images were converted
    with pytest.warns(UserWarning) as caught:
        draw_pictures(kitti, range(2), {}, tmp_path, ['bev', 'camera'])
    (said,) = [str(each.message) for each in caught]
    assert '2 frames have no image' in said and 'image_2' in said
    assert len(list(tmp_path.glob('*.png'))) == 2


def test_data_sets_without_cameras_say_so(nuscenes_root, nuscenes_data, tmp_path):
    infos = str(nuscenes_data / 'nuscenes_infos_val.pkl')
    dataset = NuScenesDataset(infos, data_root=str(nuscenes_root))
    with pytest.warns(UserWarning, match=r'nuscenes_infos_val\.pkl lists no camera'):
        draw_pictures(dataset, [0], {}, tmp_path, ['camera'])


def test_a_frame_is_drawn_in_every_way(kitti, tmp_path):
    draw_pictures(kitti, [1], {}, tmp_path, list(KINDS))
    name = load_frame(kitti, 1, {}).name
    made = {path.name for path in tmp_path.iterdir()}
    objects = len(kitti.get_ann_info(1)['gt_names'])
    assert made == {
        f'{name}.png',
        f'{name}_camera.png',
        f'{name}.html',
        *(f'{name}_object_{number}.png' for number in range(objects)),
    }
