"""The operators on devices that numba does not reach, in torch: one module per operator.

For CUDA devices ``in_triton`` has kernels of those that torch computes in many launches.
"""
