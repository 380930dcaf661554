import { useSyncExternalStore } from 'react';
import type { Scheme } from '../../core/colour.ts';

/** The scheme that `color-scheme` resolves to on the page: an explicit one wins over the system's. */
function current(): Scheme {
  const declared = getComputedStyle(document.documentElement).colorScheme;
  const light = declared.includes('light');
  const dark = declared.includes('dark');
  if (light !== dark) return dark ? 'dark' : 'light';
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

function subscribe(changed: () => void): () => void {
  const query = matchMedia('(prefers-color-scheme: dark)');
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['class', 'style', 'data-theme'] });
  query.addEventListener('change', changed);
  return () => {
    observer.disconnect();
    query.removeEventListener('change', changed);
  };
}

/** Light or dark, for what is drawn on a canvas; follows the system and the page's own switch. */
export const useScheme = (): Scheme => useSyncExternalStore(subscribe, current, () => 'light');
