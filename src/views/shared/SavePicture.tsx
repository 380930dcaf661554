import { useState, type RefObject } from 'react';
import { cx } from '../../ui/cx.ts';
import { saveBlob } from './save.ts';
import button from './button.module.css';
import { pngBlob, svgText, type PictureText } from './picture.ts';
import css from './SavePicture.module.css';

export interface SavePictureProps extends PictureText {
  /** Name of the file without its ending. */
  readonly name: string;
  /** Holds the drawing. */
  readonly of: RefObject<SVGSVGElement | null>;
}

/** Two buttons that save the drawing as it is shown now. */
export function SavePicture({ of, name, title, notes = [] }: SavePictureProps) {
  const [failed, setFailed] = useState<string>();
  const save = async (ending: 'svg' | 'png'): Promise<void> => {
    if (of.current === null) return;
    const text = svgText(of.current, { title, notes });
    try {
      setFailed(undefined);
      saveBlob(
        `${name}.${ending}`,
        ending === 'svg' ? new Blob([text], { type: 'image/svg+xml' }) : await pngBlob(text),
      );
    } catch (error) {
      setFailed(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <span className={css.save}>
      Save picture
      {(['svg', 'png'] as const).map((ending) => (
        <button
          key={ending}
          type="button"
          className={cx(button.button, button.small)}
          aria-label={`Save “${title}” as ${ending.toUpperCase()}`}
          onClick={() => {
            void save(ending);
          }}
        >
          {ending.toUpperCase()}
        </button>
      ))}
      {failed !== undefined && <span role="alert">{failed}</span>}
    </span>
  );
}
