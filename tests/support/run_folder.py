"""Folders as training runs leave them, of detectors that were not trained."""

import json
from pathlib import Path
from typing import Any

import torch

from mmdet3d.models import build_model
from mmdet3d.utils.config import load_config


def write_run(folder: Path, config: str, options: dict[str, Any], **where: Any) -> Path:
    """Write config, seeded weights and a log of two steps; ``where`` says where the data is."""
    cfg = load_config(config, options, **where)
    torch.manual_seed(0)
    model = build_model(cfg.model)
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({'state_dict': model.state_dict(), 'meta': {}}, folder / 'latest.pth')
    cfg.dump(str(folder / Path(config).name))
    lines = [{'mode': 'train', 'epoch': 1, 'iter': i, 'loss': 2 / i} for i in (1, 2)]
    (folder / '1.log.json').write_text('\n'.join(map(json.dumps, lines)))
    return folder
