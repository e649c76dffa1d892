_base_ = './hv_second_secfpn_6x8_80e_kitti-3d-3class.py'

# Mixed precision: float16 with the losses scaled by this on a GPU, bfloat16 without scaling on a CPU.
fp16 = dict(loss_scale=512.)
