"""PointPillars sixteen times smaller, on labelled scenes: the paper's loss and others."""

data = dict(scenes=dict(train=360, val=300), seed=0)
teacher = dict(config='configs/quickstart/pointpillars_3class.py', epochs=14, seed=0)
student = dict(config='configs/effect/pointpillars_16x.py', epochs=8)


def head(**options):
    """Compare predictions where the teacher is confident."""
    loss = dict(type='HeadLogits', box_weight=1.0, dir_weight=0.2, **options)
    return dict(kd_cfg=dict(terms=dict(head=dict(feature='head_outputs', loss=loss))))


def published(num_voxels, kneighbours, temperature):
    """Compare local graphs of the voxel features, as the paper does."""
    options = dict(num_voxels=num_voxels, kneighbours=kneighbours, temperature=temperature)
    return dict(kd_cfg=dict(type='PointPillars', compression_ratio=16, **options))


arms = dict(plain=dict(), published=published(1000, 32, 1e-2), head=head(cls_weight=5.0))
baseline = 'plain'
seeds = [0, 1, 2, 3, 4, 5, 6, 7]

_pillars = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class'
full = dict(
    teacher=dict(config=f'{_pillars}.py'),
    student=dict(config=f'{_pillars}_student_16x.py'),
    arms=dict(published=published(12000, 128, 1e-4)),
)
