# PointDistiller without neighbourhoods and without weights: the ablations of its table 5.
# In a student's config:
#     _base_ = ['...student.py', '../_base_/distill/voxels_alone.py']
#     model = dict(train_cfg=dict(kd_cfg=dict(terms={{_base_.voxels_alone}})))
voxels_alone = dict(
    voxels=dict(
        feature='voxel_features',
        loss=dict(type='LocalGraph', num_voxels=6000, local=False, reweight='none')))
