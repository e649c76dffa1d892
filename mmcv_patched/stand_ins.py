"""Stand-ins for the two optional imports of mmcv 1.7 and mmdet 2.28 that need a compiler or a GPU.

Both libraries import ``mmcv._ext`` (mmcv's compiled operators) and ``torchvision`` at import time,
although nothing on this project's main path calls them. Where one is not installed, a module that
imports but refuses to work takes its place; a real one is never touched.
"""

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn


class _StandIn(ModuleType):
    """A module whose every attribute is a callable that raises, naming what is missing.

    Args:
        name: dotted name of the module it stands in for.
        remedy: what a user has to install to get the real one.
    """

    def __init__(self, name: str, remedy: str) -> None:
        super().__init__(name, doc=f'Stand-in for the missing module {name}.')
        self.__spec__ = ModuleSpec(name, loader=None)
        self.__path__ = []
        self._remedy = remedy

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith('__'):
            raise AttributeError(f'module {self.__name__!r} has no attribute {attribute!r}')

        def missing(*args: Any, **kwargs: Any) -> NoReturn:
            raise RuntimeError(
                f'{self.__name__}.{attribute} was called, but {self.__name__} is not installed: '
                f'{self._remedy}'
            )

        missing.__name__ = attribute
        return missing


def _is_installed(name: str) -> bool:
    return name in sys.modules or importlib.util.find_spec(name) is not None


def register_stand_ins() -> None:
    """Make ``import mmcv.ops``, ``mmcv.runner`` and ``mmdet`` work on a plain pip installation.

    Call it before anything imports ``mmcv.ops`` or ``mmcv.runner``; calling it again does nothing.
    """
    if not _is_installed('torchvision'):
        stand_in = _StandIn('torchvision', 'install torchvision for your torch version')
        vars(stand_in)['__version__'] = 'not installed'
        sys.modules['torchvision'] = stand_in
    if not _is_installed('mmcv._ext'):
        sys.modules['mmcv._ext'] = _StandIn(
            'mmcv._ext', 'build mmcv-full 1.7.2 with a compiler to get its operators'
        )
