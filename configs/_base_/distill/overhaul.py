# The map that the head sees, where the teacher is active (Heo et al.).
# In a student's config:
#     _base_ = ['...student.py', '../_base_/distill/overhaul.py']
#     model = dict(train_cfg=dict(kd_cfg=dict(terms={{_base_.overhaul}})))
overhaul = dict(
    overhaul=dict(
        feature='neck_features', level=0,
        loss=dict(type='Overhaul', loss_weight=1.0)))
