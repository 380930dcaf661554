/** Joins class names; a CSS-module lookup may be undefined under noUncheckedIndexedAccess. */
export const cx = (...names: readonly (string | false | undefined)[]): string => names.filter(Boolean).join(' ');
