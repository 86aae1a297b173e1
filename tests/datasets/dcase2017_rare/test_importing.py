"""What people have of TUT Rare Sound Events 2017, and what an import makes of it."""

import hashlib
import shutil
import zipfile

import pytest
import soundfile

from datasets.acquire.records import Archive
from datasets.dcase2017_rare import DCASE2017Rare
from datasets.dcase2017_rare.archives import ARCHIVES
from datasets.dcase2017_rare.importing import import_folder
from datasets.dcase2017_rare.layout import DEVELOPMENT, EVALUATION
from datasets.dcase2017_rare.needed import missing_archives
from datasets.errors import DataError


def imported(source, root, archives=ARCHIVES):
    """The lines that an import says."""
    lines = []
    import_folder(source, root, lines.append, archives)
    assert not list(root.parent.glob(".*"))  # no folder to work in is left
    return lines


def test_records_come_one_after_the_other_and_fetch_brings_only_the_rest(miniature_rare, tmp_path):
    root, places = tmp_path / "data" / "rare", tmp_path / "places"
    places.mkdir()
    shutil.copytree(miniature_rare / DEVELOPMENT, places / "one" / "data of 2017")  # another name, some levels down
    (places / "two").mkdir()
    (places / "two" / EVALUATION).symlink_to(miniature_rare / EVALUATION)  # a linked folder
    shutil.copy(miniature_rare / "miniature.json", tmp_path)
    imported(places / "one", root)
    assert [path.name for path in root.iterdir()] == [DEVELOPMENT]
    assert asked_for(root, tmp_path) == {"mixture_data"}
    imported(places / "two", root)
    shutil.copy(tmp_path / "miniature.json", root)
    assert DCASE2017Rare(root).fingerprint() == DCASE2017Rare(miniature_rare).fingerprint()
    assert asked_for(root, tmp_path) == set()
    DCASE2017Rare(root).sources("devtrain").event_path("gunshot/9200.wav").write_bytes(b"")
    assert asked_for(root, tmp_path) == {"source_data_events"}


@pytest.mark.parametrize("record", [DEVELOPMENT, EVALUATION])
@pytest.mark.parametrize("given", ["data", "renamed"])
def test_the_data_of_a_record_alone_are_taken(miniature_rare, tmp_path, record, given):
    """The folder `data` of a record, also under another name, itself or inside of what is given."""
    folder = tmp_path / "mine" / given
    shutil.copytree(miniature_rare / record / "data", folder)
    imported(folder if given == "data" else folder.parent, tmp_path / "rare")
    taken, wanted = (
        {path.relative_to(root): path.stat().st_size for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path / "rare" / record / "data", miniature_rare / record / "data")
    )
    assert taken == wanted


def test_sources_of_the_evaluation_are_taken_from_archives_known_by_name(miniature_rare, tmp_path):
    source_data = miniature_rare / EVALUATION / "data" / "source_data"
    archive = tmp_path / "mine" / f"{EVALUATION}.source_data_bgs_and_cvsetup.2.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as opened:
        for path in (*source_data.glob("bgs/audio/*"), *source_data.glob("cv_setup/*")):
            opened.write(path, path.relative_to(miniature_rare))
    shutil.copytree(miniature_rare / DEVELOPMENT, tmp_path / "mine" / DEVELOPMENT)
    assert f"{archive.name}: unpacking" in imported(tmp_path / "mine", tmp_path / "rare")
    found, wanted = (DCASE2017Rare(root).sources("evaltest") for root in (tmp_path / "rare", miniature_rare))
    assert (found.backgrounds, found.events) == (wanted.backgrounds, wanted.events)


