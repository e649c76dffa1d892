"""How the map of a middle encoder lies in memory, and with it all maps that are made of it."""

from torch import Tensor, nn


class MapLayout(nn.Module):
    """Base of the middle encoders.

    On a CPU convolutions are faster on maps with the channels last, with the same results but for
    the rounding.

    Attributes:
        channels_last: let the channels come last; None where that is faster and exact.
    """

    channels_last: bool | None = None

    def puts_channels_last(self, features: Tensor) -> bool:
        """Tell how the map of these features is to lie."""
        if self.channels_last is not None:
            return self.channels_last
        return features.device.type == 'cpu'
