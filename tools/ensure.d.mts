export const root: string;
export function findChromium(): string | undefined;
export function ensureChromium(): string;
export function ensurePackages(): void;