@pytest.mark.parametrize("given", ["mine", DEVELOPMENT, "data"])
def test_both_records_in_one_folder_are_told_apart(miniature_rare, tmp_path, given):
    """As they lie where both archives were unpacked into one place."""
    folder, root = tmp_path / "places" / given, tmp_path / "root" / "rare"
    for record in (DEVELOPMENT, EVALUATION):
        inside = miniature_rare / record / ("data" if given == "data" else "")
        shutil.copytree(inside, folder, dirs_exist_ok=True)
    imported(tmp_path / "places", root)
    taken, wanted = (
        {path.relative_to(base) for path in base.glob("*/data/*/**/*.*")} for base in (root, miniature_rare)
    )
    assert taken >= wanted and not {path.suffix for path in taken - wanted} & {".wav", ".yaml"}  # texts go to both
    shutil.copy(miniature_rare / "miniature.json", root)
    is_same = DCASE2017Rare(root).fingerprint() == DCASE2017Rare(miniature_rare).fingerprint()
    assert is_same == (given != "data")  # the parameters lie beside it


def asked_for(root, folder):
    """The kinds of the archives that a fetch would still bring, the papers aside."""
    shutil.copy(folder / "miniature.json", root)
    missing = missing_archives(root, [one for one in ARCHIVES if not one.is_text])
    (root / "miniature.json").unlink()
    return {one.name.removeprefix(f"{one.folder}.").split(".")[0] for one in missing}


def test_mixtures_of_the_development_set_are_taken_where_one_has_them(miniature_rare, tmp_path):
    archive = tmp_path / "mine" / f"{DEVELOPMENT}.mixture_data.3.zip"
    archive.parent.mkdir()
    name = f"{DEVELOPMENT}/data/mixture_data/devtest/20b255387a2d0cddc0a3dff5014875e7/audio/mixture.wav"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(sorted(miniature_rare.rglob("mixture_*.wav"))[0], name)
        opened.writestr(name.replace("mixture.wav", "bad.wav"), b"sound")
    (tmp_path / "mine" / "other.zip").write_bytes(b"PK")
    lines = imported(tmp_path / "mine", tmp_path / "rare")
    assert [path.name for path in (tmp_path / "rare" / name).parent.iterdir()] == ["mixture.wav"]
    assert any(line.startswith("left out, 1 x not decodable") and "bad.wav" in line for line in lines)
    assert any(line == "left out, 1 x no archive of the records: other.zip" for line in lines)


@pytest.mark.parametrize(("record", "brings"), [(DEVELOPMENT, False), (EVALUATION, True)])
def test_an_archive_is_not_needed_where_its_own_record_holds_the_same(tmp_path, record, brings):
    """The other record has files of the same names, and of the same sizes, too."""
    path = tmp_path / "mine" / record / "notes.zip"
    path.parent.mkdir(parents=True)
    (path.parent / "README.md").write_bytes(b"notes")
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr(f"{DEVELOPMENT}/README.md", b"notes")
    known = Archive(f"{DEVELOPMENT}.doc.zip", None, hashlib.md5(path.read_bytes()).hexdigest(), DEVELOPMENT, ())
    lines = imported(tmp_path / "mine", tmp_path / "rare", [known])
    assert ("notes.zip: unpacking" in lines) == brings
    assert (tmp_path / "rare" / DEVELOPMENT / "README.md").read_bytes() == b"notes"
    assert (tmp_path / "rare" / "archives.json").is_file() == brings


def test_a_link_to_no_archive_is_left_out_once(tmp_path):
    folder = tmp_path / "mine" / DEVELOPMENT
    folder.mkdir(parents=True)
    (folder / "README.md").touch()
    (folder / "lost.zip").symlink_to(tmp_path / "nowhere.zip")
    lines = imported(tmp_path / "mine", tmp_path / "rare")
    assert [line for line in lines if "lost.zip" in line] == ["left out, 1 x a link to nothing: lost.zip"]


def test_mixtures_in_an_archive_that_nothing_reads_are_one_line(miniature_rare, tmp_path):
    """Their md5 is unknown here, so anything may come under their name: this one has a name that is no UTF-8."""
    archive = tmp_path / "mine" / f"{DEVELOPMENT}.mixture_data.3.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("\xe9.wav", b"sound")
    archive.write_bytes(archive.read_bytes().replace("\xe9".encode(), b"\xff\xfe"))
    shutil.copytree(miniature_rare / DEVELOPMENT, tmp_path / "mine" / DEVELOPMENT)
    with pytest.raises(DataError, match="truncated or corrupt archive"):
        imported(tmp_path / "mine", tmp_path / "rare")
    assert not (tmp_path / "rare").exists()


