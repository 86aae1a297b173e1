"""YAML as the official files have it, which PyYAML before 5.1 wrote.

The official names are md5 sums of dumps, so the style of a dump is part of the data.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from datasets.acquire import safe_yaml
from datasets.errors import DataError


def dump(value: Mapping[str, Any]) -> str:
    """The text that PyYAML before 5.1 gives by default: sorted keys, flow style for what holds no other container."""
    return yaml.dump(dict(value), Dumper=yaml.SafeDumper, default_flow_style=None, sort_keys=True)


def digest(value: Mapping[str, Any]) -> str:
    """The md5 of that text, in hexadecimal; official folders and files are named by it."""
    return hashlib.md5(dump(value).encode()).hexdigest()


def dump_block(value: Sequence[Mapping[str, Any]]) -> str:
    """The text of a list of mappings in block style, as the official recipe files have it."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump([dict(item) for item in value], Dumper=dumper, default_flow_style=False, sort_keys=True)


def read(path: Path, keys: Collection[str] | None = None, aliases: bool = False) -> Any:
    """The plain values of an official file (safe_yaml.parse). Raises DataError, with file and line."""
    try:
        return safe_yaml.parse(path.read_text(encoding="utf-8-sig"), keys, aliases)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise DataError(f"{path}: cannot be read ({reason}); put the official file there") from None
    except safe_yaml.NotPlain as error:
        where = f"{path}:{error.line}" if error.line else str(path)
        raise DataError(f"{where}: {error}; put the official file there") from None
