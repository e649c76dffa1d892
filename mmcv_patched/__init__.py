"""What this project changes in mmcv 1.7, one file per change.

Importing the package makes mmcv and mmdet importable where their optional binary parts are missing,
so it has to be imported before them.
"""

import warnings

from mmcv_patched.stand_ins import register_stand_ins

# mmcv 1.7 announces its successor on every import; this project stays on the 1.x line on purpose.
warnings.filterwarnings('ignore', message='On January 1, 2023, MMCV will release', module='mmcv')

register_stand_ins()
