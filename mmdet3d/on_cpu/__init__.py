"""The operators on the CPU, in numba, for numpy arrays: one module per operator. No torch here."""
