_base_ = './hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py'

data = dict(samples_per_gpu=2, workers_per_gpu=2)

# Mixed precision: float16 with the losses scaled by this on a GPU, bfloat16 without scaling on a CPU.
fp16 = dict(loss_scale=32.)
