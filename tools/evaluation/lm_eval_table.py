"""Shows that lm-evaluation-harness reads our results: its own functions find the files and print the tables.

    pip install lm_eval==0.4.13
    python tools/evaluation/lm_eval_table.py FOLDER [--write]

FOLDER is the lm-eval folder of `npx switchyard evaluate --out`, or tools/evaluation/lm-eval (a made-up evaluation), whose tables.md
this wrote; without --write it is compared. Exit code 1: a table, a hash, a score or a mean differs.
"""

import argparse
import importlib.metadata
import json
import math
import sys
from pathlib import Path

import numpy as np
from lm_eval.utils import (
    get_file_task_name,
    get_latest_filename,
    get_results_filenames,
    get_sample_results_filenames,
    hash_string,
    make_table,
)

VERSION = "0.4.13"


def scores_of(sample: dict) -> dict[str, float]:
    """Scores from likelihoods or answer, by the harness's rules (ConfigurableTask.process_results)."""
    requests = [sample["arguments"][f"gen_args_{i}"]["arg_1"] for i in range(len(sample["arguments"]))]
    if "acc" not in sample["metrics"]:
        return {"exact_match": float(sample["filtered_resps"][0] == sample["target"])}
    likelihoods = np.array([float(response[0]) for response in sample["filtered_resps"]])
    characters = np.array([float(len(option)) for option in requests])
    size = np.array([float(len(option.encode("utf-8"))) for option in requests])
    gold = int(sample["target"])
    return {
        "acc": float(np.argmax(likelihoods) == gold),
        "acc_norm": float(np.argmax(likelihoods / characters) == gold),
        "acc_bytes": float(np.argmax(likelihoods / size) == gold),
    }


def check_samples(path: Path, task: str, results: dict) -> list[str]:
    """What of a samples file is not as the harness would have it: hashes by its own function, scores by its rules, means of its columns."""
    samples = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    wrong = []
    for sample in samples:
        doc = json.dumps(sample["doc"], indent=2, ensure_ascii=False)
        prompt = sample["arguments"]["gen_args_0"]["arg_0"]
        for field, text in (("doc_hash", doc), ("prompt_hash", prompt), ("target_hash", sample["target"])):
            if hash_string(text) != sample[field]:
                wrong.append(f"{path.name}: {field} of document {sample['doc_id']}")
        for metric, value in scores_of(sample).items():
            if sample[metric] != value:
                wrong.append(f"{path.name}: {metric} of document {sample['doc_id']}")
    total = hash_string("".join(s["doc_hash"] + s["prompt_hash"] + s["target_hash"] for s in samples))
    if total != results["task_hashes"][task]:
        wrong.append(f"{path.name}: task_hashes")
    if len(samples) != results["n-samples"][task]["effective"]:
        wrong.append(f"{path.name}: n-samples")
    for metric in results["higher_is_better"][task]:
        mean = sum(sample[metric] for sample in samples) / len(samples)
        if not math.isclose(mean, results["results"][task][f"{metric},none"], rel_tol=1e-12):
            wrong.append(f"{path.name}: mean of {metric}")
    return wrong


def read_folder(folder: Path, root: Path) -> tuple[str, list[str]]:
    """The tables of one policy's newest results, and what is wrong with its files."""
    names = [path.as_posix() for path in folder.iterdir() if path.is_file()]
    latest = Path(get_latest_filename(get_results_filenames(names)))
    results = json.loads(latest.read_text(encoding="utf-8"))
    wrong = []
    date = latest.stem.removeprefix("results_")
    tasks = {}
    for name in get_sample_results_filenames(names):
        if name.endswith(f"_{date}.jsonl"):
            tasks[get_file_task_name(Path(name).name)] = Path(name)
    if set(tasks) != set(results["n-samples"]):
        wrong.append(f"{folder.name}: samples of {sorted(tasks)}, results of {sorted(results['n-samples'])}")
    else:
        for task, path in tasks.items():
            wrong += check_samples(path, task, results)
    tables = f"{make_table(results)}\n\n{make_table(results, 'groups')}"
    return f"## {latest.relative_to(root).as_posix()}\n\n{tables}\n", wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help="write FOLDER/tables.md instead of comparing with it")
    arguments = parser.parse_args()
    version = importlib.metadata.version("lm_eval")
    if version != VERSION:
        print(f"lm_eval {version} is installed; {VERSION} is meant: pip install lm_eval=={VERSION}", file=sys.stderr)
        return 2
    root = arguments.folder
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    if not folders:
        print(f"{root}: there is no folder of a policy in it", file=sys.stderr)
        return 2
    found = [read_folder(folder, root) for folder in folders]
    text = f"Printed by make_table of lm_eval {version}.\n\n" + "\n".join(tables for tables, _ in found)
    wrong = [line for _, lines in found for line in lines]
    kept = root / "tables.md"
    if arguments.write:
        kept.write_text(text, encoding="utf-8")
    elif kept.exists() and kept.read_text(encoding="utf-8") != text:
        wrong.append(f"{kept}: lm_eval prints other tables now")
    print(text)
    for line in wrong:
        print(f"differs: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
