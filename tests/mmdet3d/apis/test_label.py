"""Frames labelled by a teacher: what is written, what goes on, what is refused."""

import json
import re

import numpy as np
import pytest
import torch
from support.teachers import (
    copy_kitti,
    kitti_teacher,
    label,
    nuscenes_teacher,
    point_rcnn_teacher,
    read,
)

from mmdet3d.apis import label as label_module
from mmdet3d.apis.label_thresholds import lower_least_score, read_thresholds
from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.core.points import LiDARPoints
from mmdet3d.datasets import NuScenesDataset
from mmdet3d.datasets.kitti import KittiDataset
from mmdet3d.datasets.pipelines import ObjectSample
from mmdet3d.models.detectors import VoxelNet
from mmdet3d.utils.config import load_config

CLASSES = ['Pedestrian', 'Cyclist', 'Car']


@pytest.fixture(scope='module')
def teacher(tmp_path_factory):
    return kitti_teacher(tmp_path_factory.mktemp('teacher'))


@pytest.fixture
def data(kitti_data, tmp_path):
    return copy_kitti(kitti_data, tmp_path / 'data')


@pytest.fixture
def run(teacher, data, tmp_path):
    """Label all four frames into ``out/kitti_infos_t.pkl``."""

    def call(out=tmp_path / 'out' / 'kitti_infos_t.pkl', **arguments):
        settings = {'frames': str(data / 'four.pkl'), 'score_thr': 0.5, 'ignore_thr': 0.45}
        return label(teacher, data, out, **{**settings, **arguments})

    return call


@pytest.fixture
def out(tmp_path):
    return tmp_path / 'out' / 'kitti_infos_t.pkl'


@pytest.fixture(scope='module')
def thresholds(teacher, kitti_data, tmp_path_factory):
    """Scores between which a quarter of the detections lies."""
    data = copy_kitti(kitti_data, tmp_path_factory.mktemp('source') / 'data')
    path = data / 'infos.pkl'
    frames = str(data / 'four.pkl')
    label(teacher, data, path, frames=frames, ignore_thr=0, with_database=False)
    scores = np.concatenate([info['annos']['score'] for info in read(path)])
    return {
        'score_thr': float(np.quantile(scores, 0.5)),
        'ignore_thr': float(np.quantile(scores, 0.25)),
    }


@pytest.fixture(scope='module')
def labelled(teacher, kitti_data, thresholds, tmp_path_factory):
    """The info file of four frames, with uncertain objects, and the summary."""
    folder = tmp_path_factory.mktemp('labelled')
    data = copy_kitti(kitti_data, folder / 'data')
    path = folder / 'kitti_infos_t.pkl'
    return path, label(teacher, data, path, frames=str(data / 'four.pkl'), **thresholds)


def cloud_of(data, number):
    """The cloud of a frame in the list of all."""
    name = read(data / 'four.pkl')[number]['image']['image_idx']
    return f'{name:06d}', data / 'training' / 'velodyne_reduced' / f'{name:06d}.bin'


def names_in(path):
    return [f'{info["image"]["image_idx"]:06d}' for info in read(path)]


def test_objects_and_ignored_regions_are_told_by_their_scores(labelled, thresholds):
    path, _ = labelled
    annos = [info['annos'] for info in read(path)]
    scores = np.concatenate([each['score'] for each in annos])
    ignored = np.concatenate([each['ignored'] for each in annos])
    assert scores.dtype == np.float32 and ignored.dtype == bool
    assert ignored.any() and not ignored.all()
    assert scores.min() >= np.float32(thresholds['ignore_thr'])
    assert (ignored == (scores < np.float32(thresholds['score_thr']))).all()


