"""Hard voxelisation in torch: sorting instead of a hash table, the same result on any device."""

import torch


def assign_points(
    xyz: torch.Tensor,
    low: torch.Tensor,
    voxel_size: torch.Tensor,
    grid_size: torch.Tensor,
    max_points: int,
    max_voxels: int,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Give every point its place in the voxels.

    Same arguments and results as ``on_cpu.voxelize.assign_points``, as tensors.
    """
    cells = torch.floor((xyz - low) / voxel_size)
    # Compared before the conversion to integers: NaN and infinity have no integer value.
    inside = ((cells >= 0) & (cells < grid_size)).all(dim=1).nonzero().squeeze(1)
    cells = cells[inside].long()
    key = (cells[:, 2] * grid_size[1] + cells[:, 1]) * grid_size[0] + cells[:, 0]

    # A stable sort puts the points of a voxel side by side and keeps their order.
    key, order = torch.sort(key, stable=True)
    opens = torch.ones_like(key, dtype=torch.bool)
    opens[1:] = key[1:] != key[:-1]
    starts = opens.nonzero().squeeze(1)
    group = opens.cumsum(0) - 1

    by_appearance = order[starts].argsort()
    rank = torch.empty_like(by_appearance)
    rank[by_appearance] = torch.arange(len(rank), device=rank.device)
    voxel = rank[group]
    slot = torch.arange(len(key), device=key.device) - starts[group]

    kept = (voxel < max_voxels) & (slot < max_points)
    place = xyz.new_full((len(xyz),), -1, dtype=torch.long)
    place[inside[order]] = torch.where(kept, voxel * max_points + slot, -1)
    published = by_appearance[:max_voxels]
    counts = torch.diff(starts, append=starts.new_tensor([len(key)])).clamp(max=max_points)
    coors = cells[order[starts]].flip(1)
    return place, coors[published].int(), counts[published].int()


def place_points(points: torch.Tensor, place: torch.Tensor, slots: int) -> torch.Tensor:
    """Put points into their places.

    Same arguments and result as ``on_cpu.voxelize.place_points``, as tensors.
    """
    filled = points.new_zeros((slots, points.shape[1]))
    kept = (place >= 0).nonzero().squeeze(1)
    return filled.index_copy_(0, place.index_select(0, kept), points.index_select(0, kept))
