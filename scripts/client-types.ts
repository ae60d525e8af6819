/** Makes demo/openapi.ts, the types of the API for clients, from openapi.json: `npm run openapi`. `check` compares instead. */
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { COMMENT_HEADER, astToString } from 'openapi-typescript';
import ts from 'typescript';

const FILE = 'demo/openapi.ts';

/** Any JSON: its schema refers to itself, which a type that is looked up by name cannot do. */
const ANY_JSON = '#/components/schemas/Json';

const nodes = await openapiTS(await readFile('openapi.json', 'utf8'), {
  exportType: true,
  rootTypes: true,
  rootTypesNoSchemaPrefix: true,
  defaultNonNullable: false,
  transform: (_schema, { path }) =>
    path === ANY_JSON ? ts.factory.createKeywordTypeNode(ts.SyntaxKind.UnknownKeyword) : undefined,
});
const types = COMMENT_HEADER + astToString(nodes);
const [command] = process.argv.slice(2);
if (command === 'write') {
  await writeFile(FILE, types);
} else if (command === 'check') {
  if ((await readFile(FILE, 'utf8').catch(() => '')) !== types) {
    console.error(`${FILE} is not what openapi.json says: npm run openapi`);
    process.exitCode = 1;
  }
} else {
  throw new Error('usage: client-types.ts write | check');
}
