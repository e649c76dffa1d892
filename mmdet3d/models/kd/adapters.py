"""Layers that bring a teacher's and a student's features to one width before they are compared."""

from torch import Tensor, nn
from torch.nn import functional

FUSE_MODES = ('identity', 'sub')


class GraphAdapter(nn.Module):
    """Local graph feature: 1x1 convolution, normalisation and ReLU over (neighbour, centre) pairs.

    The convolution of a concatenation is a sum of two convolutions, so both run on the distinct
    features before these are gathered: N x K fewer products, the same result.

    Args:
        in_channels: width C of the features.
        out_channels: width of the graph.
        fuse_mode: what stands beside the centre's feature: 'identity' the neighbour's feature,
            'sub' the centre's less the neighbour's.

    Raises:
        ValueError: for another ``fuse_mode``.
    """

    def __init__(self, in_channels: int, out_channels: int, fuse_mode: str = 'identity') -> None:
        super().__init__()
        if fuse_mode not in FUSE_MODES:
            raise ValueError(f'fuse_mode={fuse_mode!r}: allowed are {", ".join(FUSE_MODES)}')
        self.fuse_mode = fuse_mode
        self.conv = nn.Conv2d(2 * in_channels, out_channels, kernel_size=1, bias=False)
        self.bn = nn.BatchNorm1d(out_channels)
        nn.init.kaiming_normal_(self.conv.weight, mode='fan_out', nonlinearity='relu')

    def forward(self, features: Tensor, centres: Tensor, neighbours: Tensor) -> Tensor:
        """Return the graph of each centre, of shape (N, out_channels, K).

        Args:
            features: features of shape (M, C).
            centres: indices of shape (N,).
            neighbours: indices of shape (N, K).
        """
        rows, of_centres = self.convolve(features, centres)
        pairs = (rows[neighbours] + of_centres[:, None]).flatten(0, 1)
        # Channels first and contiguous: on other layouts torch's CPU batch norm has a wrong
        # gradient (4D) or sums so many rows in float32 that it errs by a thousandth (2D).
        graph = self.bn(pairs.t().contiguous()[None])[0].relu()
        return graph.view(-1, *neighbours.shape).transpose(0, 1)

    def convolve(self, features: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
        """Return both convolutions' results, whose sum is the convolution of a pair.

        Args:
            features: features of shape (M, C).
            centres: indices of shape (N,).

        Returns:
            what each of the features gives as a neighbour, of shape (M, out_channels), and what
            those of the centres add, of shape (N, out_channels).
        """
        beside, centre = self.conv.weight[:, :, 0, 0].chunk(2, dim=1)
        if self.fuse_mode == 'sub':
            beside, centre = -beside, centre + beside
        return functional.linear(features, beside), functional.linear(features[centres], centre)
