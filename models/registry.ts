/** The model packages the page offers: one line each; the first is the default. `models/tiny` is for tests and stays out. */
export interface PackageEntry {
  /** The id in the package's own manifest. */
  readonly id: string;
  readonly label: string;
  /** Folder of its manifest.json, below `models/`. */
  readonly folder: string;
}

export const packages: readonly PackageEntry[] = [
  { id: 'smollm2-135m', label: 'SmolLM2 135M, LoRA experts', folder: 'smollm2-135m' },
];
