"""SVG files made smaller, without a difference that anybody sees."""

import base64
import io
import re


def rounded(drawing: bytes) -> bytes:
    """The drawing with all paths cut to tenths of a point, which nobody sees."""

    def cut(path: re.Match[bytes]) -> bytes:
        return re.sub(rb"(\.\d)\d+", rb"\1", path[0]).replace(b" \n", b"\n")

    return re.sub(rb'\bd="[^"]*"', cut, drawing)


def greyed(drawing: bytes) -> bytes:
    """The drawing with its images, which are grey, stored with one byte per pixel instead of four."""
    return re.sub(rb"(?<=data:image/png;base64,)[^\"]+", _one_channel, drawing)


def paletted(drawing: bytes) -> bytes:
    """The drawing with those of its images that have at most 256 colours stored with one byte per pixel."""
    return re.sub(rb"(?<=data:image/png;base64,)[^\"]+", _one_palette, drawing)


def _one_palette(image: re.Match[bytes]) -> bytes:
    import numpy as np
    from PIL import Image

    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(image[0]))).convert("RGB"))
    colours, places = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
    if len(colours) > 256:
        return image[0]
    small = Image.fromarray(places.reshape(pixels.shape[:2]).astype(np.uint8), mode="P")
    small.putpalette(colours.astype(np.uint8).tobytes())
    buffer = io.BytesIO()
    small.save(buffer, format="png", optimize=True)
    return base64.b64encode(buffer.getvalue())


def _one_channel(image: re.Match[bytes]) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(image[0]))).convert("L").save(buffer, format="png", optimize=True)
    return base64.b64encode(buffer.getvalue())
