# AdamW for 24 epochs, the rate falling to a tenth after 20 and again after 23.
optimizer = dict(type='AdamW', lr=0.001, weight_decay=0.01)
optimizer_config = dict(grad_clip=dict(max_norm=35, norm_type=2))
lr_config = dict(
    policy='step',
    warmup='linear',
    warmup_iters=1000,
    warmup_ratio=1.0 / 1000,
    step=[20, 23])
momentum_config = None
runner = dict(type='EpochBasedRunner', max_epochs=24)
