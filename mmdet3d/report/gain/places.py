"""Where the files of a campaign are."""

from dataclasses import dataclass
from pathlib import Path

from mmdet3d.report.gain.campaign import TAUGHT


@dataclass(frozen=True)
class Places:
    """Folders and files, all absolute.

    Attributes:
        out: folder of the campaign.
        data_root: the data, with its info files.
        layout: what ``tools/create_data.py`` calls the data set.
        checkpoint: the teacher's; None for the one that the campaign trains.
    """

    out: Path
    data_root: Path
    layout: str
    checkpoint: Path | None

    def config(self, name: str) -> Path:
        """Config of an arm or of the teacher."""
        return self.out / 'configs' / f'{name}.py'

    def run(self, arm: str, seed: int) -> Path:
        """Folder of a student's training."""
        return self.out / arm / str(seed)

    def figures(self, arm: str, seed: int) -> Path:
        """What the test of a student found."""
        return self.run(arm, seed) / 'figures.json'

    @property
    def teacher(self) -> Path:
        """Folder of the teacher."""
        return self.out / 'teacher'

    @property
    def teacher_figures(self) -> Path:
        """What the test of the teacher found."""
        return self.teacher / 'figures.json'

    @property
    def teacher_checkpoint(self) -> Path:
        """Weights of the teacher."""
        return self.checkpoint or self.teacher / 'latest.pth'

    @property
    def start(self) -> Path:
        """Folder of the training whose weights the students begin with."""
        return self.out / 'start'

    @property
    def start_checkpoint(self) -> Path:
        """Weights that the students begin with."""
        return self.start / 'latest.pth'

    @property
    def parts(self) -> Path:
        """Folder of the parts of the frames to train on."""
        return self.out / 'parts'

    def part_infos(self, part: str) -> Path:
        """Info file of a part of the frames to train on."""
        return self.parts / f'{self.layout}_infos_{part}.pkl'

    def part_objects(self, part: str) -> Path:
        """Database of the objects in a part's frames."""
        return self.parts / f'{self.layout}_dbinfos_{part}.pkl'

    @property
    def taught(self) -> Path:
        """Info file of the frames that the teacher labels."""
        return self.part_infos(TAUGHT)
