_base_ = ['./pointpillars_3class_student_4x.py', '../_base_/distill/recommended.py']

# Learns what the teacher predicts instead of the local graphs of the paper.
model = dict(train_cfg=dict(kd_cfg=dict(_delete_=True, terms={{_base_.recommended}})))
