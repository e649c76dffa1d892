"""Does distillation help? Campaigns of paired trainings, and what they say."""

from mmdet3d.report.gain.campaign import Campaign, load_campaign
from mmdet3d.report.gain.run import run_campaign
from mmdet3d.report.gain.statistics import PairedGain, paired_gain

__all__ = ['Campaign', 'PairedGain', 'load_campaign', 'paired_gain', 'run_campaign']