def test_files_that_become_wav_do_not_overwrite_each_other(miniature_rare, tmp_path):
    for name, seconds in (("a", 30.0), ("b", 0.1)):
        record = shutil.copytree(miniature_rare / DEVELOPMENT, tmp_path / "mine" / name / DEVELOPMENT)
        clip = sorted(record.glob("data/source_data/bgs/audio/*.wav"))[0]
        clip.unlink()
        soundfile.write(clip.with_suffix(".flac"), [0.1] * round(44100 * seconds), 44100)
    imported(tmp_path / "mine", tmp_path / "rare")
    assert soundfile.info(tmp_path / "rare" / clip.relative_to(tmp_path / "mine" / "b")).duration == 30.0


def test_folders_that_only_sound_like_a_record_are_none(miniature_rare, tmp_path):
    """A project with features by subset, around an official folder."""
    project = tmp_path / "mine" / "project"
    (project / "features" / "devtrain").mkdir(parents=True)
    (project / "private.docx").write_text("mine")
    shutil.copytree(miniature_rare / DEVELOPMENT, project / DEVELOPMENT)
    imported(tmp_path / "mine", tmp_path / "rare")
    assert not list((tmp_path / "rare").rglob("private.docx"))
    assert data_of(tmp_path / "rare") == data_of(miniature_rare, DEVELOPMENT)


@pytest.mark.parametrize(
    "place",
    [f"{DEVELOPMENT}/{DEVELOPMENT}", f"{DEVELOPMENT}/x", f"{EVALUATION}", f"{DEVELOPMENT}/bare", f"{DEVELOPMENT}/.."],
)
def test_official_folders_inside_others_or_under_another_name_go_where_they_belong(miniature_rare, tmp_path, place):
    """Nested twice, in a folder of the other record's name, or without its folder `data`."""
    folder = tmp_path / "mine" / place
    if place.endswith(".."):
        shutil.copytree(miniature_rare / DEVELOPMENT / "data", tmp_path / "mine" / DEVELOPMENT)
    elif place.endswith("bare"):
        shutil.copytree(miniature_rare / DEVELOPMENT / "data" / "source_data", folder / "source_data")
    else:
        shutil.copytree(miniature_rare / DEVELOPMENT, folder)
    imported(tmp_path / "mine", tmp_path / "rare")
    assert data_of(tmp_path / "rare") == data_of(miniature_rare, DEVELOPMENT)


def test_a_record_inside_the_other_ones_folder_is_taken_for_itself(miniature_rare, tmp_path):
    shutil.copytree(miniature_rare / DEVELOPMENT, tmp_path / "mine" / DEVELOPMENT)
    shutil.copytree(miniature_rare / EVALUATION, tmp_path / "mine" / DEVELOPMENT / EVALUATION)
    imported(tmp_path / "mine", tmp_path / "rare")
    assert data_of(tmp_path / "rare") == data_of(miniature_rare)


def test_of_a_cut_original_and_the_whole_one_the_whole_one_is_taken(miniature_rare, tmp_path):
    for name in ("a", "b"):
        shutil.copytree(miniature_rare / DEVELOPMENT, tmp_path / "mine" / name / DEVELOPMENT)
    place = f"{DEVELOPMENT}/data/source_data/events/babycry"
    original = min((tmp_path / "mine" / "b" / place).glob("*.wav")).name
    samples, rate = soundfile.read(tmp_path / "mine" / "a" / place / original)
    soundfile.write(tmp_path / "mine" / "a" / place / original, samples[:4410] + 0.1, rate)
    imported(tmp_path / "mine" / "a", tmp_path / "rare")
    imported(tmp_path / "mine" / "b", tmp_path / "rare")
    taken = (tmp_path / "rare" / place / original).read_bytes()
    assert taken == (tmp_path / "mine" / "b" / place / original).read_bytes()


def data_of(root, *records):
    """The sounds and lists below the data of some records, or of both."""
    found = (path for record in records or (DEVELOPMENT, EVALUATION) for path in (root / record / "data").rglob("*.*"))
    return {path.relative_to(root).as_posix() for path in found if path.suffix in (".wav", ".yaml")}
