"""Distillation without labels: 60 labelled scenes, and 300 that a teacher of 360 others labels."""

data = dict(scenes=dict(train=720, val=300), seed=100)
parts = dict(teacher=[0, 1 / 2], labelled=[1 / 2, 7 / 12], unlabelled=[7 / 12, 1])
teacher = dict(
    config='configs/quickstart/pointpillars_3class.py', epochs=14, seed=0, part='teacher'
)
labels = dict(part='unlabelled', score_thr=0.3, ignore_thr=0.1)
# As many steps for every arm.
student = dict(config='configs/quickstart/pointpillars_3class_student_4x.py', epochs=8, frames=360)
# configs/_base_/distill/recommended.py
_head = dict(type='HeadLogits', score_thr=0.1, cls_weight=15.0, box_weight=1.0, dir_weight=0.2)
arms = dict(
    labelled=dict(train=dict(labelled=1)),
    mixed=dict(train=dict(labelled=1, taught=1)),
    mixed_soft=dict(
        train=dict(labelled=1, taught=1),
        kd_cfg=dict(terms=dict(head=dict(feature='head_outputs', loss=_head))),
    ),
    # As many of each kind as there are, instead of as many of one as of the other.
    all_alike=dict(train=dict(labelled=60, taught=300)),
    unweighted=dict(
        train=dict(labelled=60, taught=300), options={'data.train.dataset.weigh_by_score': False}
    ),
    # With the true labels of the frames that the teacher labels.
    ceiling=dict(train=dict(labelled=1, unlabelled=1)),
    # Labels are plentiful: those that the teacher learnt from too.
    plenty=dict(train=dict(teacher=1)),
    plenty_mixed=dict(train=dict(teacher=1, taught=1)),
    plenty_mixed_soft=dict(
        train=dict(teacher=1, taught=1),
        kd_cfg=dict(terms=dict(head=dict(feature='head_outputs', loss=_head))),
    ),
)
baseline = 'labelled'
seeds = [0, 1, 2, 3, 4]
