"""The files of the two Zenodo records.

Names, sizes and md5 as dcase_util lists them; it lacks the evaluation's source events (83 WAV), whose md5 others
recorded. Nobody recorded the md5 of the development's ready-made mixtures, `...-development.mixture_data.1` to
`.9.zip`, nor that of the evaluation's backgrounds and lists, which the size of its record says there are (7.4 GB, of
which mixtures are 4.6). These are not fetched but taken where one has them; development's mixtures can be mixed from
the sources as well (datasets.dcase2017_rare.synthesis), as their README shows.
"""

from datasets.acquire.records import Archive
from datasets.dcase2017_rare.layout import DEVELOPMENT, EVALUATION

#: Addresses of the records, the present form and the old one.
BASES = {
    DEVELOPMENT: ("https://zenodo.org/records/401395/files/", "https://zenodo.org/record/401395/files/"),
    EVALUATION: ("https://zenodo.org/records/1160455/files/", "https://zenodo.org/record/1160455/files/"),
}
_DEVELOPMENT = (
    ("doc", 21042, "47c424fe90d2bdc53d9fdd84341c2783"),
    ("code", 81518, "4cacdf0803daf924a60bf9daa573beb7"),
    ("source_data_bgs_and_cvsetup.1", 1072175672, "6f1f4156d41b541d1188fcf44c9a8267"),
    ("source_data_bgs_and_cvsetup.2", 1073378284, "ff5dcbe250e45cc404b7b8a6013002ac"),
    ("source_data_bgs_and_cvsetup.3", 1069766123, "fb356ae309a40d2f0a38fc1c746835cb"),
    ("source_data_bgs_and_cvsetup.4", 1070042681, "2a68575b2ec7a69e2cc8b16b87fae0c9"),
    ("source_data_bgs_and_cvsetup.5", 1073380909, "84e70d855457a18115108e42ec04501a"),
    ("source_data_bgs_and_cvsetup.6", 1073021941, "048ce898bd434097dd489027f7ba361d"),
    ("source_data_bgs_and_cvsetup.7", 1069890239, "3ef1c89fcfac39918a5edc5abc6ed29b"),
    ("source_data_bgs_and_cvsetup.8", 180860904, "69dcb81e70f4e6605e178693afcd7722"),
    ("source_data_events", 639119477, "dc4b7eb77078b4cf1b670c6362679473"),
)
_EVALUATION = (
    ("doc", 11701, "36db98a94ce871c6bdc5bd5238383114"),
    ("mixture_data.1", 1071143794, "db4aecd5175dead27ceb2692e7f28bb1"),
    ("mixture_data.2", 1071773516, "e97d5842c46805cdb94e6d4017870cde"),
    ("mixture_data.3", 1073505512, "1fe20c762cecd26979e2c5303c8e9f48"),
    ("mixture_data.4", 1071132551, "5042cd00aed9af6b37a253e24f88554f"),
    ("mixture_data.5", 308314939, "72180597ed5bfaa73491755f74b84738"),
    ("source_data_events", None, "5c037df9c1012411a1f2c1325fe20163"),
)
#: In the order in which they are fetched: what is small, and tells on which terms the rest is had, comes first.
ARCHIVES = tuple(
    Archive(name, size, md5, folder, tuple(f"{base}{name}" for base in BASES[folder]), is_text)
    for name, size, md5, folder, is_text in (
        ("LICENSE.txt", None, "0707857098fc74d17beb824416fb74b1", EVALUATION, True),
        ("FREESOUNDCREDITS.txt", None, "3ecea52bdb0eadd6e1af52a21f735d6d", EVALUATION, True),
        *(
            (f"{folder}.{part}.zip", size, md5, folder, part == "doc")
            for folder, parts in ((DEVELOPMENT, _DEVELOPMENT), (EVALUATION, _EVALUATION))
            for part, size, md5 in parts
        ),
    )
)
#: What is known by its name alone, taken where one has it.
BY_NAME = tuple(
    Archive(f"{folder}.{part}.zip", None, None, folder, ())
    for folder, parts in (
        (DEVELOPMENT, tuple(f"mixture_data.{number}" for number in range(1, 10))),
        (EVALUATION, ("code", *(f"source_data_bgs_and_cvsetup.{number}" for number in range(1, 10)))),
    )
    for part in parts
)
