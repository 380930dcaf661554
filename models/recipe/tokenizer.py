"""The tokenizer, built from the GGUF's own tokens and merges, and the chat template the experts were trained with."""

from __future__ import annotations

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

USER = "<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"
END_OF_TURN = "<|im_end|>"
SYSTEM = "<|im_start|>system\n{system}<|im_end|>\n"

_CONTROL = 3  # token type of llama.cpp: matched as a whole before the text is split


def tokenizer_from_gguf(path: str) -> Tokenizer:
    """Byte-level BPE with single digits (`tokenizer.ggml.pre` = smollm: Digits(individual), then GPT-2's split)."""
    from gguf import GGUFReader

    reader = GGUFReader(path)

    def contents(key: str):
        item = reader.get_field(key)
        if item is None:
            raise ValueError(f"{path}: metadata {key} is missing")
        return item.contents()

    if contents("tokenizer.ggml.model") != "gpt2" or contents("tokenizer.ggml.pre") != "smollm":
        raise ValueError(f"{path}: tokenizer is not gpt2 with the pre-tokenizer smollm")
    tokens = contents("tokenizer.ggml.tokens")
    types = contents("tokenizer.ggml.token_type")
    merges = [tuple(m.split(" ")) for m in contents("tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = [AddedToken(t, special=True, normalized=False) for t, k in zip(tokens, types) if k == _CONTROL]
    tokenizer.add_special_tokens(special)
    return tokenizer


class Chat:
    """One user turn and its answer. Prompt and answer are tokenised apart; no space joins them."""

    def __init__(self, tokenizer: Tokenizer):
        self.tokenizer = tokenizer
        self.end = tokenizer.token_to_id(END_OF_TURN)

    def prompt(self, text: str) -> list[int]:
        return self.tokenizer.encode(USER.replace("{prompt}", text), add_special_tokens=False).ids

    def answer(self, text: str) -> list[int]:
        """Ids of the answer, the end of the turn included."""
        return [*self.tokenizer.encode(text, add_special_tokens=False).ids, self.end]

    def text(self, ids: list[int]) -> str:
        return self.tokenizer.decode(ids, skip_special_tokens=True)
