"""SHA-256 of tensors dequantised by the `gguf` package, as stored in dequantised.json.

    pip install gguf==0.19.0
    python tools/dequantised.py NAME=FILE.gguf … > tools/dequantised.json

For each file and tensor: the hash of its float32 values, row-major, little-endian. Of a large file every
eighth tensor is taken and the embedding left out.
"""

import hashlib
import json
import sys
from pathlib import Path

from gguf import GGUFReader, dequantize

LARGE = 1_000_000


def main() -> None:
    out = {}
    for argument in sys.argv[1:]:
        name, file = argument.split("=")
        tensors = GGUFReader(file).tensors
        if Path(file).stat().st_size > LARGE:
            tensors = [t for t in tensors if t.name != "token_embd.weight"][::8]
        out[name] = {
            t.name: hashlib.sha256(dequantize(t.data, t.tensor_type).astype("<f4").tobytes()).hexdigest() for t in tensors
        }
    print(json.dumps(out, indent=2))


if __name__ == "__main__":
    main()
