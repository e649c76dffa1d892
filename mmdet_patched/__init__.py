"""What this project changes in mmdet 2.28, one file per change."""

import mmcv_patched  # noqa: F401  (mmdet imports only with mmcv's stand-ins in place)