def test_the_report_says_where_labels_are_from_and_how_many_there_are(
    labelled, teacher, thresholds
):
    path, summary = labelled
    report = json.loads(path.with_suffix('.json').read_text())
    annos = [info['annos'] for info in read(path)]
    for name in CLASSES:
        own = [each['name'] == name for each in annos]
        counts = report['classes'][name]
        objects = sum(int((is_own & ~each['ignored']).sum()) for is_own, each in zip(own, annos))
        assert counts['objects'] == objects
        assert counts['ignored'] == sum(map(np.sum, own)) - objects
        assert f'{name}: {objects} objects' in str(summary)
    assert report['checkpoint'] == 'latest.pth' and len(report['checkpoint_sha256']) == 64
    assert report['config'] == next(teacher.glob('*.py')).name
    assert report['score_thr'] == dict.fromkeys(
        CLASSES, float(str(np.float32(thresholds['score_thr'])))
    )
    assert report['frames'] == 4 and report['failed_frames'] == {}
    assert 'torch' in report['versions']
    assert str(path) in str(summary) and not path.with_name(f'{path.name}.parts').exists()


def test_labels_can_be_trained_on(labelled, kitti_data):
    path, _ = labelled
    dataset = KittiDataset(str(kitti_data), str(path), 'training', classes=CLASSES)
    for index, info in enumerate(read(path)):
        found = dataset.get_ann_info(index)
        assert np.array_equal(found['gt_bboxes_3d'].tensor, info['annos']['gt_bboxes_3d'])
        assert list(found['gt_names']) == list(info['annos']['name'])


def test_objects_are_pasted_from_the_database(labelled, thresholds):
    path, _ = labelled
    database = read(path.with_name('kitti_dbinfos_t.pkl'))
    entries = [entry for members in database.values() for entry in members]
    certain = sum(
        int((~each['annos']['ignored'] & (each['annos']['num_points_in_gt'] > 0)).sum())
        for each in read(path)
    )
    assert len(entries) == certain > 0
    assert all(entry['num_points_in_gt'] > 0 for entry in entries)
    assert min(entry['score'] for entry in entries) >= np.float32(thresholds['score_thr'])
    sampler = {
        'info_path': str(path.with_name('kitti_dbinfos_t.pkl')),
        'data_root': f'{path.parent}/',
        'rate': 1.0,
        'prepare': {'filter_by_difficulty': []},
        'classes': CLASSES,
        'sample_groups': {entries[0]['name']: 5},
    }
    results = {
        'points': LiDARPoints(torch.zeros(1, 4), points_dim=4),
        'gt_bboxes_3d': LiDARInstance3DBoxes(torch.zeros(0, 7)),
        'gt_labels_3d': np.zeros(0, dtype=np.int64),
    }
    pasted = ObjectSample(sampler)(results)
    assert len(pasted['gt_bboxes_3d']) > 0
    inside = pasted['gt_bboxes_3d'].points_in_boxes_all(pasted['points'].tensor[:, :3])
    assert (inside.sum(dim=0) > 0).all()


def test_labels_of_the_list_are_replaced(run, data, out):
    infos = read(data / 'four.pkl')
    run(with_database=False)
    for old, new in zip(infos, read(out)):
        assert new['image']['image_idx'] == old['image']['image_idx']
        assert 'DontCare' not in new['annos']['name']
    assert sorted(path.name for path in out.parent.iterdir()) == [
        'kitti_infos_t.json',
        'kitti_infos_t.pkl',
    ]


def test_thresholds_are_per_class(run, out):
    run(score_thr=['Pedestrian=0.5', 'Cyclist=0.5', 'Car=1'], ignore_thr='0.45')
    names = np.concatenate([info['annos']['name'] for info in read(out)])
    ignored = np.concatenate([info['annos']['ignored'] for info in read(out)])
    assert ignored[names == 'Car'].all() and not ignored[names == 'Cyclist'].all()


def test_a_detector_that_leaves_out_too_much_is_told_to_give_more(run, out, capsys):
    run(options={'model.test_cfg.score_thr': 0.9})
    assert (
        'model.test_cfg.score_thr is lowered from 0.9 to 0.45, the least --ignore-thr'
        in capsys.readouterr().out
    )
    assert sum(len(info['annos']['name']) for info in read(out))


