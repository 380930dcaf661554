"""Reference figures of a package: `cd models && python -m recipe.reference [--package smollm2-135m]`.

Reads the shipped files and nothing else: the GGUF dequantised to float32, the adapters' BF16 upcast, the vectors, the
shipped embedder. For every prompt and policy of `reference_cases.json` (or --cases):

free      64 greedy tokens, control tokens left out so that the end of the turn stops nothing; who was chosen for every
          token and site, how clear each choice was, how clear each token was.
replayed  the same tokens with the routes *as stored* (weights rounded to 1/255) fed in: logits, and on the prompts marked
          `full` the raw scores of some tokens. So another implementation that feeds in the stored routes meets the same
          numbers, whatever it would have chosen itself.

Writes reference.safetensors, whose metadata `index` is a JSON text and which holds the figures of the self-test (the
`full` prompts under the policies listed as `self_test`), and reference/PROMPT.safetensors for all others; the manifest's
`reference` names the first, the index the rest. Tensors are named PROMPT/P/…, P a policy; N prompt tokens, T = N + tokens - 1 rows, K slots,
E experts, S sites, R rows of logits:

P/experts  U8  [S, T, K]   by falling weight, 255 = empty; where the route is the same everywhere [1, 1, K]
P/weights  U8  [S, T, K]   in 1/255, of the replay
P/gaps     U8  [S, T]      -8 log2(gap / range), rounded up, 0 to 255: gap between the last chosen's score and the best
                           left out, range of the site's local scores over the run; 0 where nothing was left out
P/margins  F32 [tokens]    largest logit less the second largest, of those that may be chosen
P/top_ids  U8  [R, top, 2] ids of the largest logits, low byte first      } of the rows listed in the index: row i is
P/top      F32 [R, top]    the largest logits, falling                    } the one from which answer token i was taken
P/fixed    F32 [R, fixed]  logits of the index's fixed ids                }
P/sum      F32 [R]         log-sum-exp of the whole row                   }
P/scores   F32 [S, t, E]   raw scores before edits, of the tokens listed in the index
P/ranges   F32 [S]         range of the site's local scores over the run; 0 where they are constant
and PROMPT/embedding F32 [D], of the prompt's text, unit length
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from .decode import continued, padded
from .embedder import load_shipped
from .model import Cache, Model
from .package import Package, file_ref, open_package
from .routers import Library, Router, prototypes
from .settings import WORK
from .tokenizer import tokenizer_from_gguf

MODELS = Path(__file__).resolve().parents[1]
CASES = Path(__file__).with_name("reference_cases.json")
EMPTY = 255
FIGURES = b"1"


def prompt_ids(tokenizer, template: dict, prompt: dict) -> list[int]:
    text = prompt["text"] if prompt.get("raw") else template["user"].replace("{prompt}", prompt["text"])
    return tokenizer.encode(text, add_special_tokens=False).ids


class Recorder:
    """Routes at every site of the calls to `Model.forward` that follow, one entry a site and call, joined over calls."""

    def __init__(self, router: Router, sites: int):
        self.router = router
        self.positions = torch.empty(0)
        self.weights: list[list[Tensor]] = [[] for _ in range(sites)]
        self.gaps: list[list[Tensor]] = [[] for _ in range(sites)]

    def __call__(self, site: int, u: Tensor) -> Tensor:
        routed = self.router.route(site, u, self.positions)
        self.weights[site].append(routed.weights.float())
        self.gaps[site].append(routed.gap.float())
        return routed.weights.float()

    def joined(self) -> tuple[Tensor, Tensor]:
        """weights [S, B, columns, E], gaps [S, B, columns]."""
        return torch.stack([torch.cat(w, 1) for w in self.weights]), torch.stack([torch.cat(g, 1) for g in self.gaps])


@torch.inference_mode()
def run_free(
    model: Model, package: Package, router: Router, prompts: list[list[int]], tokens: int, banned: list[int]
):
    """Greedy answers [B, tokens], margins [B, tokens], weights [S, B, columns, E] and gaps; the columns are the padded
    prompt's, then one for each answer token but the last."""
    ids, lengths = padded(prompts)
    recorder = Recorder(router, model.config.sites)
    route = None if router.empty else recorder
    cache, answers, margins = Cache(), [], []
    recorder.positions = torch.arange(ids.shape[1]).expand(ids.shape)
    hidden = model.forward(ids, cache, route, package.experts, router.mix)
    last = hidden[torch.arange(len(prompts)), lengths - 1]
    for step in range(tokens):
        logits = model.logits(last)
        logits[:, banned] = -torch.inf
        best = logits.topk(2).values
        # argmax gives one of several equal logits: the lowest id is meant.
        token = (logits == best[:, :1]).int().argmax(-1)
        answers.append(token)
        margins.append(best[:, 0] - best[:, 1])
        if step + 1 < tokens:
            positions, mask = continued(lengths, ids.shape[1], step, 1)
            recorder.positions = positions
            last = model.forward(token.unsqueeze(1), cache, route, package.experts, router.mix, positions, mask)[:, 0]
    routes = None if router.empty else recorder.joined()
    return torch.stack(answers, 1), torch.stack(margins, 1), routes, ids.shape[1]


