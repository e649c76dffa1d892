"""PointPillars-FPN four times smaller on nuScenes, whose folder --data names: the paper's loss."""

_pillars = 'configs/pointpillars/hv_pointpillars'
teacher = dict(config=f'{_pillars}_fpn_sbn-all_4x8_2x_nus-3d.py')
student = dict(config=f'{_pillars}_secfpn_sbn-all_4x8_2x_nus-3d_student_4x.py')
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
)
baseline = 'plain'
seeds = [0, 1, 2, 3]
