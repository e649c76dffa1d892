"""PointPillars-FPN four times smaller on nuScenes, whose folder --data names: both losses."""

_pillars = 'configs/pointpillars/hv_pointpillars'
teacher = dict(config=f'{_pillars}_fpn_sbn-all_4x8_2x_nus-3d.py')
student = dict(config=f'{_pillars}_secfpn_sbn-all_4x8_2x_nus-3d_student_4x.py')
# configs/_base_/distill/recommended.py
_head = dict(type='HeadLogits', score_thr=0.1, cls_weight=15.0, box_weight=1.0, dir_weight=0.2)
arms = dict(
    plain=dict(),
    published=dict(
        kd_cfg=dict(
            type='MVXFasterRCNN',
            compression_ratio=4,
            num_voxels=256,
            kneighbours=128,
            temperature=1e-4,
        )
    ),
    recommended=dict(kd_cfg=dict(terms=dict(head=dict(feature='head_outputs', loss=_head)))),
)
baseline = 'plain'
seeds = [0, 1, 2, 3]
