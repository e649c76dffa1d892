# The map that the head sees, through a linear layer (FitNets).
# In a student's config:
#     _base_ = ['...student.py', '../_base_/distill/fit_nets.py']
#     model = dict(train_cfg=dict(kd_cfg=dict(terms={{_base_.fit_nets}})))
fit_nets = dict(
    hint=dict(
        feature='neck_features', level=0,
        loss=dict(type='FitNets', loss_weight=1.0)))
