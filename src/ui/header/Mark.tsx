import css from './header.module.css';

/** Two lines that part at a switch. */
export const Mark = () => (
  <svg className={css.mark} viewBox="0 0 32 32" aria-hidden="true">
    <g fill="none" stroke="currentColor" strokeWidth="4" strokeLinecap="round">
      <path d="M3 22h8c6 0 6-12 12-12h6" />
      <path d="M18 22h11" strokeDasharray="0.1 6" />
    </g>
    <circle cx="11" cy="22" r="4" fill="var(--surface)" stroke="currentColor" strokeWidth="2.5" />
  </svg>
);
