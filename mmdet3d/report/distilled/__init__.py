"""What a student learns from its teacher, over the scene: where, how much, and how far it got."""

from mmdet3d.report.distilled.show import show_distillation

__all__ = ['show_distillation']
