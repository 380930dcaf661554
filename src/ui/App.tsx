import { X } from 'lucide-react';
import { Suspense, useEffect, useState, type ComponentType } from 'react';
import { useFacts } from '../state/context.tsx';
import { libraryOf } from '../state/facts.ts';
import type { LibraryInfo } from '../core/library.ts';
import { VIEWS } from '../views/registry.ts';
import type { ViewProps } from '../views/shared/types.ts';
import { Answers } from './answers/Answers.tsx';
import css from './app.module.css';
import { Button } from './controls/Button.tsx';
import { cx } from './cx.ts';
import { Header } from './header/Header.tsx';
import { PolicyPanel } from './policy/PolicyPanel.tsx';
import { PromptBar } from './prompt/PromptBar.tsx';
import { LoadStatus } from './status/LoadStatus.tsx';
import { Notices } from './status/Notices.tsx';
import { useMode } from './useMode.ts';
import { useShortcuts } from './useShortcuts.ts';
import { useHighlight, useViewProps } from './views/useViewProps.ts';
import { ViewArea } from './views/ViewArea.tsx';
import viewsCss from './views/views.module.css';

export interface AppProps {
  /** The evaluation, loaded when it is first opened. */
  readonly evaluation: ComponentType;
}

/** The page: header, what can be changed on the left, question, answer and picture in the middle, the inspector on the right. */
export function App({ evaluation }: AppProps) {
  const mode = useMode();
  const theme = useFacts((f) => f.theme);
  const library = useFacts(libraryOf);
  useShortcuts();
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  return (
    <div className={css.app}>
      <a className={css.skip} href="#main" onClick={skip}>
        To the main part
      </a>
      <div className={css.top}>
        <Header />
      </div>
      {mode === 'evaluate' ? (
        <Evaluating library={library} evaluation={evaluation} />
      ) : library ? (
        <Bench library={library} />
      ) : (
        <Bare />
      )}
    </div>
  );
}

/** Moves the focus without touching the address, which holds the experiment. */
function skip(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/** Whole tasks in the place of one prompt; the policies stay where they are. */
function Evaluating({ library, evaluation: Evaluation }: AppProps & { readonly library: LibraryInfo | null }) {
  return (
    <>
      <aside className={css.left} aria-label="Policies">
        <PolicyPanel library={library} />
      </aside>
      <main id="main" tabIndex={-1} className={cx(css.centre, css.wide)}>
        <LoadStatus />
        <Notices />
        <Suspense fallback={<p className={viewsCss.wait}>Opening the evaluation …</p>}>
          <Evaluation />
        </Suspense>
      </main>
    </>
  );
}

/** Before any library is known: the prompt, and how far the model is. */
function Bare() {
  return (
    <>
      <aside className={css.left}>
        <PolicyPanel library={null} />
      </aside>
      <main id="main" tabIndex={-1} className={css.centre}>
        <PromptBar />
        <LoadStatus />
        <Notices />
        <Answers />
        <div className={viewsCss.area}>
          <p className={viewsCss.wait}>The picture of the routes stands here once the model has run.</p>
        </div>
      </main>
    </>
  );
}

const placed = (place: 'left' | 'right' | 'above') => VIEWS.list.filter((view) => view.place === place);

function Bench({ library }: { readonly library: LibraryInfo }) {
  const active = useFacts((f) => f.active);
  const selected = useFacts((f) => f.experiment.view.cell !== undefined);
  /** On a phone the sheet covers half of the page: only a selection by hand opens it. */
  const [sheet, setSheet] = useState(false);
  const highlight = useHighlight();
  // The sheet covers the lower half: the picture moves up, so that what was selected stays in sight.
  useEffect(() => {
    if (!sheet || !matchMedia('(max-width: 760px)').matches) return;
    document.getElementById('views')?.scrollIntoView({ block: 'start' });
  }, [sheet]);
  const byHand = (props: ViewProps): ViewProps => ({
    ...props,
    onSelect: (cell) => {
      setSheet(cell !== null);
      props.onSelect(cell);
    },
  });
  const props = byHand(useViewProps(library, active, highlight));
  const pair = byHand(useViewProps(library, 0, highlight));
  return (
    <>
      <aside className={css.left} aria-label="Policy and experts">
        <PolicyPanel library={library} />
        {placed('left').map(({ id, component: View }) => (
          <div key={id} className={css.card}>
            <View {...props} />
          </div>
        ))}
      </aside>
      <main id="main" tabIndex={-1} className={css.centre}>
        <PromptBar />
        <LoadStatus />
        <Notices />
        <Answers />
        {placed('above').map(({ id, component: View }) => (
          <div key={id} className={css.card}>
            <View {...props} />
          </div>
        ))}
        <ViewArea props={props} pair={pair} />
      </main>
      <aside className={cx(css.right, selected && sheet && css.sheet)} aria-label="Inspector">
        <div className={css.close}>
          <Button
            look="quiet"
            name="Close the inspector"
            onPress={() => {
              setSheet(false);
            }}
          >
            <X size={18} aria-hidden />
          </Button>
        </div>
        {placed('right').map(({ id, component: View }) => (
          <div key={id} className={css.card}>
            <View {...props} />
          </div>
        ))}
      </aside>
    </>
  );
}
