"""The operators on devices that numba does not reach, in torch: one module per operator."""
