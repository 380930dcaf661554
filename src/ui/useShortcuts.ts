import { useEffect } from 'react';
import { useWorkbench } from '../state/context.tsx';

const inText = (target: EventTarget | null) =>
  target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type === 'text');

/** Keys that work anywhere: undo and redo (outside text fields, which have their own), and Escape to stop a run. */
export function useShortcuts(): void {
  const workbench = useWorkbench();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      const key = event.key.toLowerCase();
      const command = event.ctrlKey || event.metaKey;
      if (command && !inText(event.target) && (key === 'z' || key === 'y')) {
        event.preventDefault();
        if (key === 'y' || event.shiftKey) workbench.redo();
        else workbench.undo();
      } else if (event.key === 'Escape') workbench.stop();
    };
    window.addEventListener('keydown', onKey);
    return () => {
      window.removeEventListener('keydown', onKey);
    };
  }, [workbench]);
}
