"""PointRCNN 16 times smaller, at a size that two cores train.

From nothing it learns too slowly for that, so all students go on from one that was trained before.
"""

data = dict(scenes=dict(train=360, val=300), seed=0)
teacher = dict(config='configs/effect/point_rcnn.py', epochs=20, seed=0)
student = dict(
    config='configs/effect/point_rcnn_16x.py', epochs=4, start=dict(epochs=16, seed=1000)
)
# configs/_base_/distill/recommended.py
_head = dict(type='HeadLogits', score_thr=0.1, cls_weight=15.0, box_weight=1.0, dir_weight=0.2)
arms = dict(
    plain=dict(),
    # A cloud has an eighth of the points here, and so have the sample and the neighbourhoods.
    published=dict(
        kd_cfg=dict(type='PointRCNN', compression_ratio=16, num_voxels=750, kneighbours=16)
    ),
    recommended=dict(kd_cfg=dict(terms=dict(head=dict(feature='head_outputs', loss=_head)))),
)
baseline = 'plain'
seeds = [0, 1, 2, 3]

full = dict(
    teacher=dict(
        config='configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes.py',
        checkpoint='pretrain/point_rcnn_2x8_kitti-3d-3classes_20211208_151344.pth',
    ),
    student=dict(config='configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes_student_16x.py'),
    arms=dict(published=dict(kd_cfg=dict(type='PointRCNN', compression_ratio=16))),
)
