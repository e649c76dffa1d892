import pytest
import torch
from torch import nn

from mmdet3d.models.kd import GraphAdapter


@pytest.mark.parametrize('fuse_mode', ['identity', 'sub'])
def test_graph_is_the_convolution_of_the_concatenated_pairs(fuse_mode):
    """Value and gradients, against the definition written out on N x K copies."""
    torch.manual_seed(0)
    adapter = GraphAdapter(8, 5, fuse_mode)
    with torch.no_grad():
        adapter.bn.weight.uniform_(0.5, 1.5)
        adapter.bn.bias.normal_()
    plain = nn.Sequential(nn.Conv2d(16, 5, 1, bias=False), nn.BatchNorm2d(5), nn.ReLU()).double()
    plain[0].weight.data.copy_(adapter.conv.weight)
    plain[1].weight.data.copy_(adapter.bn.weight)
    plain[1].bias.data.copy_(adapter.bn.bias)

    x = torch.randn(20, 8).requires_grad_()
    y = x.detach().double().requires_grad_()
    centres = torch.tensor([0, 4, 4, 19])
    neighbours = torch.randint(0, 20, (4, 6))
    beside = y[neighbours] if fuse_mode == 'identity' else y[centres][:, None] - y[neighbours]
    pairs = torch.cat([beside, y[centres][:, None].expand(-1, 6, -1)], dim=-1)
    expected = plain(pairs.permute(2, 0, 1)[None].contiguous())[0].transpose(0, 1)

    graph = adapter(x, centres, neighbours)
    direction = torch.randn(graph.shape)
    (graph * direction).sum().backward()
    (expected * direction).sum().backward()
    torch.testing.assert_close(graph, expected.float())
    torch.testing.assert_close(x.grad, y.grad.float(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        adapter.conv.weight.grad, plain[0].weight.grad.float(), rtol=1e-4, atol=1e-5
    )
    torch.testing.assert_close(
        adapter.bn.weight.grad, plain[1].weight.grad.float(), rtol=1e-4, atol=1e-5
    )