@pytest.mark.parametrize('error', [KeyboardInterrupt(), MemoryError('no memory')])
def test_what_is_no_fault_of_a_frame_ends_the_run_and_loses_nothing(run, out, monkeypatch, error):
    detect, seen = label_module._detect, []

    def broken(model, dataset, index):
        if len(seen) == 3:
            raise error
        seen.append(index)
        return detect(model, dataset, index)

    monkeypatch.setattr(label_module, '_detect', broken)
    with pytest.raises(type(error)):
        run()
    assert not out.exists()
    monkeypatch.setattr(
        label_module, '_detect', lambda *args: seen.append(args[2]) or detect(*args)
    )
    run()
    assert seen == [0, 1, 2, 3]


@pytest.mark.parametrize(
    'config, place, own',
    [
        ('point_rcnn/point_rcnn_2x8_kitti-3d-3classes', 'model.test_cfg.rcnn', 0.1),
        ('second/hv_second_secfpn_6x8_80e_kitti-3d-3class', 'model.test_cfg', 0.1),
        ('pointpillars/hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d', 'model.test_cfg.pts', 0.05),
    ],
)
def test_the_least_score_of_every_shipped_detector_is_found(config, place, own):
    cfg = load_config(f'configs/{config}.py')
    classes = cfg.class_names
    low = read_thresholds(0.3, 0.02, classes)
    told = lower_least_score(cfg.model.test_cfg, low)
    assert told == f'{place}.score_thr is lowered from {own} to 0.02, the least --ignore-thr'
    assert lower_least_score(cfg.model.test_cfg, low) == ''
    assert lower_least_score(cfg.model.test_cfg, read_thresholds(0.3, 0.1, classes)) == ''
    # What PointRCNN proposes has no least score.
    assert cfg.model.test_cfg.get('rpn', {}).get('score_thr') is None


def test_a_detector_that_draws_points_labels_alike_wherever_it_goes_on(data, tmp_path):
    teacher = point_rcnn_teacher(tmp_path / 'teacher')
    files = []
    for kind in ('whole', 'broken'):
        out = tmp_path / kind / 'infos.pkl'
        settings = {'frames': str(data / 'four.pkl'), 'score_thr': 0.3}
        if kind == 'broken':
            _, cloud = cloud_of(data, 1)
            content = cloud.read_bytes()
            cloud.write_bytes(b'short')
            with pytest.warns(UserWarning), pytest.raises(RuntimeError, match='1 of 4'):
                label(teacher, data, out, **settings)
            cloud.write_bytes(content)
        label(teacher, data, out, **settings)
        files.append(out.read_bytes())
    assert files[0] == files[1]


def test_other_thresholds_use_the_detections_that_are_there(run, out, monkeypatch):
    with pytest.raises(ValueError, match=r'no object in any of 4 frames: its highest score is 0\.'):
        run(score_thr=1.0)
    assert not out.exists()
    monkeypatch.setattr(label_module, '_detect', None)
    run(score_thr=0.5)
    assert out.exists()


@pytest.mark.parametrize(
    'changed, options', [('config', {'model.test_cfg.max_num': 3}), ('frames', {})]
)
def test_detections_of_another_run_are_made_anew(run, data, out, changed, options):
    with pytest.raises(ValueError, match='no object'):
        run(score_thr=1.0)
    arguments = {'options': options}
    if changed == 'frames':
        arguments['frames'] = str(data / 'kitti_infos_val.pkl')
    with pytest.warns(UserWarning, match=rf'holds detections of another run \(.*{changed}.* anew'):
        run(**arguments)
    assert len(read(out)) == (3 if changed == 'frames' else 4)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-3])


def make_text(path):
    path.write_text('not a cloud, but something else\n')


