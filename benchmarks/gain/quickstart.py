"""The quickstart's student without and with distillation, at the quickstart's size, over seeds."""

data = dict(scenes=dict(train=240, val=60), seed=0)
teacher = dict(config='configs/quickstart/pointpillars_3class.py', epochs=10, seed=0)
student = dict(config='configs/quickstart/pointpillars_3class_student_4x.py', epochs=4)
# configs/_base_/distill/recommended.py
_head = dict(type='HeadLogits', score_thr=0.1, cls_weight=15.0, box_weight=1.0, dir_weight=0.2)
arms = dict(
    plain=dict(),
    recommended=dict(kd_cfg=dict(terms=dict(head=dict(feature='head_outputs', loss=_head)))),
)
baseline = 'plain'
seeds = [0, 1, 2, 3, 4]
