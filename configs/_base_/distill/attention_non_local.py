# The map that the head sees, under attention, and its relations (Zhang and Ma).
# In a student's config:
#     _base_ = ['...student.py', '../_base_/distill/attention_non_local.py']
#     model = dict(train_cfg=dict(kd_cfg=dict(terms={{_base_.attention_non_local}})))
attention_non_local = dict(
    relations=dict(
        feature='neck_features', level=0,
        loss=dict(type='AttentionNonLocal', temperature=0.5)))
