"""SECOND 16 times smaller, at a size that two cores train."""

data = dict(scenes=dict(train=360, val=300), seed=0)
teacher = dict(config='configs/effect/second.py', epochs=8, seed=0)
student = dict(config='configs/effect/second_16x.py', epochs=4)
# configs/_base_/distill/recommended.py
_head = dict(type='HeadLogits', score_thr=0.1, cls_weight=15.0, box_weight=1.0, dir_weight=0.2)
arms = dict(
    plain=dict(),
    published=dict(
        kd_cfg=dict(
            type='SECOND', compression_ratio=16, num_voxels=256, kneighbours=128, temperature=1e-4
        )
    ),
    recommended=dict(kd_cfg=dict(terms=dict(head=dict(feature='head_outputs', loss=_head)))),
)
baseline = 'plain'
seeds = [0, 1, 2, 3]

full = dict(
    teacher=dict(
        config='configs/second/hv_second_secfpn_6x8_80e_kitti-3d-3class.py',
        checkpoint='pretrain/hv_second_secfpn_6x8_80e_kitti-3d-3class_20200620_230238-9208083a.pth',
    ),
    student=dict(config='configs/second/hv_second_secfpn_6x8_80e_kitti-3d-3class_student_16x.py'),
)
