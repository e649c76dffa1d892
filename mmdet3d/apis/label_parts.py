"""Detections kept in parts while a teacher labels frames, so that a run can go on."""

import json
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mmcv_patched.full_disk import atomic_write
from mmdet3d.datasets.files import dump_pickle, load_info_file

Detections = dict[str, np.ndarray]
_FINGERPRINT = 'fingerprint.json'


class Parts:
    """A folder of files with the detections of some frames each.

    Args:
        folder: the folder; made if missing. What another run left in it is removed, with a
            warning.
        fingerprint: what the detections depend on, such as the SHA-256 of the checkpoint, by what
            it is.

    Attributes:
        frames: detections by the number of the frame, as :func:`detection_arrays` gives them.

    Raises:
        FileExistsError: if the folder holds something else.
    """

    def __init__(self, folder: Path, fingerprint: Mapping[str, str]) -> None:
        self.folder = folder
        self.frames: dict[int, Detections] = {}
        if self._is_of(fingerprint):
            for path in self._files():
                self.frames.update(load_info_file(path, 'part'))
            return
        shutil.rmtree(folder, ignore_errors=True)
        with atomic_write(folder / _FINGERPRINT) as file:
            file.write(json.dumps(dict(fingerprint), indent=1).encode())

    def _is_of(self, fingerprint: Mapping[str, str]) -> bool:
        """Tell whether the folder holds detections of this run; warn where it is another's."""
        path = self.folder / _FINGERPRINT
        if not path.is_file():
            # A run that was killed at its very beginning leaves a hidden file at most.
            if self.folder.exists() and any(p.name[0] != '.' for p in self.folder.iterdir()):
                raise FileExistsError(
                    f'{self.folder} is needed for detections, but holds other files: remove it, or '
                    'give another --out'
                )
            return False
        found = json.loads(path.read_text())
        other = [what for what, digest in fingerprint.items() if found.get(what) != digest]
        if other:
            warnings.warn(
                f'{self.folder} holds detections of another run ({", ".join(other)} changed since '
                'then): all frames are labelled anew',
                stacklevel=3,
            )
        return not other

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob('[0-9]*.pkl'))

    def add(self, found: Mapping[int, Detections]) -> None:
        """Keep the detections of further frames, in a file of their own; of none do nothing."""
        if found:
            dump_pickle(self.folder / f'{len(self._files()):06d}.pkl', dict(found))
            self.frames.update(found)

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder)
