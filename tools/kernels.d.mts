export function ensureKernels(): Promise<void>;
export function kernelHashes(): Readonly<Record<string, string>>;
