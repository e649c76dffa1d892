"""PointPillars 16 times smaller, on labelled scenes: the paper's loss and the recommended one."""

data = dict(scenes=dict(train=360, val=300), seed=0)
teacher = dict(config='configs/quickstart/pointpillars_3class.py', epochs=14, seed=0)
student = dict(config='configs/effect/pointpillars_16x.py', epochs=8)


def published(**options):
    """Compare local graphs of the voxel features, as the paper does."""
    return dict(kd_cfg=dict(type='PointPillars', compression_ratio=16, **options))


# configs/_base_/distill/recommended.py
_head = dict(type='HeadLogits', score_thr=0.1, cls_weight=15.0, box_weight=1.0, dir_weight=0.2)
arms = dict(
    plain=dict(),
    published=published(num_voxels=1000, kneighbours=32, temperature=1e-2),
    recommended=dict(kd_cfg=dict(terms=dict(head=dict(feature='head_outputs', loss=_head)))),
)
baseline = 'plain'
seeds = [0, 1, 2, 3, 4, 5, 6, 7]

_pillars = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class'
full = dict(
    teacher=dict(config=f'{_pillars}.py'),
    student=dict(config=f'{_pillars}_student_16x.py'),
    arms=dict(published=published(num_voxels=12000, kneighbours=128, temperature=1e-4)),
)
