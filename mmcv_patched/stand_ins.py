"""Stand-ins for the two optional imports of mmcv 1.7 and mmdet 2.28 that need a compiler or a GPU.

Both libraries import ``mmcv._ext`` (mmcv's compiled operators) and ``torchvision`` at import time,
although nothing on this project's main path calls them. Where one is not installed, a module that
imports but refuses to work takes its place; a real one is never touched.
"""

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

_REMEDIES = {
    'torchvision': 'install torchvision for your torch version',
    'mmcv._ext': 'build mmcv-full 1.7.2 with a compiler to get its operators',
}


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
        self.__version__ = 'not installed'
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


class _Finder(MetaPathFinder, Loader):
    """Gives the stand-ins, where no finder before it has found the real module."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return how to import a module that can be stood in for; None for any other."""
        return ModuleSpec(name, self, is_package=True) if name in _REMEDIES else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the stand-in."""
        return _StandIn(spec.name, _REMEDIES[spec.name])

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing more: there is no code to run."""


def register_stand_ins() -> None:
    """Make ``import mmcv.ops``, ``mmcv.runner`` and ``mmdet`` work on a plain pip installation.

    Nothing is imported before it is asked for. Call it before anything imports ``mmcv.ops`` or
    ``mmcv.runner``; calling it again does nothing.
    """
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
