"""llama.cpp outside the browser, for the bench with peers: one process a model file, asked line by line.

    pip install llama-cpp-python==0.3.36
    python tools/peers/native.py FILE.gguf THREADS

Each line of standard input is {"ids": [...], "max": n}; each answer {"reading": ms, "first": ms, "token": ms or
null, "answer": [ids]}, greedy, as `Generated` of e2e/bench/contestant.ts. The first line printed is {"load": ms}.
"""

import json
import sys
from time import perf_counter

from llama_cpp import Llama


def main() -> None:
    file, threads = sys.argv[1], int(sys.argv[2])
    began = perf_counter()
    llama = Llama(model_path=file, n_ctx=2048, n_batch=512, n_threads=threads, n_threads_batch=threads, n_gpu_layers=0, verbose=False)
    say({"load": 1000 * (perf_counter() - began)})
    kept: list[int] = []
    for line in sys.stdin:
        asked = json.loads(line)
        ids, most = asked["ids"], asked["max"]
        began = perf_counter()
        # The same prompt as before: only its last token again, whose logits are needed.
        same = ids == kept
        llama.n_tokens = len(ids) - 1 if same else 0
        llama.eval(ids[-1:] if same else ids)
        answer = [llama.sample(temp=0.0)]
        first = perf_counter()
        while len(answer) < most:
            llama.eval(answer[-1:])
            answer.append(llama.sample(temp=0.0))
        kept = ids
        more = len(answer) - 1
        token = 1000 * (perf_counter() - first) / more if more > 0 else None
        reading = 1000 * (first - began)
        say({"reading": reading, "first": reading, "token": token, "answer": answer})


def say(message: dict) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main()
