# What the heads predict where the teacher is confident (after SparseKD).
# In a student's config:
#     _base_ = ['...student.py', '../_base_/distill/head_logits.py']
#     model = dict(train_cfg=dict(kd_cfg=dict(terms={{_base_.head_logits}})))
head_logits = dict(
    head=dict(
        feature='head_outputs',
        loss=dict(type='HeadLogits', score_thr=0.1, cls_weight=1.0, box_weight=0.2, dir_weight=0.1)))
