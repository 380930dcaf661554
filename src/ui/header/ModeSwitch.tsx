import { addressOf, setMode, useMode, type Mode } from '../useMode.ts';
import css from './header.module.css';

const MODES: readonly { readonly mode: Mode; readonly label: string }[] = [
  { mode: 'workbench', label: 'Workbench' },
  { mode: 'evaluate', label: 'Evaluate' },
];

/** One prompt, or whole tasks: two pages of the same experiment. */
export function ModeSwitch() {
  const current = useMode();
  return (
    <nav className={css.modes} aria-label="Workbench or evaluation">
      {MODES.map(({ mode, label }) => (
        <a
          key={mode}
          className={css.mode}
          href={addressOf(mode)}
          aria-current={mode === current ? 'page' : undefined}
          onClick={(event) => {
            // Opened in a new tab it is a link like any other.
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            setMode(mode);
          }}
        >
          {label}
        </a>
      ))}
    </nav>
  );
}
