"""Detectors as ONNX models, and those models run with onnxruntime.

Nothing is imported here: :mod:`mmdet3d.export.detector` runs models where there is no torch.
"""
