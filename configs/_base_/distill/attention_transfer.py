# Where the map that the head sees is strong (attention transfer).
# In a student's config:
#     _base_ = ['...student.py', '../_base_/distill/attention_transfer.py']
#     model = dict(train_cfg=dict(kd_cfg=dict(terms={{_base_.attention_transfer}})))
attention_transfer = dict(
    attention=dict(
        feature='neck_features', level=0,
        loss=dict(type='AttentionTransfer', loss_weight=1.0)))
