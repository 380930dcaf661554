"""Makes the model package: `python -m recipe STEP`, run from the folder `models/` (run.sh prepares and does it all).

Steps, each skipped where its result is there: base (fetch and check the GGUF), train (adapters, gates, mean
activations), check (PEFT gives the same logits), embed (cards), manifest, controls (the two controls and controls.json),
reference (what parity is checked against), evaluation-reference (what PyTorch answers in an evaluation); `all` is everything in order.
Apart from these, benchmarks writes other people's documents to data/benchmarks (benchmarks.py), and examples lists answers under some policies in data/recipe/examples.json, to pick examples.json from.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .settings import BASE_PATH, read_tasks


def load():
    import torch

    from .model import Model
    from .tokenizer import Chat, tokenizer_from_gguf

    torch.set_num_threads(1)
    return Model.from_gguf(str(BASE_PATH)), Chat(tokenizer_from_gguf(str(BASE_PATH)))


def in_processes(arguments: list[str], processes: int) -> None:
    """One thread a process is faster than several threads in one (measured), so work is dealt out to processes."""
    command = [sys.executable, "-m", "recipe", *arguments, "--shard"]

    def work(part: int) -> None:
        subprocess.run([*command, f"{part}/{processes}"], cwd=Path(__file__).parents[1], check=True)

    with ThreadPoolExecutor(processes) as pool:
        list(pool.map(work, range(processes)))


def train(wanted: list[str]) -> None:
    from .train import train_expert

    model, chat = load()
    for task in wanted:
        train_expert(model, chat, task)


def controls(wanted: list[str]) -> None:
    from .controls import CONTROLS, train_control

    model, chat = load()
    for control in CONTROLS:
        if control.id in wanted:
            train_control(model, chat, control, [t["id"] for t in read_tasks() if t["split"] == "held-in"])


def step(name: str, wanted: list[str], processes: int) -> None:
    if name == "benchmarks":
        from .benchmarks import make as make_benchmarks

        make_benchmarks()
        return

    from .base import fetch_base

    fetch_base()
    if name == "train":
        in_processes(["train", "--tasks", ",".join(wanted)], processes)
    elif name == "controls":
        from .controls import CONTROLS
        from .write import write_controls

        in_processes(["controls", "--tasks", ",".join(c.id for c in CONTROLS)], processes)
        write_controls()
    elif name == "check":
        from .check_peft import check_peft
        from .write import expert_tasks

        check_peft(*load(), [t["id"] for t in expert_tasks()])
    elif name == "embed":
        from .cards import card_figures
        from .write import expert_tasks, write_embeddings

        write_embeddings()
        print("prompts nearest to their own card:", card_figures([t["id"] for t in expert_tasks()]), flush=True)
    elif name == "manifest":
        from .write import write_manifest

        write_manifest()
    elif name == "reference":
        from .reference import CASES, make
        from .settings import PACKAGE

        make(PACKAGE, CASES)
    elif name == "evaluation-reference":
        from .evaluation_reference import make as make_evaluation

        make_evaluation(*load())
    elif name == "examples":
        from .examples import find_examples
        from .package import open_package
        from .settings import PACKAGE

        model, chat = load()
        find_examples(model, chat, open_package(PACKAGE, model.config))


STEPS = ["base", "train", "check", "embed", "manifest", "controls", "reference", "evaluation-reference"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="recipe", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("step", choices=[*STEPS, "benchmarks", "examples", "all"])
    parser.add_argument("--tasks", help="train only these (comma-separated ids); all held-in tasks when absent")
    parser.add_argument("--processes", type=int, default=2, help="each takes one thread and about 2 GB")
    parser.add_argument("--shard", help="I/N: work for `train` and `controls` in this process on every N-th task from the I-th")
    arguments = parser.parse_args()
    held_in = [t["id"] for t in read_tasks() if t["split"] == "held-in"]
    wanted = arguments.tasks.split(",") if arguments.tasks else held_in
    if arguments.shard:
        part, parts = (int(n) for n in arguments.shard.split("/"))
        {"train": train, "controls": controls}[arguments.step](wanted[part::parts])
        return
    for name in STEPS if arguments.step == "all" else [arguments.step]:
        print(f"== {name}", flush=True)
        step(name, wanted, arguments.processes)


if __name__ == "__main__":
    main()
