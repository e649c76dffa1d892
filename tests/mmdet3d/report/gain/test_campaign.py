"""Files of campaigns: the shipped ones, and what is wrong with others."""

from pathlib import Path

import pytest

from mmdet3d.report.gain import load_campaign
from mmdet3d.report.gain.run import choose_arms
from mmdet3d.utils.config import load_config

ROOT = Path(__file__).resolve().parents[4]
SHIPPED = sorted((ROOT / 'benchmarks/gain').glob('*.py'))
SOUND = {
    'teacher': "dict(config='configs/quickstart/pointpillars_3class.py', epochs=1)",
    'student': "dict(config='configs/effect/pointpillars_16x.py', epochs=1, frames=4)",
    'arms': 'dict(plain=dict(), taught=dict(kd_cfg=dict()))',
    'baseline': "'plain'",
    'seeds': '[0, 1]',
}
PARTS = {
    'parts': 'dict(labelled=[0, 1 / 2], unlabelled=[1 / 2, 1])',
    'labels': "dict(part='unlabelled')",
    'arms': 'dict(plain=dict(train=dict(labelled=1, taught=2)))',
}


def write(folder: Path, **sections: str) -> Path:
    path = folder / 'campaign.py'
    path.write_text(''.join(f'{key} = {value}\n' for key, value in sections.items() if value))
    return path


@pytest.mark.parametrize('path', SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_campaign_names_configs_that_there_are(path):
    campaigns = [load_campaign(path)]
    campaigns += [load_campaign(path, full=True)] if 'full = ' in path.read_text() else []
    for campaign in campaigns:
        assert len(campaign.seeds) >= 4
        for section in (campaign.teacher, campaign.student):
            load_config(section['config'])


def test_sound_campaigns_are_read(tmp_path):
    campaign = load_campaign(write(tmp_path, **SOUND, _own='1'))
    assert (campaign.name, campaign.baseline, campaign.seeds) == ('campaign', 'plain', [0, 1])
    assert campaign.arms['taught'] == {'kd_cfg': {}}
    assert load_campaign(write(tmp_path, **(SOUND | PARTS))).parts['labelled'] == [0, 0.5]


def test_the_full_size_takes_the_place_of_the_small_one(tmp_path):
    full = (
        "dict(teacher=dict(config='t.py'), student=dict(config='s.py'), arms=dict(taught=dict()))"
    )
    campaign = load_campaign(write(tmp_path, **SOUND, full=full), full=True)
    assert (campaign.teacher, campaign.student) == ({'config': 't.py'}, {'config': 's.py'})
    assert campaign.arms == {'plain': {}, 'taught': {}}


@pytest.mark.parametrize(
    'changes, message',
    [
        ({'seed': '[0]'}, 'campaign.py has seed, which nothing reads: did you mean seeds'),
        ({'student': "dict(config='s.py', epoch=1)"}, 'student has epoch, .*mean epochs'),
        ({'arms': 'dict(plain=dict(), x=dict(kd_config=1))'}, 'arms.x has kd_config'),
        ({'data': 'dict(scenes=dict(train=1, validation=1))'}, 'data.scenes has validation'),
        ({'full': "dict(teacher=dict(config='t.py', epoch=1))"}, 'full.teacher has epoch'),
    ],
)
def test_keys_that_nothing_reads_are_refused(tmp_path, changes, message):
    with pytest.raises(TypeError, match=message):
        load_campaign(write(tmp_path, **(SOUND | changes)), full='full' in changes)


@pytest.mark.parametrize(
    'changes, message',
    [
        ({'seeds': '[]'}, 'no seeds, or an empty one'),
        ({'seeds': '[0, 0]'}, r'seeds=\[0, 0\]: expected different whole numbers'),
        ({'seeds': '[0.5]'}, r'seeds=\[0.5\]'),
        ({'baseline': "'plan'"}, "baseline='plan' is none of the arms"),
        ({'teacher': ''}, 'has no teacher'),
        ({'student': 'dict(epochs=1)'}, 'student has no config'),
        ({'student': "'s.py'"}, "student='s.py': expected a dict"),
        ({'arms': 'dict(teacher=dict())'}, "arm 'teacher': expected a name"),
        ({'arms': "{'a-b': dict()}"}, "arm 'a-b': expected a name"),
        ({'arms': 'dict(plain=1)'}, 'arms.plain=1: expected a dict'),
        ({'arms': 'dict(plain=dict(train=dict(labelled=1)))'}, r'of the parts \[\]'),
        ({**PARTS, 'parts': 'dict(a=[0, 0.6], b=[0.5, 1])'}, 'parts.a=.* and parts.b=.* overlap'),
        ({**PARTS, 'parts': 'dict(a=[0.5, 0.5])'}, 'parts.a=.*where it begins and ends'),
        ({**PARTS, 'parts': 'dict(a=[0, 1.5])'}, 'parts.a='),
        ({**PARTS, 'parts': "dict(a=['0', 1])"}, 'parts.a='),
        ({**PARTS, 'parts': 'dict(a=0.5)'}, 'parts.a='),
        ({**PARTS, 'parts': 'dict(taught=[0, 1])'}, 'parts.taught: the name stands for'),
        ({**PARTS, 'labels': "dict(part='x')"}, "labels.part='x' is none of the parts"),
        ({**PARTS, 'arms': 'dict(plain=dict())'}, 'arms.plain.train=.* of the parts'),
        ({**PARTS, 'arms': 'dict(plain=dict(train=dict(x=1)))'}, 'arms.plain.train.x=1'),
        ({**PARTS, 'arms': 'dict(plain=dict(train=dict(taught=0)))'}, 'arms.plain.train.taught=0'),
        ({**PARTS, 'student': "dict(config='s.py')"}, 'student has no frames'),
        ({**PARTS, 'teacher': "dict(config='t.py', part='x')"}, "teacher.part='x'"),
        ({'full': "dict(teacher=dict(config='t.py'))"}, 'has no full.student'),
        (
            {
                'arms': "dict(plain=dict(config='s.py'))",
                'full': "dict(teacher=dict(config='t.py'), student=dict(config='s.py'))",
            },
            r"\['plain'\] of arms have configs of their own",
        ),
    ],
)
def test_what_is_not_what_it_can_be_is_refused(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        load_campaign(write(tmp_path, **(SOUND | changes)), full='full' in changes)


def test_arms_are_chosen_in_the_order_of_the_campaign(tmp_path):
    campaign = load_campaign(write(tmp_path, **SOUND))
    assert choose_arms(campaign, None) == ['plain', 'taught']
    assert choose_arms(campaign, ['taught']) == ['taught']
    with pytest.raises(ValueError, match=r"--arms kd: campaign has \['plain', 'taught'\]"):
        choose_arms(campaign, ['plain', 'kd'])
