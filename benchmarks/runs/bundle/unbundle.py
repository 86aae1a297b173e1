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
    bundle = json.loads((parts / "bundle.json").read_text())
    listed = bundle["parts"]
    missing = []
    for name, facts in listed.items():
        mark = work / ".parts" / name
        if mark.exists():
            continue
        path = parts / name
        if not path.exists():
            missing.append(name)
            continue
        if _sha256(path) != facts["sha256"]:
            print(f"{path}: damaged; bring it again", file=sys.stderr)
            return 2
        with tarfile.open(path) as archive:
            archive.extractall(work, filter="data")
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    if missing:
        print(f"still missing: {', '.join(missing)}", file=sys.stderr)
        return 1
    for name, digest in bundle["cut"].items():
        if not _join(work / name, digest):
            print(f"{work / name}: its pieces are damaged; take {work} away and begin again", file=sys.stderr)
            return 2
    wheels = sorted((work / "wheels").glob("*.whl")) if (work / "wheels").exists() else []
    if wheels:
        options = ["--quiet", "--no-index", "--no-deps", "--no-compile", "--upgrade", "--target", str(work / "site")]
        subprocess.run([sys.executable, "-m", "pip", "install", *options, *map(str, wheels)], check=True)
    print(f"complete: sh {work}/run.sh")
    return 0


def _join(whole: Path, digest: str) -> bool:
    """Join the pieces of a file that was larger than a part, once; whether it is as it was."""
    pieces = sorted(whole.parent.glob(f"{whole.name}.piece-*"))
    if pieces:
        joining = whole.with_name(f"{whole.name}.joining")
        with joining.open("wb") as file:
            for piece in pieces:
                file.write(piece.read_bytes())
        if _sha256(joining) != digest:
            return False
        joining.replace(whole)
        for piece in pieces:
            piece.unlink()
    return whole.is_file() and _sha256(whole) == digest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python unbundle.py PARTS WORK")
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