@pytest.mark.parametrize(
    'spoil, reason',
    [
        (truncate, 'bytes'),
        (make_text, '.'),
        (lambda path: path.unlink(), 'does not exist'),
    ],
)
def test_a_cloud_that_cannot_be_read_is_left_out_and_tried_again(run, data, out, spoil, reason):
    name, cloud = cloud_of(data, 2)
    content = cloud.read_bytes()
    spoil(cloud)
    with (
        pytest.warns(UserWarning, match=f'frame {name} is not labelled: .*{reason}'),
        pytest.raises(RuntimeError, match=f'1 of 4 frames are not labelled, the first {name} '),
    ):
        run()
    assert names_in(out) == [each for each in names_in(data / 'four.pkl') if each != name]
    report = json.loads(out.with_suffix('.json').read_text())
    assert list(report['failed_frames']) == [name]
    cloud.write_bytes(content)
    run()
    assert names_in(out) == names_in(data / 'four.pkl')
    assert not out.with_name(f'{out.name}.parts').exists()


def test_a_cloud_without_points_has_no_objects(run, data, out):
    _, cloud = cloud_of(data, 0)
    cloud.write_bytes(b'')
    run()
    first = read(out)[0]['annos']
    assert json.loads(out.with_suffix('.json').read_text())['frames_without_objects'] == 1
    assert len(read(out)) == 4
    assert len(first['name']) == 0 and first['gt_bboxes_3d'].shape == (0, 7)


def test_a_frame_whose_teacher_raises_is_left_out(run, data, out, monkeypatch):
    name, _ = cloud_of(data, 1)
    simple_test = VoxelNet.simple_test

    def failing(self, points, img_metas, rescale=False):
        if img_metas[0]['sample_idx'] == int(name):
            raise ValueError('it is too much')
        return simple_test(self, points, img_metas, rescale)

    monkeypatch.setattr(VoxelNet, 'simple_test', failing)
    with (
        pytest.warns(UserWarning, match=f'frame {name} is not labelled: it is too much'),
        pytest.raises(RuntimeError, match=f'the first {name} .it is too much'),
    ):
        run()
    assert name not in names_in(out) and len(names_in(out)) == 3


def test_numbers_that_are_not_finite_are_no_labels(run, teacher, data, out, tmp_path):
    saved = torch.load(teacher / 'latest.pth', weights_only=True)
    saved['state_dict']['bbox_head.conv_reg.bias'][3::7] = 1e4
    spoiled = tmp_path / 'spoiled'
    spoiled.mkdir()
    torch.save(saved, spoiled / 'latest.pth')
    (config,) = teacher.glob('*.py')
    (spoiled / config.name).write_text(config.read_text())
    with (
        pytest.warns(UserWarning, match='detections have NaN or infinity in box or score'),
        pytest.raises(RuntimeError, match='none of the first 4 frames can be labelled'),
    ):
        label(spoiled, data, out, frames=str(data / 'four.pkl'))
    assert not out.exists()


