# The map that the head sees, by correlation (PKD).
# In a student's config:
#     _base_ = ['...student.py', '../_base_/distill/pearson_feature.py']
#     model = dict(train_cfg=dict(kd_cfg=dict(terms={{_base_.pearson_feature}})))
pearson_feature = dict(
    pearson=dict(
        feature='neck_features', level=0,
        loss=dict(type='PearsonFeature', loss_weight=1.0)))