def ranked(weights: Tensor, slots: int) -> tuple[Tensor, Tensor]:
    """[S, T, E] -> experts and weights [S, T, K] as stored; equals in the order of their index."""
    kept, order = weights.sort(dim=-1, descending=True, stable=True)
    kept, order = kept[..., :slots], order[..., :slots]
    chosen = kept > 0
    return torch.where(chosen, order, EMPTY).to(torch.uint8), (kept * 255).round().to(torch.uint8)


def gap_codes(gaps: Tensor, ranges: Tensor) -> Tensor:
    """[S, T], [S] -> U8."""
    scale = torch.where(ranges > 0, ranges, 1.0).unsqueeze(-1)
    codes = (-8 * torch.log2((gaps / scale).clamp(min=1e-30))).ceil().clamp(0, 255)
    return torch.where(gaps.isinf(), 0, codes).to(torch.uint8)


@torch.inference_mode()
def run_replay(model: Model, package: Package, router: Router, ids: list[int], prompt: int, stored: tuple[Tensor, Tensor] | None):
    """Logits [tokens, V] of the answer's rows and raw scores [S, T, E], the stored routes fed in."""
    sites, count = model.config.sites, len(ids)
    weights = None
    if stored is not None:
        experts, codes = stored
        spread = torch.zeros(*experts.shape[:2], len(package.ids) + 1)
        spread.scatter_(-1, experts.long().clamp(max=len(package.ids)), codes.float() / 255)
        weights = spread[..., :-1].expand(sites, count, -1)
    raw: list[Tensor] = []

    def route(site: int, u: Tensor) -> Tensor | None:
        raw.append(router.raw_scores(site, u.unsqueeze(0))[0])
        return None if weights is None else weights[site]

    hidden = model.forward(torch.tensor(ids), None, route, package.experts, router.mix)
    return model.logits(hidden[prompt - 1 :]), torch.stack(raw)


def local_ranges(router: Router, raw: Tensor) -> Tensor:
    """[S]: the global term of GLIDER left out; for scores that are the same everywhere their own range."""
    local = raw - router.term[0].float() if router.score == "glider" else raw
    return local.amax((1, 2)) - local.amin((1, 2))


