# Which cells of the map that the head sees are alike (Tung and Mori).
# In a student's config:
#     _base_ = ['...student.py', '../_base_/distill/similarity_preserving.py']
#     model = dict(train_cfg=dict(kd_cfg=dict(terms={{_base_.similarity_preserving}})))
similarity_preserving = dict(
    alike=dict(
        feature='neck_features', level=0,
        loss=dict(type='SimilarityPreserving', num_samples=1024, loss_weight=1.0)))
