import { LIMITS, SAMPLING, SEED } from '../../core/experiment/defaults.ts';
import { integer, number } from '../../core/params.ts';
import { useFacts, useWorkbench } from '../../state/context.tsx';
import controls from '../controls/controls.module.css';
import { ParamField } from '../controls/ParamField.tsx';
import css from './prompt.module.css';

const TEMPERATURE = number({
  label: 'Temperature',
  help: '0 takes the likeliest token each time (greedy). Above 0 tokens are drawn; higher values even out their chances.',
  default: SAMPLING.temperature,
  min: LIMITS.temperature.min,
  max: 2,
  step: 0.05,
});
const TOP_P = number({
  label: 'Top-p',
  help: 'Draws only from the likeliest tokens that together have this probability. 1 keeps all. Without effect at temperature 0.',
  default: SAMPLING.topP,
  min: 0.01,
  max: 1,
  step: 0.01,
});
const MAX_TOKENS = integer({
  label: 'Most tokens',
  help: 'An answer ends at the end of the turn or here.',
  default: SAMPLING.maxTokens,
  min: 1,
  max: 256,
});
const SEED_SPEC = integer({
  label: 'Seed',
  help: 'Draws with the same seed come out the same. Without effect at temperature 0, except for random rules.',
  default: SEED,
  min: 0,
  max: 999,
});

/** Sampling, seed, system turn and template. */
export function RunOptions() {
  const workbench = useWorkbench();
  const { sampling, seed, prompt } = useFacts((f) => f.experiment);
  return (
    <div className={css.form}>
      <ParamField
        spec={TEMPERATURE}
        value={sampling.temperature}
        base={SAMPLING.temperature}
        onChange={(value, gesture) => {
          workbench.setSampling({ temperature: Number(value) }, gesture === undefined ? {} : { gesture });
        }}
      />
      <ParamField
        spec={TOP_P}
        value={sampling.topP}
        base={SAMPLING.topP}
        onChange={(value, gesture) => {
          workbench.setSampling({ topP: Number(value) }, gesture === undefined ? {} : { gesture });
        }}
      />
      <ParamField
        spec={MAX_TOKENS}
        value={sampling.maxTokens}
        base={SAMPLING.maxTokens}
        onChange={(value, gesture) => {
          workbench.setSampling({ maxTokens: Number(value) }, gesture === undefined ? {} : { gesture });
        }}
      />
      <ParamField
        spec={SEED_SPEC}
        value={seed}
        base={SEED}
        onChange={(value, gesture) => {
          workbench.setSeed(Number(value), gesture === undefined ? {} : { gesture });
        }}
      />
      <label className={css.stacked}>
        System turn (the experts were trained without one)
        <textarea
          className={controls.text}
          rows={2}
          value={prompt.system ?? ''}
          disabled={prompt.raw}
          onChange={(event) => {
            workbench.setPrompt({ system: event.target.value }, { gesture: 'system' });
          }}
        />
      </label>
      <label className={css.check}>
        <input
          className={controls.check}
          type="checkbox"
          checked={prompt.raw}
          onChange={(event) => {
            workbench.setPrompt({ raw: event.target.checked }, {});
          }}
        />
        Raw: no chat template around the prompt
      </label>
    </div>
  );
}
