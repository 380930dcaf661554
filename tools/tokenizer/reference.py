"""Token ids of Hugging Face's `tokenizers` (Rust) for the odd strings, as stored in reference.json.

    pip install tokenizers==0.23.3 gguf==0.19.0
    npx jiti tools/tokenizer/corpus.ts > strings.json
    python tools/tokenizer/reference.py strings.json tools/tokenizer/ BASE.gguf EMBEDDER.gguf

Writes bpe.json (from the base) and wordpiece.json (from the embedder): `{ tokenizers, gguf, strings, ids }` with the
SHA-256 of strings.json's content and, for each string, its ids as `[first, difference, difference, …]` joined by spaces.
A GGUF that is not given is left out. Unpaired surrogates become U+FFFD first, as Python cannot encode them.
"""

import hashlib
import json
import re
import sys
from pathlib import Path

import tokenizers
from gguf import GGUFReader
from tokenizers import AddedToken, BertWordPieceTokenizer, Tokenizer, decoders, models, pre_tokenizers

CONTROL = 3


def byte_level_bpe(reader: GGUFReader) -> Tokenizer:
    tokens = reader.get_field("tokenizer.ggml.tokens").contents()
    types = reader.get_field("tokenizer.ggml.token_type").contents()
    merges = [tuple(m.split(" ")) for m in reader.get_field("tokenizer.ggml.merges").contents()]
    made = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(
        [AddedToken(t, special=True, normalized=False) for t, kind in zip(tokens, types) if kind == CONTROL]
    )
    return made


def word_piece(reader: GGUFReader) -> Tokenizer:
    """llama.cpp marks the start of a word with U+2581 and leaves continuations bare; WordPiece does the reverse."""

    def published(token: str) -> str:
        if token.startswith("[") and token.endswith("]"):
            return token
        return token[1:] if token.startswith("\u2581") else "##" + token

    tokens = reader.get_field("tokenizer.ggml.tokens").contents()
    return BertWordPieceTokenizer({published(t): i for i, t in enumerate(tokens)}, lowercase=True)


def main() -> None:
    strings_path, folder, *files = sys.argv[1:]
    raw = Path(strings_path).read_bytes()
    strings = [re.sub("[\ud800-\udfff]", "\ufffd", s) for s in json.loads(raw)]
    for file in files:
        reader = GGUFReader(file)
        kind = reader.get_field("tokenizer.ggml.model").contents()
        name, make = {"gpt2": ("bpe", byte_level_bpe), "bert": ("wordpiece", word_piece)}[kind]
        made = make(reader)
        rows = [e.ids for e in made.encode_batch(strings, add_special_tokens=kind == "bert")]
        stored = {
            "tokenizers": tokenizers.__version__,
            "gguf": Path(file).name,
            "strings": hashlib.sha256(raw).hexdigest(),
            "ids": [" ".join(str(b - a) for a, b in zip([0, *ids], ids)) for ids in rows],
        }
        if kind == "gpt2":
            stored["decoded"] = hashlib.sha256(
                "\0".join(made.decode(ids, skip_special_tokens=False) for ids in rows).encode()
            ).hexdigest()
        target = Path(folder) / f"{name}.json"
        target.write_text(json.dumps(stored, indent=2) + "\n")
        print(target, len(rows), "strings", sum(map(len, rows)), "ids", target.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
