import { StrictMode, type ComponentType } from 'react';
import { createRoot } from 'react-dom/client';

export function mount(Gallery: ComponentType): void {
  const root = document.getElementById('root');
  if (root === null) return;
  createRoot(root).render(
    <StrictMode>
      <Gallery />
    </StrictMode>,
  );
}
