# Cells of the map that the head sees, told from each other (CRD).
# In a student's config:
#     _base_ = ['...student.py', '../_base_/distill/crd.py']
#     model = dict(train_cfg=dict(kd_cfg=dict(terms={{_base_.crd}})))
crd = dict(
    contrast=dict(
        feature='neck_features', level=0,
        loss=dict(type='CRD', num_samples=1024, loss_weight=0.02)))