@pytest.mark.parametrize(
    'arguments, message',
    [
        ({'score_thr': 1.5}, "--score-thr '1.5': expected a score, a number from 0 to 1"),
        ({'score_thr': 'nan'}, "--score-thr 'nan': expected a score"),
        ({'score_thr': 'high'}, "--score-thr 'high': expected a score"),
        ({'ignore_thr': -0.1}, "--ignore-thr '-0.1': expected a score"),
        ({'ignore_thr': 0.6}, '--ignore-thr of Pedestrian is 0.6, above its --score-thr 0.5'),
        ({'score_thr': ['car=0.5']}, "--score-thr names 'car': did you mean Car?"),
        ({'score_thr': ['Car=0.5']}, 'says nothing of Pedestrian, Cyclist'),
        ({'score_thr': ['Car=0.5', 'Car=0.6']}, '--score-thr names Car twice'),
        ({'score_thr': ['Car=0.5', '0.6']}, '--score-thr Car=0.5 0.6: give one number for all'),
    ],
)
def test_thresholds_are_judged_before_anything_runs(run, out, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        run(**arguments)
    assert not list(out.parent.glob('*'))


def test_files_that_are_no_labels_are_not_overwritten(run, data, out):
    content = (data / 'four.pkl').read_bytes()
    with pytest.raises(ValueError, match='is the file that lists the frames'):
        run(out=data / '..' / 'data' / 'four.pkl')
    with pytest.raises(FileExistsError, match=r'kitti_infos_val\.pkl is there and does not hold'):
        run(out=data / 'kitti_infos_val.pkl')
    with pytest.raises(FileExistsError, match='kitti_gt_database is there'):
        run(out=data / 'kitti_infos.pkl')
    assert (data / 'four.pkl').read_bytes() == content
    run()
    run(score_thr=0.6)
    assert json.loads(out.with_suffix('.json').read_text())['score_thr']['Car'] == 0.6


def test_a_place_that_cannot_be_written_is_refused(run, tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(OSError, match=r'--out .*nothing can be written there'):
        run(out=tmp_path / 'file' / 'labels.pkl')
    with pytest.raises(ValueError, match=r'name it \*.pkl'):
        run(out=tmp_path / 'labels.json')
    (tmp_path / 'out' / 'a.pkl.parts').mkdir(parents=True)
    (tmp_path / 'out' / 'a.pkl.parts' / 'diary').touch()
    with pytest.raises(FileExistsError, match='holds other files'):
        run(out=tmp_path / 'out' / 'a.pkl')
    assert (tmp_path / 'out' / 'a.pkl.parts' / 'diary').exists()


def test_a_checkpoint_of_another_network_is_refused(run, teacher, data, out, tmp_path):
    with pytest.raises(ValueError, match='holds the weights of another architecture'):
        run(options={'model.backbone.layer_nums': [2, 1, 1]})
    saved = torch.load(teacher / 'latest.pth', weights_only=True)
    saved['meta'] = {'CLASSES': ('Car', 'Cyclist', 'Pedestrian')}
    turned = tmp_path / 'turned'
    turned.mkdir()
    torch.save(saved, turned / 'latest.pth')
    (config,) = teacher.glob('*.py')
    (turned / config.name).write_text(config.read_text())
    with pytest.raises(ValueError, match='has them in another order'):
        label(turned, data, out, frames=str(data / 'four.pkl'))


def test_several_data_sets_are_not_labelled_at_once(run, data):
    files = [str(data / f'kitti_infos_{split}.pkl') for split in ('train', 'val')]
    with pytest.raises(ValueError, match='one info file lists the frames'):
        run(frames=None, options={'data.test.ann_file': files})


def test_samples_of_nuscenes_are_labelled(nuscenes_root, nuscenes_data, tmp_path):
    teacher = nuscenes_teacher(tmp_path / 'teacher')
    out = tmp_path / 'out' / 'nuscenes_infos_t.pkl'
    label(
        teacher, nuscenes_root, out, infos=nuscenes_data, score_thr=0.5, ignore_thr=0.49,
        options={'model.test_cfg.pts.score_thr': 0.6},
    )  # fmt: skip
    content = read(out)
    assert content['metadata']['version'] == 'v1.0-mini' and len(content['infos']) == 3
    dataset = NuScenesDataset(str(out), data_root=str(nuscenes_root))
    for index, info in enumerate(content['infos']):
        unseen = info['num_lidar_pts'] == 0
        assert unseen.any() and info['gt_ignored'][unseen].all()
        assert len(dataset.get_ann_info(index)['gt_names']) == len(info['gt_names'])
    entries = [
        entry for members in read(out.with_name('nuscenes_dbinfos_t.pkl')).values()
        for entry in members
    ]  # fmt: skip
    assert entries and all(len(entry['box3d_lidar']) == 9 for entry in entries)
    points = np.fromfile(out.parent / entries[0]['path'], dtype=np.float32).reshape(-1, 4)
    assert len(points) == entries[0]['num_points_in_gt']
    # The last column is the time to the key frame.
    assert not points[:, 3].any()
