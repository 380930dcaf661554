/** Writes `docs/schema/route.schema.json`, the schema of what `switchyard route --json` prints. Run with `npx jiti tools/cli-schema.ts`. */
import { toJsonSchema } from '@valibot/to-json-schema';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'prettier';
import { routeSchema } from '../src/cli/route-output.ts';

export const schemaFile = join(import.meta.dirname, '..', 'docs', 'schema', 'route.schema.json');

export const schemaText = (): Promise<string> =>
  format(JSON.stringify(toJsonSchema(routeSchema)), { parser: 'json', printWidth: 120 });

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  mkdirSync(dirname(schemaFile), { recursive: true });
  writeFileSync(schemaFile, await schemaText());
}
