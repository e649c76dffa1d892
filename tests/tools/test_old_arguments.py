"""Commands written for mmdetection3d v1.0 work, or say what to use instead."""

import runpy
import sys
import warnings

import pytest
from support.tooling import ROOT

CONFIG, CHECKPOINT = 'config.py', 'latest.pth'


@pytest.fixture
def parse(monkeypatch):
    """Let a tool read its command line; give what it read and its warnings."""

    def read(tool: str, command: str) -> tuple[dict, list[str]]:
        monkeypatch.setattr(sys, 'argv', [tool, *command.split()])
        functions = runpy.run_path(str(ROOT / 'tools' / tool), run_name='tool')
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            args = functions['parse_args']()
        return vars(args), [str(each.message) for each in caught]

    return read


@pytest.mark.parametrize(
    'command, read, said',
    [
        ('--gpus 1', {}, []),
        ('--gpu-ids 0', {}, []),
        ('--gpu-id 0', {}, []),
        ('--launcher none', {'launcher': 'none'}, []),
        ('--autoscale-lr', {'autoscale_lr': True}, []),
        ('--diff-seed', {}, ['--diff-seed changes nothing: processes draw different']),
        (
            '--options a.b=1',
            {'cfg_options': {'a.b': 1}},
            ['--options is an old name: write --cfg-options'],
        ),
        ('--cfg-options a=1 --cfg-options b=x', {'cfg_options': {'a': 1, 'b': 'x'}}, []),
        ('--seed 0 --deterministic', {'seed': 0, 'deterministic': True}, []),
    ],
)
def test_arguments_of_train_work(parse, command, read, said):
    args, warned = parse('train.py', f'{CONFIG} {command}')
    assert args.items() >= read.items()
    assert len(warned) == len(said) and all(map(str.startswith, warned, said))


@pytest.mark.parametrize('name', ['--local_rank', '--local-rank'])
def test_the_rank_that_an_old_launcher_passes_is_accepted(parse, monkeypatch, name):
    monkeypatch.setenv('LOCAL_RANK', '1')
    args, _ = parse('train.py', f'{name}=1 {CONFIG} --launcher pytorch')
    assert args['config'] == CONFIG and args['launcher'] == 'pytorch'


@pytest.mark.parametrize(
    'command, read, said',
    [
        ('--show-dir pictures', {'show_dir': 'pictures'}, []),
        ('--eval mAP --fuse-conv-bn', {'fuse_conv_bn': True}, []),
        ('--eval mAP --seed 3 --deterministic', {'seed': 3, 'deterministic': True}, []),
        ('--eval mAP --gpu-ids 0', {}, []),
        ('--eval mAP --gpu-collect', {}, ['--gpu-collect changes nothing']),
        ('--eval mAP --tmpdir x', {}, ['--tmpdir changes nothing']),
        (
            '--eval mAP --options jsonfile_prefix=a',
            {'eval_options': {'jsonfile_prefix': 'a'}},
            ['--options is an old name: write --eval-options'],
        ),
    ],
)
def test_arguments_of_test_work(parse, monkeypatch, tmp_path, command, read, said):
    monkeypatch.chdir(tmp_path)
    args, warned = parse('test.py', f'{CONFIG} {CHECKPOINT} {command}')
    assert args.items() >= read.items()
    assert len(warned) == len(said) and all(map(str.startswith, warned, said))


@pytest.mark.parametrize(
    'command, read',
    [
        (
            'kitti --root-path ./data/kitti --out-dir ./out --extra-tag kitti --workers 4',
            {'extra_tag': 'kitti', 'workers': 4},
        ),
        ('kitti --version v1.0 --max-sweeps 10', {'extra_tag': 'kitti'}),
        ('--root-path ./data/nuscenes nuscenes', {'dataset': 'nuscenes'}),
        ('nuscenes --version v1.0', {'version': 'v1.0-trainval'}),
        ('nuscenes --version v1.0-mini --workers 4', {'version': 'v1.0-mini'}),
    ],
)
def test_arguments_of_create_data_work(parse, command, read):
    args, warned = parse('create_data.py', command)
    assert args.items() >= read.items()
    assert not warned


@pytest.mark.parametrize(
    'command, said',
    [
        ('--task det --output-dir x', 0),
        ('--snapshot-save --show-interval 2 --skip-type Normalize --not-show', 4),
    ],
)
def test_arguments_of_browse_dataset_work(parse, command, said):
    args, warned = parse('misc/browse_dataset.py', f'{CONFIG} {command}')
    assert args['config'] == CONFIG
    assert len(warned) == said
