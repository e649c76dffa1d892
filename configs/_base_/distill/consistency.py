# Boxes that both networks find, one by one (SE-SSD).
# In a student's config:
#     _base_ = ['...student.py', '../_base_/distill/consistency.py']
#     model = dict(train_cfg=dict(kd_cfg=dict(terms={{_base_.consistency}})))
consistency = dict(
    boxes=dict(
        feature='head_outputs',
        loss=dict(type='Consistency', score_thr=0.3, iou_thr=0.7)))
