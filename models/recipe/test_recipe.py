"""Tests of the recipe's own arithmetic on a tiny random model: `cd models && python -m unittest recipe.test_recipe`."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

import torch

from .check_peft import difference
from .controls import CONTROLS, control_documents
from .decode import continued, greedy, option_scores, padded
from .model import MODULES, Cache, Config, ExpertStack, Model, stack_experts
from .package import load_adapter, read_ref, save_adapter, split_file
from .routes import phatgoose_scores, scored, top_k
from .train import always, batches

CONFIG = Config(2, 32, 4, 2, 8, 48, 50, 10000.0, 1e-5, 64)


def tiny_model(seed: int = 0) -> Model:
    g = torch.Generator().manual_seed(seed)

    def matrix(rows: int, columns: int) -> torch.Tensor:
        return torch.randn(rows, columns, generator=g) / columns**0.5

    shapes = {m: CONFIG.module_shape(m) for m in MODULES} | {"o_proj": (32, 32), "down_proj": (32, 48)}
    layers = [
        {m: matrix(*s) for m, s in shapes.items()} | {"attn_norm": torch.ones(32), "ffn_norm": torch.ones(32)}
        for _ in range(CONFIG.layers)
    ]
    return Model(CONFIG, matrix(50, 32), torch.ones(32), layers)


def tiny_stack(experts: int, rank: int = 3, seed: int = 1) -> ExpertStack:
    g = torch.Generator().manual_seed(seed)
    shapes = {m: CONFIG.module_shape(m) for m in MODULES}
    a = [{m: torch.randn(experts, rank, i, generator=g) for m, (_, i) in shapes.items()} for _ in range(CONFIG.layers)]
    b = [{m: torch.randn(experts, o, rank, generator=g) for m, (o, _) in shapes.items()} for _ in range(CONFIG.layers)]
    return ExpertStack(a, b, torch.full((experts,), 0.5))


class Experts(unittest.TestCase):
    def test_update_equals_the_written_formula(self):
        stack, u, w = tiny_stack(4), torch.randn(5, 32), torch.rand(5, 4)
        a, b, s = stack.a[1]["k_proj"], stack.b[1]["k_proj"], stack.scale
        for t in range(5):
            outputs = sum(w[t, e] * s[e] * b[e] @ (a[e] @ u[t]) for e in range(4))
            factors = sum(w[t, e] * s[e] * b[e] for e in range(4)) @ (sum(w[t, e] * a[e] for e in range(4)) @ u[t])
            for mix, expected in (("outputs", outputs), ("factors", factors)):
                actual = stack.update(1, "k_proj", u, w, mix)[t]
                torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-4)

    def test_a_whole_expert_equals_merged_weights(self):
        model, stack, ids = tiny_model(), tiny_stack(1), torch.arange(7)
        merged = [dict(layer) for layer in model.layers]
        for i, layer in enumerate(merged):
            for m in MODULES:
                layer[m] = layer[m] + 0.5 * stack.b[i][m][0] @ stack.a[i][m][0]
        expected = Model(CONFIG, model.embedding, model.final_norm, merged).forward(ids)
        torch.testing.assert_close(model.forward(ids, route=always, experts=stack), expected, rtol=1e-4, atol=1e-4)

    def test_stacking_keeps_the_order(self):
        one, two = tiny_stack(1, seed=1), tiny_stack(1, seed=2)
        both, u = stack_experts([one, two]), torch.randn(3, 32)
        weights = torch.tensor([0.0, 1.0]).expand(3, 2)
        expected = two.update(0, "up_proj", u, torch.ones(3, 1), "outputs")
        torch.testing.assert_close(both.update(0, "up_proj", u, weights, "outputs"), expected)


class Forward(unittest.TestCase):
    def test_cache_gives_what_the_whole_gives(self):
        model, ids = tiny_model(), torch.randint(0, 50, (9,))
        whole, cache = model.forward(ids), Cache()
        pieces = [model.forward(ids[a:b], cache) for a, b in ((0, 4), (4, 8), (8, 9))]
        torch.testing.assert_close(torch.cat(pieces), whole, rtol=1e-4, atol=1e-5)
        fork = cache.fork()
        fork.truncate(5)
        torch.testing.assert_close(model.forward(ids[5:], fork), whole[5:], rtol=1e-4, atol=1e-5)
        self.assertEqual((cache.length, fork.length), (9, 9))

    def test_padded_rows_continue_as_if_alone(self):
        model = tiny_model()
        prompts, more = [[1, 2, 3, 4, 5], [6, 7]], [[8, 9], [10, 11]]
        ids, lengths = padded(prompts)
        cache = Cache()
        model.forward(ids, cache)
        positions, mask = continued(lengths, ids.shape[1], 0, 2)
        batch = model.forward(torch.tensor(more), cache, positions=positions, mask=mask)
        for row, (p, m) in enumerate(zip(prompts, more)):
            alone = model.forward(torch.tensor(p + m))[-2:]
            torch.testing.assert_close(batch[row], alone, rtol=1e-4, atol=1e-5)

    def test_every_site_is_asked_in_order(self):
        sites = []
        tiny_model().forward(torch.arange(3), route=lambda site, u: sites.append((site, tuple(u.shape))))
        self.assertEqual(sites, [(s, (3, 32)) for s in range(CONFIG.sites)])


class Letters:
    """A chat of one token a letter, with ends of turn: what decoding needs of `Chat`."""

    end = 0

    def prompt(self, text: str) -> list[int]:
        return [ord(c) - 96 for c in text]

    def answer(self, text: str) -> list[int]:
        return [*self.prompt(text), self.end]

    def text(self, ids: list[int]) -> str:
        return "".join(chr(i + 96) for i in ids)


class Decoding(unittest.TestCase):
    def test_batched_answers_equal_single_ones_recomputed(self):
        model, stack, chat = tiny_model(), tiny_stack(1), Letters()
        prompts = ["abc", "hello", "zy"]
        for prompt, answer in zip(prompts, greedy(model, chat, prompts, always, stack, limit=6)):
            ids = chat.prompt(prompt)
            expected: list[int] = []
            while len(expected) < 6:
                token = int(model.logits(model.forward(torch.tensor(ids + expected), route=always, experts=stack)[-1]).argmax())
                if token == chat.end:
                    break
                expected.append(token)
            self.assertEqual(answer, chat.text(expected))

    def test_option_scores_equal_the_log_likelihood_of_the_whole(self):
        model, chat = tiny_model(), Letters()
        prompts, options = ["abc", "hello"], [["a", "bcd"], ["xy", "q"]]
        for prompt, row, actual in zip(prompts, options, option_scores(model, chat, prompts, options)):
            for option, score in zip(row, actual):
                ids, target = chat.prompt(prompt), chat.answer(option)
                logits = model.logits(model.forward(torch.tensor(ids + target))).log_softmax(-1)
                expected = sum(float(logits[len(ids) - 1 + k, t]) for k, t in enumerate(target))
                self.assertAlmostEqual(score, expected, places=3)


class Routes(unittest.TestCase):
    def test_score_is_scaled_correlation_and_zero_for_a_zero_gate(self):
        u, gates = torch.randn(6, 32), torch.randn(3, 32)
        scores = phatgoose_scores(u, gates)
        expected = torch.corrcoef(torch.cat([u, gates]))[:6, 6:] * 32**0.5
        torch.testing.assert_close(scores, expected, rtol=1e-3, atol=1e-3)
        self.assertEqual(float(phatgoose_scores(u, torch.zeros(1, 32)).abs().max()), 0.0)

    def test_top_k_gives_ties_to_the_lower_index(self):
        weights = top_k(torch.tensor([1.0, 2.0, 2.0, 2.0]), 2)
        self.assertEqual(weights.tolist(), [0.0, 0.5, 0.5, 0.0])

    def test_a_constant_decides_where_it_is_large(self):
        route = scored(torch.randn(2, 3, 32), k=1, constant=torch.tensor([0.0, 100.0, 0.0]))
        self.assertEqual(route(0, torch.randn(4, 32)).tolist(), [[0.0, 1.0, 0.0]] * 4)


class Files(unittest.TestCase):
    def test_an_adapter_comes_back_rounded_to_bf16(self):
        stack = tiny_stack(1)
        with tempfile.TemporaryDirectory() as folder:
            save_adapter(Path(folder), stack, alpha=6)
            back = load_adapter(Path(folder), CONFIG)
        self.assertEqual(back.scale.tolist(), [2.0])
        rounded = stack.a[1]["q_proj"].to(torch.bfloat16).float()
        self.assertTrue(torch.equal(back.a[1]["q_proj"], rounded))

    def test_a_changed_part_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            ref = split_file(b"x" * 100, root, root / "base", "file")
            self.assertEqual(read_ref(root, ref), b"x" * 100)
            (root / ref["parts"][0]["path"]).write_bytes(b"y" * 100)
            with self.assertRaisesRegex(ValueError, "base/file.part0"):
                read_ref(root, ref)


class Check(unittest.TestCase):
    def test_what_is_not_finite_never_counts_as_equal(self):
        good = torch.ones(2, 3)
        self.assertEqual(difference(good, good), 0.0)
        self.assertEqual(difference(good, good + 2), 2.0)
        for bad in (torch.full((2, 3), torch.nan), torch.full((2, 3), torch.inf), torch.ones(3, 2)):
            with self.assertRaises(ValueError):
                difference(bad, good)


class Batches(unittest.TestCase):
    def test_batches_hold_every_row_once_and_like_lengths(self):
        rows = [([0] * n, [1]) for n in range(20)]
        plan = batches(rows, 4, seed=3)
        self.assertEqual(sorted(len(p) for b in plan for p, _ in b), list(range(20)))
        self.assertTrue(all(max(len(p) for p, _ in b) - min(len(p) for p, _ in b) == 3 for b in plan))


class Controls(unittest.TestCase):
    def test_shuffled_answers_stay_in_their_task(self):
        documents = {t: [{"prompt": f"{t} {n}", "answer": f"{t}!{n}"} for n in range(40)] for t in ("a", "b")}
        with patch("recipe.controls.read_documents", lambda task, split: documents[task]):
            shuffled, plain = ([*control_documents(["a", "b"], c, 1)] for c in CONTROLS)
        self.assertEqual(plain, documents["a"] + documents["b"])
        self.assertEqual([d["prompt"] for d in shuffled], [d["prompt"] for d in plain])
        self.assertEqual(sorted(d["answer"] for d in shuffled), sorted(d["answer"] for d in plain))
        self.assertTrue(all(d["answer"][0] == d["prompt"][0] for d in shuffled))
        moved = sum(a != b for a, b in zip(shuffled, plain))
        self.assertGreater(moved, 60)


if __name__ == "__main__":
    unittest.main()
