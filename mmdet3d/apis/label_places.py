"""Where a teacher's labels are written, looked at before there are any."""

from dataclasses import dataclass
from pathlib import Path

from mmdet3d.utils.writable import prepare_file

# A key of every report, by which it is known.
REPORT_MARK = 'checkpoint_sha256'


@dataclass(frozen=True)
class Places:
    """Where things are written.

    Attributes:
        infos: the info file, ``*.pkl``.
    """

    infos: Path

    @property
    def report(self) -> Path:
        """What the labels are from, beside the info file, as JSON."""
        return self.infos.with_suffix('.json')

    @property
    def parts(self) -> Path:
        """Folder of the detections, while there are frames to be labelled."""
        return self.infos.with_name(f'{self.infos.name}.parts')

    @property
    def database(self) -> Path:
        """The file that lists the objects, ``*dbinfos*.pkl``."""
        return self.infos.with_name(f'{self._named("dbinfos")}.pkl')

    @property
    def objects(self) -> Path:
        """Folder of the objects' points, ``*gt_database*``."""
        return self.infos.with_name(self._named('gt_database'))

    def _named(self, kind: str) -> str:
        stem = self.infos.stem
        return stem.replace('infos', kind) if 'infos' in stem else f'{stem}_{kind}'


def prepare_places(out: str | Path, frames: str | Path, with_database: bool) -> Places:
    """See where labels can be written to, before there are any.

    Args:
        out: the info file to write.
        frames: the info file that lists the frames.
        with_database: write the objects too.

    Raises:
        ValueError: if ``out`` is no pickle's name, or ``frames`` itself.
        FileExistsError: if a file is there that was not written by labelling.
        OSError: if nothing can be written there.
    """
    places = Places(Path(out))
    if places.infos.suffix != '.pkl':
        raise ValueError(f'--out {out}: an info file is written, name it *.pkl')
    if places.infos.resolve() == Path(frames).resolve():
        raise ValueError(
            f'--out {out} is the file that lists the frames, and would be overwritten: give another'
        )
    prepare_file(out, '--out')
    written = [places.infos, places.report]
    written += [places.database, places.objects] if with_database else []
    there = [path for path in written if path.exists()]
    if there and not _is_ours(places):
        raise FileExistsError(
            f'--out {out}: {there[0]} is there and does not hold labels of a teacher: give another '
            'name, or move it away'
        )
    return places


def _is_ours(places: Places) -> bool:
    if places.parts.is_dir():
        return True
    return places.report.is_file() and f'"{REPORT_MARK}"' in places.report.read_text(
        errors='replace'
    )
