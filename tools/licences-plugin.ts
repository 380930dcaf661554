import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

/** Licence file of a package, whatever its authors called it. */
function licenceText(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const name = readdirSync(folder).find((file) => /^(licen[cs]e|copying|ofl)(\.(txt|md))?$/i.test(file));
  return name === undefined ? undefined : readFileSync(join(folder, name), 'utf8').trim();
}

/**
 * Everything shipped that others wrote, with its licence: the packages that package-lock.json marks as not for development
 * only (a superset of what the bundle holds), and the model packages' own NOTICE files.
 * @throws Error naming the package whose licence field is missing.
 */
export function licences(root: string, models: readonly string[]): string {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockEntry>>;
  };
  const sections = models.map((folder) => {
    const notice = join(root, folder, 'NOTICE.md');
    return `${folder}\n${'='.repeat(folder.length)}\n\n${readFileSync(notice, 'utf8').trim()}`;
  });
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '' || entry.dev === true || entry.optional === true) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (entry.license === undefined)
      throw new Error(`package-lock.json: ${name} states no licence; look it up before shipping it`);
    const title = `${name} ${entry.version ?? ''} (${entry.license})`;
    sections.push(
      `${title}\n${'='.repeat(title.length)}\n\n${licenceText(join(root, path)) ?? `Licence: ${entry.license}`}`,
    );
  }
  return `Switchyard ships these works of others under their licences.\n\n${sections.join('\n\n\n')}\n`;
}

/** Writes `licences.txt` into the build. */
export function licencesPlugin(models: readonly string[]): Plugin {
  let root = '';
  return {
    name: 'licences',
    apply: 'build',
    configResolved(config) {
      root = config.root;
    },
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: licences(root, models) });
    },
  };
}
