"""SECOND's encoder: sparse 3D convolutions over voxels."""

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mmcv.cnn import build_norm_layer
from torch import Tensor, nn

from mmdet3d.models.builder import MIDDLE_ENCODERS
from mmdet3d.models.middle_encoders.map_layout import MapLayout

if TYPE_CHECKING:
    from mmdet3d.ops.sparse_conv import SparseSequential

NORM_CFG = {'type': 'BN1d', 'eps': 1e-3, 'momentum': 0.01}
ORDER = ('conv', 'norm', 'act')


@MIDDLE_ENCODERS.register_module()
class SparseEncoder(MapLayout):
    """Stages of submanifold convolutions, all but the first beginning with a strided one.

    From "SECOND: Sparsely Embedded Convolutional Detection" (Sensors 2018), section 3.2.

    Args:
        in_channels: width of the voxel features.
        sparse_shape: number of cells along z, y and x.
        order: the layers of a block; 'conv', 'norm', 'act' is the one that SECOND has.
        norm_cfg: normalisation layer.
        base_channels: width of the first convolution.
        output_channels: width of the last convolution, which makes the map.
        encoder_channels: width of each convolution, by stage.
        encoder_paddings: their padding, a number or one for each of z, y and x.
        block_type: 'conv_module', a convolution; SECOND has no other.

    Raises:
        ImportError: if spconv is not installed.
        ValueError: if ``order`` or ``block_type`` is another, or widths and paddings do not match.
    """

    def __init__(
        self,
        in_channels: int,
        sparse_shape: Sequence[int],
        order: Sequence[str] = ORDER,
        norm_cfg: dict = NORM_CFG,
        base_channels: int = 16,
        output_channels: int = 128,
        encoder_channels: Sequence[Sequence[int]] = ((16,), (32, 32, 32), (64, 64, 64), (64,) * 3),
        encoder_paddings: Sequence[Sequence] = ((1,), (1, 1, 1), (1, 1, 1), ((0, 1, 1), 1, 1)),
        block_type: str = 'conv_module',
    ) -> None:
        super().__init__()
        sparse_conv = _sparse_conv()
        if tuple(order) != ORDER or block_type != 'conv_module':
            raise ValueError(
                f'order={tuple(order)}, block_type={block_type!r}: SparseEncoder has order={ORDER} '
                "and block_type='conv_module' only"
            )
        if [len(stage) for stage in encoder_channels] != [len(stage) for stage in encoder_paddings]:
            raise ValueError(
                f'encoder_channels={encoder_channels} and encoder_paddings={encoder_paddings} '
                'have to name the same convolutions'
            )
        self.sparse_shape = list(sparse_shape)
        self.output_channels = output_channels
        self.norm_cfg = norm_cfg
        self.conv_input = self._block(
            sparse_conv.SubMConv3d, in_channels, base_channels, 3, padding=1, indice_key='subm1'
        )
        self.encoder_layers = sparse_conv.SparseSequential()
        width = base_channels
        for i, (widths, paddings) in enumerate(zip(encoder_channels, encoder_paddings), start=1):
            stage = self._stage(i, width, widths, paddings)
            self.encoder_layers.add_module(f'encoder_layer{i}', stage)
            width = widths[-1]
        self.conv_out = self._block(
            sparse_conv.SparseConv3d, width, output_channels, (3, 1, 1), stride=(2, 1, 1)
        )

    @property
    def grid_shape(self) -> list[int]:
        """Number of cells along z, y and x that it has room for."""
        return self.sparse_shape

    @property
    def output_shape(self) -> list[int]:
        """Number of cells along z, y and x that the strides leave."""
        shape = self.sparse_shape
        for layer in self.modules():
            if isinstance(layer, _sparse_conv().SparseConv3d):
                shape = layer.output_shape(shape)
        return shape

    def _stage(
        self, number: int, in_channels: int, widths: Sequence[int], paddings: Sequence
    ) -> 'SparseSequential':
        blocks = []
        settings: dict[str, Any]
        for j, (width, padding) in enumerate(zip(widths, paddings)):
            padding = padding if isinstance(padding, int) else tuple(padding)
            if number > 1 and j == 0:
                layer, settings = _sparse_conv().SparseConv3d, {'stride': 2}
            else:
                layer, settings = _sparse_conv().SubMConv3d, {'indice_key': f'subm{number}'}
            blocks.append(self._block(layer, in_channels, width, 3, padding=padding, **settings))
            in_channels = width
        return _sparse_conv().SparseSequential(*blocks)

    def _block(
        self,
        layer: type[nn.Module],
        in_channels: int,
        out_channels: int,
        kernel: int | tuple[int, int, int],
        **settings: Any,
    ) -> 'SparseSequential':
        return _sparse_conv().SparseSequential(
            layer(in_channels, out_channels, kernel, bias=False, **settings),
            build_norm_layer(self.norm_cfg, out_channels)[1],
            nn.ReLU(inplace=True),
        )

    def forward(self, voxel_features: Tensor, coors: Tensor, batch_size: int) -> Tensor:
        """Return the bird's-eye view, the levels of height stacked as channels.

        Args:
            voxel_features: features of shape (M, in_channels).
            coors: cells of shape (M, 4), as (sample, z, y, x).
            batch_size: number of samples, of which some may have no voxel.

        Returns:
            a map of shape (batch_size, output_channels * D, H, W), (D, H, W) the ``output_shape``.
        """
        if len(voxel_features) == 0:
            # spconv refuses; stay attached to the graph all the same.
            nothing = voxel_features.new_zeros(batch_size, self.output_channels, *self.output_shape)
            return nothing.flatten(1, 2) + 0 * sum(each.sum() for each in self.parameters())
        x = _sparse_conv().SparseConvTensor(
            voxel_features, coors.int(), self.sparse_shape, batch_size
        )
        x = self.conv_out(self.encoder_layers(self.conv_input(x)))
        return _sparse_conv().to_map(x, self.puts_channels_last(voxel_features))


def _sparse_conv() -> ModuleType:
    """Import what needs spconv only where it is used: other detectors do without."""
    from mmdet3d.ops import sparse_conv

    return sparse_conv
