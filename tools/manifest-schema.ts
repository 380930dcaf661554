/**
 * Writes `models/manifest.schema.json` from the schema that the parser uses. Run with `npx jiti tools/manifest-schema.ts`.
 * What JSON Schema cannot say (parts that add up, ids that are there once, the major version) the parser checks.
 */
import { toJsonSchema } from '@valibot/to-json-schema';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { manifestSchema } from '../src/formats/manifest.ts';

export const schemaText = (): string => {
  const schema = toJsonSchema(manifestSchema, { errorMode: 'ignore', typeMode: 'input' });
  return `${JSON.stringify({ title: 'Switchyard model package, version 1.0', ...schema }, null, 2)}\n`;
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(join(import.meta.dirname, '..', 'models', 'manifest.schema.json'), schemaText());
}
