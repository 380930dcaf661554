import { Link } from 'lucide-react';
import { useState } from 'react';
import { useWorkbench } from '../../state/context.tsx';
import { Button } from '../controls/Button.tsx';
import controls from '../controls/controls.module.css';
import { Popup } from '../controls/Popup.tsx';
import css from './header.module.css';

type Made =
  | { readonly kind: 'none' }
  | { readonly kind: 'made'; readonly link: string; readonly copied: boolean }
  | { readonly kind: 'long' };

/** Makes the link with digests of what is on screen, and copies it where the browser allows. */
export function Share() {
  const workbench = useWorkbench();
  const [made, setMade] = useState<Made>({ kind: 'none' });
  const make = async () => {
    const link = await workbench.makeLink();
    if (link === undefined) {
      setMade({ kind: 'long' });
      return;
    }
    const copied = await navigator.clipboard.writeText(link).then(
      () => true,
      () => false,
    );
    setMade({ kind: 'made', link, copied });
  };
  return (
    <Popup
      title="Share this experiment"
      trigger={
        <Button look="quiet" onPress={() => void make()}>
          <Link size={16} aria-hidden />
          <span className={css.word}>Share</span>
        </Button>
      }
    >
      {made.kind === 'long' && (
        <p className={css.note} role="status">
          The prompt is too long for an address. Export the experiment as a file instead.
        </p>
      )}
      {made.kind === 'made' && (
        <>
          <p className={css.note} role="status">
            {made.copied ? 'Copied.' : 'Copy this address:'} Whoever opens it recomputes this experiment on their own
            machine and is told whether answer and routes came out the same.
          </p>
          <label>
            Address, {made.link.length} characters
            <textarea
              className={controls.text}
              readOnly
              rows={4}
              value={made.link}
              onFocus={(event) => {
                event.target.select();
              }}
            />
          </label>
        </>
      )}
    </Popup>
  );
}
