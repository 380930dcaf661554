export const root: string;
export function findChromium(): string | undefined;
export function ensureChromium(): string;
export function ensurePackages(): void;
export function run(
  command: string,
  args: readonly string[],
  options?: { readonly cwd?: string; readonly shell?: boolean },
): number;
export function say(text: string): void;
