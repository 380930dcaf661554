import { Button } from '../controls/Button.tsx';
import css from './status.module.css';

/** In the place of a part of the page that did not arrive, e.g. without a connection or after a new version was put up. */
export function NotFetched() {
  return (
    <section className={css.notice} role="alert" aria-label="A part of the page did not arrive">
      <div className={css.grow}>
        <p>
          This part of the page did not arrive. Check the connection and reload: the address keeps your policies, this
          browser your results.
        </p>
      </div>
      <Button
        onPress={() => {
          location.reload();
        }}
      >
        Reload
      </Button>
    </section>
  );
}
