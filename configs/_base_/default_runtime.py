checkpoint_config = dict(interval=1)
log_config = dict(
    interval=50,
    hooks=[dict(type='TextLoggerHook'), dict(type='TensorboardLoggerHook')])
# With timeout=SECONDS: how long a process waits for another before the run ends (300).
dist_params = dict(backend='nccl')
log_level = 'INFO'
work_dir = None
load_from = None
resume_from = None
workflow = [('train', 1)]
# Of each process, workers of data loaders too; 0 for none beside the main one.
opencv_num_threads = 0
# How data loaders start their workers: 'fork', 'spawn' or 'forkserver'.
mp_start_method = 'fork'
# Weights of load_from that are of other widths or classes: refused, or with True left out.
load_partly = False
# A step whose losses or gradients are not finite: 'stop' ends the run, 'skip' leaves it out.
nan_policy = 'stop'
