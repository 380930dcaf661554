/**
 * Writes `models/manifest.schema.json` from the schema that the parser uses. Run with `npx jiti tools/manifest-schema.ts`.
 * What JSON Schema cannot say (parts that add up, ids that are there once, the major version) the parser checks.
 */
import { toJsonSchema } from '@valibot/to-json-schema';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'prettier';
import { manifestSchema } from '../src/formats/manifest.ts';

export const jsonSchema = (): object => ({
  title: 'Switchyard model package, version 1.0',
  ...toJsonSchema(manifestSchema, { errorMode: 'ignore', typeMode: 'input' }),
});

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const text = await format(JSON.stringify(jsonSchema()), { parser: 'json', printWidth: 120 });
  writeFileSync(join(import.meta.dirname, '..', 'models', 'manifest.schema.json'), text);
}
