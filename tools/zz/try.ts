import { createNodeEngine } from '../../src/cli/node-engine.ts';
import { presetPolicy } from '../../src/core/routing/presets.ts';
import { EXAMPLES } from '../../src/ui/prompt/examples.ts';
const e = createNodeEngine();
const m = await e.load({ manifest: '/work/main/models/smollm2-135m', backend: 'onnx-wasm', threads: 1 }, () => undefined);
let n = 0;
const extra = ['Opposite of "ancient": old, modern, tall or sweet?', 'Past tense of "carry"?', 'What is 34 + 18?', 'Which category: violin?', 'Spell correctly: wiendow', 'Close the brackets: [ ( { <'];
for (const prompt of [...EXAMPLES.map(x => x.prompt), ...extra]) {
  const out: string[] = [];
  const ids = m.library.experts.map(x => x.id);
  for (const method of ['phatgoose', 'glider']) {
    const policy = presetPolicy(method);
    const run = async (p: typeof policy) => (await e.run({ id: String(n++), prompt: { text: prompt, raw: false }, policy: p, seed: 0, sampling: { temperature: 0, topP: 1, maxTokens: 32 }, scores: false, top: 1 }, () => undefined));
    const r = await run(policy);
    const load = new Map<number, number>();
    r.trace.experts.forEach((u, i) => load.set(u, (load.get(u) ?? 0) + (r.trace.weights[i] ?? 0)));
    const top = [...load].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
    const muted = await run({ ...policy, edits: [{ kind: 'mute', experts: [ids[top] ?? ''] }] });
    out.push(`${method}: ${r.answer.text} | mute ${ids[top] ?? ''}: ${muted.answer.text}`);
  }
  console.log(JSON.stringify(prompt), out);
}
await e.dispose();
