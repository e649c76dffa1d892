"""A run that was cut off at any step ends as if nothing had happened."""

import logging
import random

import numpy as np
import pytest
import torch
from mmcv.runner import Hook, build_runner
from torch import nn
from torch.utils.data import DataLoader, Dataset

from mmcv_patched.parallel import MMDataParallel
from mmcv_patched.runner import CheckpointHook
from mmcv_patched.runner.random_states import (
    random_states,
    random_states_kept,
    restore_random_states,
)
from mmdet_patched.apis.seeds import seed_process

EPOCHS = dict(type='EpochBasedRunner', max_epochs=3)
ITERATIONS = dict(type='IterBasedRunner', max_iters=12)


def draws() -> list[float]:
    """A number of each generator."""
    return [random.random(), np.random.rand(), float(np.random.randn()), torch.rand(1).item()]


def seed_worker(worker_id):
    seed_process(torch.initial_seed())


class Noisy(Dataset):
    """Samples that random numbers are added to; one step keeps something from frame to frame."""

    def __init__(self):
        self.left = []

    def __len__(self):
        return 8

    def start_pass(self):
        self.left = []

    def __getitem__(self, index):
        if not self.left:
            self.left = list(np.random.permutation(5))
        return {'x': torch.tensor([float(index), *draws()[:2], float(self.left.pop())])}


class Net(nn.Module):
    """A network that draws random numbers too."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 1)
        self.norm = nn.BatchNorm1d(1)
        self.losses = []

    def train_step(self, data, optimizer, **kwargs):
        dropped = nn.functional.dropout(data['x'], 0.3)
        loss = self.norm(self.layer(dropped)).sub(torch.rand(1)).square().mean()
        if self.training:
            self.losses.append(loss.item())
        return {'loss': loss, 'log_vars': {'loss': loss.item()}, 'num_samples': len(data['x'])}

    val_step = train_step


class CutOff(Hook):
    """Ends the run before a step, or lets it evaluate after a pass."""

    def __init__(self, at=None):
        self.at = at

    def before_train_iter(self, runner):
        if runner.iter == self.at:
            raise KeyboardInterrupt

    def after_train_epoch(self, runner):
        with random_states_kept():
            draws()


def start(folder, kind, workers, every, at=None):
    """A runner and its loader, of a process that begins."""
    seed_process(7)
    model = MMDataParallel(Net())
    runner = build_runner(
        kind,
        default_args=dict(
            model=model,
            optimizer=torch.optim.Adam(model.parameters(), lr=0.1),
            work_dir=str(folder),
            logger=logging.getLogger('test_resume_exactly'),
            meta={},
        ),
    )
    runner.register_optimizer_hook({})
    by_epoch = kind['type'] == 'EpochBasedRunner'
    saving = dict(interval=1, iterations=every) if by_epoch else dict(interval=every)
    runner.register_hook(CheckpointHook(by_epoch=by_epoch, **saving))
    runner.register_hook(CutOff(at))
    loader = DataLoader(
        Noisy(), batch_size=2, shuffle=True, num_workers=workers, worker_init_fn=seed_worker
    )
    return runner, loader


def run(runner, loader, workflow):
    others = [DataLoader(Noisy(), batch_size=2) for _ in workflow[1:]]
    runner.run([loader, *others], workflow)
    return runner.model.module.losses, runner.model.state_dict()


@pytest.mark.parametrize('kind', [EPOCHS, ITERATIONS], ids=['epochs', 'iterations'])
@pytest.mark.parametrize(
    'workers, cuts, workflow',
    [
        (0, (1, 3, 4, 6, 8, 11), [('train', 1)]),
        (0, (3, 4, 7), [('train', 1), ('val', 1)]),
        (2, (5, 8), [('train', 1)]),
    ],
)
def test_a_run_cut_off_at_any_step_ends_as_the_whole_one(tmp_path, kind, workers, cuts, workflow):
    losses, weights = run(*start(tmp_path / 'whole', kind, workers, every=1), workflow)
    assert len(losses) == 12
    for cut in cuts:
        folder = tmp_path / f'cut{cut}'
        runner, loader = start(folder, kind, workers, every=1, at=cut)
        with pytest.raises(KeyboardInterrupt):
            run(runner, loader, workflow)
        resumed, loader = start(folder, kind, workers, every=1)
        draws()
        resumed.resume(str(folder / 'latest.pth'))
        assert resumed.iter == cut
        later, ended = run(resumed, loader, workflow)
        assert later == losses[cut:]
        assert all(torch.equal(weights[key], ended[key]) for key in weights)


def test_only_the_newest_checkpoint_within_an_epoch_is_kept(tmp_path):
    runner, loader = start(tmp_path, EPOCHS, 0, every=3, at=8)
    with pytest.raises(KeyboardInterrupt):
        run(runner, loader, [('train', 1)])
    assert sorted(path.stem for path in tmp_path.iterdir()) == ['epoch_1', 'epoch_2', 'latest']
    runner, loader = start(tmp_path, EPOCHS, 0, every=3, at=7)
    runner.resume(str(tmp_path / 'epoch_1.pth'))
    with pytest.raises(KeyboardInterrupt):
        run(runner, loader, [('train', 1)])
    saved = sorted(path.stem for path in tmp_path.iterdir())
    assert saved == ['epoch_1', 'epoch_2', 'iter_6', 'latest']
    assert (tmp_path / 'latest.pth').resolve().name == 'iter_6.pth'


def test_what_a_killed_run_did_not_finish_is_removed(tmp_path):
    for name in ('.epoch_2.pth.4711.partial', '.latest.pth.4711.partial'):
        (tmp_path / name).write_bytes(b'half')
    (tmp_path / 'notes.partial').write_text('mine')
    run(*start(tmp_path, EPOCHS, 0, every=0), [('train', 1)])
    left = [path.name for path in tmp_path.glob('*.partial')]
    assert left == ['notes.partial'] and not list(tmp_path.glob('.*.partial'))


@pytest.mark.parametrize('places', ['none', 'of two'])
def test_a_checkpoint_without_the_states_of_this_process_resumes_with_a_warning(tmp_path, places):
    runner, loader = start(tmp_path, EPOCHS, 0, every=1, at=6)
    with pytest.raises(KeyboardInterrupt):
        run(runner, loader, [('train', 1)])
    path = tmp_path / 'iter_6.pth'
    saved = torch.load(path, weights_only=True)
    saved['meta']['places'] = saved['meta']['places'] * 2 if places == 'of two' else None
    torch.save(saved, path)
    resumed, loader = start(tmp_path, EPOCHS, 0, every=1)
    with pytest.warns(UserWarning, match='of 2 processes, not 1' if places != 'none' else 'not at'):
        resumed.resume(str(path))
    losses, _ = run(resumed, loader, [('train', 1)])
    assert resumed.epoch == 3
    # Twice the batches were taken by two processes together.
    assert len(losses) == {'none': 12 - 4, 'of two': 12 - 8}[places]


def test_states_survive_a_file_that_is_loaded_safely(tmp_path):
    np.random.randn()
    random.gauss(0, 1)
    torch.save(random_states(), tmp_path / 'states.pth')
    expected = draws()
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    restore_random_states(torch.load(tmp_path / 'states.pth', weights_only=True))
    assert draws() == expected


@pytest.mark.parametrize('iterations', [-1, 2.5, '3', True])
def test_wrong_number_of_iterations_is_refused(iterations):
    with pytest.raises(ValueError, match=r'checkpoint_config\.iterations='):
        CheckpointHook(iterations=iterations)