def figures(model: Model, package: Package, library: Library, cases: dict, case: dict, prompts: list[dict]) -> list[dict]:
    """One policy on all prompts: {answer, tensors} for each."""
    tokens, policy = cases["tokens"], case["policy"]
    embeddings = torch.stack([p["embedding"] for p in prompts]) if prompts[0]["embedding"] is not None else None
    lengths = torch.tensor([len(p["ids"]) for p in prompts])
    # Long prompts apart, so that short ones are not padded to their length.
    order = lengths.argsort(stable=True).tolist()
    groups = [[i for i in order if lengths[i] <= 96], [i for i in order if lengths[i] > 96]]
    out: list[dict] = [{} for _ in prompts]
    for group in filter(None, groups):
        rows = torch.tensor(group)
        chosen = embeddings[rows] if embeddings is not None else None
        router = Router(policy, library, lengths[rows], chosen)
        answers, margins, routes, width = run_free(model, package, router, [prompts[i]["ids"] for i in group], tokens, cases["banned_ids"])
        for b, i in enumerate(group):
            length = len(prompts[i]["ids"])
            columns = torch.cat([torch.arange(length), torch.arange(width, width + tokens - 1)])
            own = Router(policy, library, lengths[i : i + 1], chosen[b : b + 1] if chosen is not None else None)
            stored, tensors = None, {"margins": margins[b]}
            if routes is not None:
                weights = routes[0][:, b, columns]
                stored = ranked(weights[:1, :1] if own.constant else weights, own.slots)
                tensors |= {"experts": stored[0], "weights": stored[1]}
            answer = answers[b].tolist()
            logits, raw = run_replay(model, package, own, prompts[i]["ids"] + answer[:-1], length, stored)
            ranges = local_ranges(own, raw)
            if routes is not None and not own.constant:
                tensors["gaps"] = gap_codes(routes[1][:, b, columns], ranges)
            picked = logits[torch.tensor(prompts[i]["rows"])]
            top, top_ids = picked.sort(dim=-1, descending=True, stable=True)
            top, top_ids = top[:, : cases["top"]], top_ids[:, : cases["top"]]
            tensors |= {
                "top": top,
                "top_ids": torch.stack([top_ids % 256, top_ids // 256], -1).to(torch.uint8),
                "fixed": picked[:, torch.tensor(cases["fixed_ids"])],
                "sum": picked.logsumexp(-1),
                "ranges": ranges,
            }
            if prompts[i].get("full") and own.score not in ("none", "uniform"):
                tensors["scores"] = raw[:, torch.tensor(prompts[i]["score_tokens"])]
            out[i] = {"answer": answer, "constant": own.constant, "slots": own.slots, "tensors": tensors}
    return out


def library_of(package: Package) -> Library:
    return Library(
        package.ids, package.gates, package.mean_activations, prototypes(package.experts), package.embeddings
    )


def needs_meaning(policy: dict) -> bool:
    return policy["score"]["id"] in ("glider", "retrieval")


def prepare(package: Package, cases: dict, tokenizer, vocabulary: int) -> list[dict]:
    """Prompts with ids, embedding, rows of logits and tokens of scores; fills the cases' fixed and banned ids."""
    cases["banned_ids"] = sorted(tokenizer.get_added_tokens_decoder())
    cases["fixed_ids"] = [(i * vocabulary // cases["fixed"] + 7) % vocabulary for i in range(cases["fixed"])]
    embedder = None
    if "embedder" in package.manifest and any(needs_meaning(p["policy"]) for p in cases["policies"]):
        embedder = load_shipped(package.root.parent / package.manifest["embedder"]["package"])
    prompts = []
    for prompt in cases["prompts"]:
        ids = prompt_ids(tokenizer, package.manifest["template"], prompt)
        given = prompt.get("embedding")
        embedding = torch.tensor(given) if given else None
        if embedder is not None:
            embedding = torch.from_numpy(embedder.embed([prompt["text"]])[0])
        step = 1 if prompt.get("full") else cases.get("every", 16)
        prompts.append(prompt | {
            "ids": ids, "embedding": embedding, "rows": list(range(0, cases["tokens"], step)),
            "score_tokens": list(range(2, len(ids) + cases["tokens"] - 1, 8)) if prompt.get("full") else [],
        })  # fmt: skip
    return prompts


def write(package: Package, cases: dict, prompts: list[dict], results: dict[str, list[dict]]) -> None:
    root, manifest = package.root, package.manifest
    folder = root / "reference"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*"):
        old.unlink()
    entries, main_tensors = [], {}
    for i, prompt in enumerate(prompts):
        name = prompt["id"]
        here = [p for p in results if prompt.get("full") and p in cases["self_test"]]
        tensors = {}
        for policy, rows in results.items():
            to = main_tensors if policy in here else tensors
            to |= {f"{name}/{policy}/{k}": v.contiguous() for k, v in rows[i]["tensors"].items()}
        if prompt["embedding"] is not None:
            tensors[f"{name}/embedding"] = prompt["embedding"]
        entry = {
            "id": name, "text": prompt["text"], "raw": bool(prompt.get("raw")), "ids": prompt["ids"],
            "rows": prompt["rows"], "score_tokens": prompt["score_tokens"],
            "answers": {p: rows[i]["answer"] for p, rows in results.items()}, "here": here,
            "file": file_ref(root, save(folder / f"{name}.safetensors", tensors)),
        }  # fmt: skip
        entries.append(entry)
    index = {
        "format": "switchyard-reference",
        "version": "1.0",
        "made_with": f"PyTorch {torch.__version__.split('+')[0]}, float32, CPU",
        "of": {
            "base": manifest["base"]["file"]["sha256"],
            "experts": {e["id"]: [e["adapter"]["weights"]["sha256"], e["vectors"]["sha256"]] for e in manifest["experts"]},
        },
        "tokens": cases["tokens"],
        "fixed_ids": cases["fixed_ids"],
        "banned_ids": cases["banned_ids"],
        "policies": [
            {"id": c["id"], "policy": c["policy"], "constant": results[c["id"]][0]["constant"],
             "slots": results[c["id"]][0]["slots"]}
            for c in cases["policies"] if c["id"] in results
        ],
        "prompts": entries,
    }  # fmt: skip
    path = save(root / "reference.safetensors", main_tensors, {"index": json.dumps(index, ensure_ascii=False)})
    # Read again: other steps may have written facts meanwhile.
    latest = json.loads((root / "manifest.json").read_text("utf8"))
    latest["reference"] = file_ref(root, path)
    (root / "manifest.json").write_text(json.dumps(latest, indent=2, ensure_ascii=False) + "\n", "utf8")


def save(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> Path:
    save_file(tensors, path, metadata)
    path.chmod(0o644)
    return path


def cache_key(package: Package, cases: dict, case: dict) -> str:
    """Finished policies are kept, so that a run that was broken off goes on: until a file, a case or the code of the
    figures changes (FIGURES is raised by hand when it does here)."""
    code = b"".join(Path(__file__).with_name(n).read_bytes() for n in ("routers.py", "model.py")) + FIGURES
    m = package.manifest
    parts = [m["base"], [[e["id"], e["adapter"], e["vectors"]] for e in m["experts"]], m.get("embeddings"),
             {k: v for k, v in cases.items() if k not in ("policies", "self_test")}, case]  # fmt: skip
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode() + code).hexdigest()[:16]


def make(root: Path, cases_path: Path, threads: int = 1) -> None:
    """Figures of all cases for the package in `root`, which must have its manifest."""
    torch.set_num_threads(threads)
    cases = json.loads(cases_path.read_text("utf8"))
    bare = json.loads((root / "manifest.json").read_text("utf8"))
    path = str(Package(root, bare, None, None, None, {}).base_path())
    model = Model.from_gguf(path)
    package = open_package(root, model.config)
    library = library_of(package)
    prompts = prepare(package, cases, tokenizer_from_gguf(path), model.config.vocabulary)
    results = {}
    for case in cases["policies"]:
        if needs_meaning(case["policy"]) and prompts[0]["embedding"] is None:
            print(f"{case['id']}: left out, the package has no embedder")
            continue
        unknown = {i for e in case["policy"]["edits"] for i in e["experts"]} - set(package.ids)
        if unknown:
            raise ValueError(f"policy {case['id']} edits {sorted(unknown)}, which the package does not have")
        start = time.time()
        key = cache_key(package, cases, case)
        kept = WORK / "reference" / f"{root.name}-{case['id']}-{key}.pt"
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            torch.save(figures(model, package, library, cases, case, prompts), kept)
        results[case["id"]] = torch.load(kept)
        print(f"{case['id']}: {time.time() - start:.1f} s", flush=True)
    write(package, cases, prompts, results)
    files = [root / "reference.safetensors", *(root / "reference").glob("*")]
    print(f"{root}: reference of {sum(f.stat().st_size for f in files) / 1e6:.2f} MB in {len(files)} files")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", default="smollm2-135m", help="folder below models/, or a path")
    parser.add_argument("--cases", type=Path, default=CASES)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    root = Path(args.package) if Path(args.package).is_dir() else MODELS / args.package
    make(root, args.cases, args.threads)


if __name__ == "__main__":
    main()
