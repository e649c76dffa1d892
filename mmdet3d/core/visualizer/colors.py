"""Colours that tell layers apart."""

from matplotlib.colors import hsv_to_rgb, to_hex

# Green is the ground truth's.
_FIRST = ('tab:red', 'tab:blue', 'tab:orange', 'tab:purple', 'tab:pink', 'tab:brown', 'tab:cyan')
# Hues from cyan over blue and red to yellow, in turns.
_LOWEST_HUE, _HUES = 0.5, 0.65


def distinct_colors(count: int) -> list[str]:
    """Return as many different colours of matplotlib, none of them green.

    Args:
        count: how many.
    """
    more = count - len(_FIRST)
    return [
        *_FIRST[:count],
        *(_mix((_LOWEST_HUE + _HUES * i / more) % 1, 1 - 0.4 * (i % 2)) for i in range(more)),
    ]


def _mix(hue: float, brightness: float) -> str:
    return to_hex(tuple(hsv_to_rgb((hue, 1, brightness))))
