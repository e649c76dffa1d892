import numpy as np
import pytest
import torch
from PIL import Image
from support.pictures import pixels_of

from mmdet3d.apis import build_teacher
from mmdet3d.models import build_model
from mmdet3d.models.kd import KDBatch
from mmdet3d.report.distilled import show_distillation
from mmdet3d.report.distilled.places import places_of
from mmdet3d.report.distilled.students import build_student
from mmdet3d.report.distilled.terms import compare_on_frame
from mmdet3d.report.runs import build_test_set, load_batch


def save_student(cfg, teacher, path, with_adapters: bool):
    """Write a student as a training with or without a teacher leaves it."""
    torch.manual_seed(3)
    model = build_model(cfg.model)
    if with_adapters:
        model.init_kd(teacher)
    torch.save({'state_dict': model.state_dict(), 'meta': {}}, path)
    return path


@pytest.mark.parametrize(
    'name, terms, kind',
    [
        ('PointPillars', ['voxel'], 'voxels'),
        ('SECOND', ['map0', 'map1'], 'cells'),
        ('PointRCNN', ['point'], 'points'),
        ('nuScenes', ['neck'], 'cells'),
    ],
)
def test_importance_and_weights_are_drawn_of_every_detector(pair_of, tmp_path, name, terms, kind):
    lines = show_distillation(pair_of(name).cfg, tmp_path)
    pictures = sorted(tmp_path.iterdir())
    assert [path.name.split('_', 1)[1] for path in pictures] == [f'{t}_weights.png' for t in terms]
    for line, path in zip(lines, pictures):
        assert str(path) in line and f' {kind} sampled' in line
        assert ('untrained adapters' in line) == (kind != 'voxels')
        assert pixels_of(path, '0.85', 3) > 200  # what was not sampled
        assert pixels_of(path, 'tab:green') > 30  # the ground truth


def test_differences_are_drawn_before_and_after(pair_of, tmp_path):
    cfg, _ = pair_of('PointPillars')
    trained = save_student(cfg, build_teacher(cfg), tmp_path / 'trained.pth', True)
    lines = show_distillation(cfg, tmp_path / 'out', trained, frames=['000008'])
    assert sorted(path.name for path in (tmp_path / 'out').iterdir()) == [
        '000008_voxel_distance.png',
        '000008_voxel_similarity.png',
        '000008_voxel_weights.png',
    ]
    assert all('before, untrained: mean' in line and 'after: mean' in line for line in lines[1:])


def test_students_without_adapters_are_compared_by_their_similarities(pair_of, tmp_path):
    cfg, _ = pair_of('PointRCNN')
    teacher = build_teacher(cfg)
    trained = save_student(cfg, teacher, tmp_path / 'trained.pth', True)
    plain = save_student(cfg, teacher, tmp_path / 'plain.pth', False)
    show_distillation(cfg, tmp_path / 'out', trained, before=plain)
    drawn = {path.name.split('_', 1)[1] for path in (tmp_path / 'out').iterdir()}
    assert drawn == {'point_similarity.png', 'point_weights.png'}


@pytest.mark.parametrize('name', ['PointPillars', 'SECOND', 'PointRCNN', 'nuScenes'])
def test_what_is_drawn_is_what_the_loss_weighs(pair_of, name, one_thread):
    cfg, _ = pair_of(name)
    teacher = build_teacher(cfg)
    student = build_student(cfg, teacher, None)
    dataset = build_test_set(cfg)
    torch.manual_seed(0), np.random.seed(0)
    batch = load_batch(teacher, dataset, 0)
    found = compare_on_frame(student, teacher, batch)
    points, model = batch['points'][0], student.model
    with torch.no_grad():
        taught, learnt = teacher.get_teacher_info(points), model.get_teacher_info(points)
        losses = model.loss_kd(learnt, taught, KDBatch())
    expected = sum(
        model.kd_losses[term].loss_weight * (each.graphs.weights * each.distance).mean()
        for term, each in found.items()
    )
    assert losses['loss_kd'].item() == pytest.approx(expected.item(), rel=1e-4)
    for each in found.values():
        assert len(each.places.xy) == len(each.graphs.importance)
        assert each.similarity.min() >= 0 and each.similarity.max() <= 2


def test_voxels_are_where_their_points_are(pair_of):
    cfg, _ = pair_of('PointPillars')
    teacher = build_teacher(cfg)
    student = build_student(cfg, teacher, None).model
    points = load_batch(teacher, build_test_set(cfg), 0)['points'][0]
    learnt = student.get_teacher_info(points)
    places = places_of(student, student.kd_terms['voxel'], learnt, learnt['voxel_features'])
    voxels, counts, _ = student.voxelize(points, max_voxels=student.voxel_layer.max_voxels[0])
    middles = voxels[:, :, :2].sum(dim=1) / counts[:, None]
    assert (places.xy - middles).abs().max() <= places.size / 2 + 1e-4


def test_cells_are_laid_out_from_the_right_rear_corner_of_the_range(pair_of):
    cfg, _ = pair_of('SECOND')
    student = build_student(cfg, build_teacher(cfg), None).model
    feature = torch.zeros(1, 3, 32, 16)  # 32 rows along y, 16 columns along x
    places = places_of(student, student.kd_terms['map0'], {}, feature)
    assert places.size == pytest.approx(40.96 / 16)
    assert places.xy[0].tolist() == pytest.approx([1.28, -20.48 + 0.64])
    assert places.xy[1].tolist() == pytest.approx([3.84, -20.48 + 0.64])
    assert places.xy[-1].tolist() == pytest.approx([40.96 - 1.28, 20.48 - 0.64])


def test_a_student_like_its_teacher_has_its_similarities(pair_of, tmp_path):
    cfg, folder = pair_of('PointPillars', width=8)
    teacher = build_teacher(cfg)
    student = build_student(cfg, teacher, folder / 'latest.pth')
    batch = load_batch(teacher, build_test_set(cfg), 0)
    alike = compare_on_frame(student, teacher, batch)['voxel'].similarity
    other = compare_on_frame(build_student(cfg, teacher, None, seed=5), teacher, batch)
    assert alike.abs().max() < 1e-5
    assert other['voxel'].similarity.mean() > 1e-3


def test_configs_without_graphs_are_refused(pair_of, tmp_path):
    cfg, _ = pair_of('PointPillars')
    loss = dict(type='FitNets')
    cfg.model.train_cfg.kd_cfg = dict(terms=dict(fit=dict(feature='voxel_features', loss=loss)))
    with pytest.raises(ValueError, match=r"no term of type LocalGraph.*'fit': 'FitNets'"):
        show_distillation(cfg, tmp_path)


def test_frames_that_are_not_there_are_named(pair_of, tmp_path):
    with pytest.raises(ValueError, match=r'no frame 999999 in .*kitti_infos_val\.pkl'):
        show_distillation(pair_of('PointPillars').cfg, tmp_path, frames=['999999'])


def test_frames_without_ground_truth_are_drawn(pair_of, kitti_data, tmp_path):
    cfg, _ = pair_of('PointPillars')
    cfg.data.test.update(ann_file=f'{kitti_data}/kitti_infos_test.pkl', split='testing')
    (line,) = show_distillation(cfg, tmp_path)
    assert 'of no known object' in line
    (path,) = tmp_path.iterdir()
    assert Image.open(path).size[0] > 1000 and pixels_of(path, 'tab:green') == 0
