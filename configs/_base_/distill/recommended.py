# What helped most where it was measured: predictions where the teacher is confident, the class
# scores by SparseKD's weight for KITTI (15). docs/effect.md has every training.
# In a student's config:
#     _base_ = ['...student.py', '../_base_/distill/recommended.py']
#     model = dict(train_cfg=dict(kd_cfg=dict(_delete_=True, terms={{_base_.recommended}})))
recommended = dict(
    head=dict(
        feature='head_outputs',
        loss=dict(type='HeadLogits', score_thr=0.1, cls_weight=15.0, box_weight=1.0, dir_weight=0.2)))
