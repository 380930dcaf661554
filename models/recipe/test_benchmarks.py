"""Converters of benchmarks.py, without a download: `python3 -m unittest recipe.test_benchmarks` from models/."""

import unittest

from .benchmarks import adjective_order, arithmetic, bare, closed, counted, held, sample, scored, sentence


class Converters(unittest.TestCase):
    def test_scored_needs_one_best_option(self) -> None:
        self.assertEqual(
            scored({"input": " x ", "target_scores": {"a": 0, " b": 1}}),
            {"prompt": "x", "options": ["a", "b"], "gold": 1},
        )
        self.assertIsNone(scored({"input": "x", "target_scores": {"a": 1, "b": 1}}))
        self.assertIsNone(scored({"input": "x", "target_scores": {"a": 1, "a ": 0}}))

    def test_folds_are_those_of_the_tasks(self) -> None:
        # What splitOf of src/core/tasks/task.ts says: test, test, train, validation.
        self.assertEqual([held(w) for w in ("house", "bring", "walk", "sing")], [True, True, False, False])

    def test_arithmetic_keeps_sums_of_the_test_split(self) -> None:
        kept = [(a, b) for a in range(10, 60) for b in range(10, 60) if self.sum_of(a, b)]
        self.assertTrue(kept)
        for a, b in kept:
            self.assertTrue(held(f"{min(a, b)}+{max(a, b)}"))
        self.assertIsNone(arithmetic({"input": "What is 8 plus 29?", "target": "37"}))
        self.assertIsNone(arithmetic({"input": "What is 18 minus 29?", "target": "-11"}))

    def sum_of(self, a: int, b: int):
        return arithmetic({"input": f"What is {a} plus {b}?", "target": str(a + b)})

    def test_words_and_sentences(self) -> None:
        ask = bare('Plural of "@"?')
        words = [w for w in ("cat", "dog", "house", "tree", "car", "bird", "river") if held(w)]
        for word in words:
            self.assertEqual(ask({"input": word, "target": "y"}), {"prompt": f'Plural of "{word}"?', "answer": "y"})
        self.assertEqual(
            sentence("Negate:", ".")({"input": "he can go", "target": "he cannot go"}),
            {"prompt": "Negate: He can go.", "answer": "He cannot go."},
        )

    def test_phrases_and_counts(self) -> None:
        text = 'Which sentence has the correct adjective order: a " big red car " b " red big car " ?'
        order = adjective_order({"input": text, "target_scores": {"a": 1, "b": 0}})
        self.assertEqual((order["options"], order["gold"]), (["big red car", "red big car"], 0))
        self.assertEqual(counted({"input": "x", "target": ["three", "3"]})["answer"], "3")
        self.assertEqual(closed({"input": "( [", "target_scores": {")": 0, "] )": 1}})["answer"], "] )")

    def test_sample_has_each_prompt_once_and_no_repeated_option(self) -> None:
        documents = [{"prompt": p, "answer": "a"} for p in "abca"] + [None, {"prompt": "d", "options": ["x", "x"], "gold": 0}]
        self.assertEqual(sorted(d["prompt"] for d in sample(documents)), ["a", "b", "c"])


if __name__ == "__main__":
    unittest.main()
