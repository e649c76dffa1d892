"""How kernels are compiled, and whether they can be."""

import torch
import triton
import triton.language as tl

# Multiplications and additions stay apart, as in the other backends: one rounding instead of two
# would choose other points where distances are nearly equal. Nor are loads moved across iterations.
EXACT = {'enable_fp_fusion': False, 'num_stages': 1}


def launch_probe() -> None:
    """Compile and launch a kernel that does next to nothing, on the current CUDA device.

    Whatever is missing, such as a C compiler, shows here: by an error of any type.
    """
    flag = torch.zeros(1, dtype=torch.int32, device='cuda')
    _raise_flag[(1,)](flag)
    flag.item()


@triton.jit
def _raise_flag(flag: tl.tensor) -> None:
    tl.store(flag, 1)
