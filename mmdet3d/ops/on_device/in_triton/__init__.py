"""The operators as Triton kernels, for CUDA devices: one module per operator that needs one.

Each module has a function of the same name, arguments and results as the torch version beside this
package. Nothing here is imported before a tensor on a CUDA device asks for it, see
``mmdet3d.ops.dispatch``.
"""
