"""Exported detectors measured: how well they detect, how fast, and how large they are."""

from mmdet3d.report.deployment.run import measure_deployment

__all__ = ['measure_deployment']
