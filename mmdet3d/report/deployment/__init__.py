"""Exported detectors measured: how well they detect, how fast, and how large they are."""

from mmdet3d.report.deployment.run import NETWORKS, measure_deployment

__all__ = ['NETWORKS', 'measure_deployment']
