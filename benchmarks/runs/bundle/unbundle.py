"""Put the parts of a bundle together: python unbundle.py PARTS WORK. Needs nothing but Python 3.11.

Can be called again whenever further parts have come; it says which are still missing.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
from pathlib import Path


def main(parts: Path, work: Path) -> int:
    """Check and unpack all parts of `parts` into `work`; 0 if complete, 1 if parts are missing, 2 if one is damaged."""
    listed = json.loads((parts / "bundle.json").read_text())["parts"]
    missing = []
    for name, facts in listed.items():
        mark = work / ".parts" / name
        if mark.exists():
            continue
        path = parts / name
        if not path.exists():
            missing.append(name)
            continue
        if hashlib.sha256(path.read_bytes()).hexdigest() != facts["sha256"]:
            print(f"{path}: damaged; bring it again", file=sys.stderr)
            return 2
        with tarfile.open(path) as archive:
            archive.extractall(work, filter="data")
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    if missing:
        print(f"still missing: {', '.join(missing)}", file=sys.stderr)
        return 1
    _join(work)
    wheels = sorted((work / "wheels").glob("*.whl")) if (work / "wheels").exists() else []
    if wheels:
        options = ["--quiet", "--no-index", "--no-deps", "--no-compile", "--upgrade", "--target", str(work / "site")]
        subprocess.run([sys.executable, "-m", "pip", "install", *options, *map(str, wheels)], check=True)
    print(f"complete: sh {work}/run.sh")
    return 0


def _join(work: Path) -> None:
    """Join the pieces of files that were larger than a part."""
    for first in sorted(work.rglob("*.piece-0000")):
        whole = first.with_name(first.name.removesuffix(".piece-0000"))
        pieces = sorted(first.parent.glob(whole.name + ".piece-*"))
        with whole.open("wb") as file:
            for piece in pieces:
                file.write(piece.read_bytes())
        for piece in pieces:
            piece.unlink()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python unbundle.py PARTS WORK")
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
