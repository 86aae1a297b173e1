import ast
import inspect

from benchmarks.reporting.guide.parts import paragraphs, part_pages
from benchmarks.reporting.render.blocks import Bullets, Heading, Text


def shown() -> dict[str, list[str]]:
    """What stands below each heading of the reference."""
    found: dict[str, list[str]] = {}
    for page in part_pages():
        for block in page.blocks:
            if isinstance(block, Heading):
                here = found.setdefault(block.text.strip("`"), [])
            elif found:
                here.extend(block.items if isinstance(block, Bullets) else [block.text])
    return found


def test_classes_stand_there_with_the_arguments_that_they_take():
    from datasets.esc50 import ESC50DataModule
    from models.acrnn import ACRNNModule, ConvolutionalRNN

    reference = shown()
    for cls in (ESC50DataModule, ACRNNModule, ConvolutionalRNN):
        call, *words = reference[cls.__name__]
        made = ast.parse(f"def {call.strip('`')}: ...").body[0].args
        named = [one.arg for one in (*made.args, *made.kwonlyargs)]
        taken = [
            name for name, one in inspect.signature(cls.__init__).parameters.items()
            if name != "self" and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
        ]  # fmt: skip
        assert named == taken and words[0].split(".")[0] in " ".join(inspect.getdoc(cls).split())


def test_every_family_of_networks_and_every_dataset_has_its_place():
    reference = shown()
    assert {"models.acrnn", "models.mtfa", "models.edc.network", "datasets.maestro_real.module"} <= set(reference)


def test_lines_that_begin_with_names_become_a_list():
    first, second = paragraphs("What it is.\n\nrate: of the sound\n  in Hz\nhop, size: of windows, in s\n")
    assert first == Text("What it is.")
    assert second == Bullets(["rate: of the sound in Hz", "hop, size: of windows, in s"])
