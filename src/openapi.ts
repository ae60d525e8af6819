import { INestApplication } from '@nestjs/common';
import { DocumentBuilder, OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { describeAccess } from './shared/api/describe-access.js';
import { describeBodies } from './shared/api/describe-bodies.js';
import { describeIdempotency } from './shared/api/idempotency-key.js';
import { ProblemDto } from './shared/api/problem.dto.js';

const DESCRIPTION = `Sessions, runs and tools for IDE plugins, over REST and server-sent events.

Errors are \`application/problem+json\` (RFC 9457); \`code\` is what programs decide by.
Lists take \`limit\` and \`cursor\`. Ids are strings, times ISO 8601 in UTC.
\`docs/protocol.md\` tells how a plugin uses all this.`;

/** Tags are those of the routes, by resource. */
const OPTIONS = { autoTagControllers: false };

/** The OpenAPI document of the application, generated from its routes and their schemas. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('agent-runtime')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .build();
  const routes = SwaggerModule.createDocument(app, config, OPTIONS);
  const document = describeAccess(describeBodies(describeIdempotency(routes)));
  const { $defs: problem } = z.toJSONSchema(ProblemDto);
  const schemas = nameKinds({ ...document.components?.schemas, ...problem } as Schemas);
  return typeNullable({ ...document, components: { ...document.components, schemas } }) as OpenAPIObject;
}

/** A schema, as far as it says of which kind a value is. */
interface KindSchema {
  readonly oneOf?: readonly { readonly $ref?: string }[];
  readonly properties?: Readonly<Record<string, { readonly enum?: readonly unknown[] }>>;
}

type Schemas = Readonly<Record<string, KindSchema>>;

const PREFIX = '#/components/schemas/';
/** What tells the kinds of a union apart. */
const KINDS = ['type', 'kind'];

/** Names the property that tells the schemas of a union apart, so that generated code can choose by it. */
const nameKinds = (schemas: Schemas): Schemas =>
  Object.fromEntries(
    Object.entries(schemas)
      // zod makes a schema without a name of what is in a recursive one, and does not refer to it.
      .filter(([name]) => !name.startsWith('__'))
      .map(([name, schema]) => [name, { ...schema, ...discriminatorOf(schema, schemas) }]),
  );

function discriminatorOf({ oneOf }: KindSchema, schemas: Schemas) {
  for (const propertyName of KINDS) {
    const kinds = oneOf?.map(({ $ref }) => {
      const values = $ref && schemas[$ref.slice(PREFIX.length)]?.properties?.[propertyName]?.enum;
      return values && values.length === 1 ? [String(values[0]), $ref] : undefined;
    });
    if (kinds?.every((kind) => kind !== undefined)) {
      return {
        discriminator: { propertyName, mapping: Object.fromEntries(kinds) as Record<string, string> },
      };
    }
  }
  return {};
}

/**
 * `nullable` works only beside `type`, and only for values that an `enum` lists (OpenAPI 3.0.3, Schema Object): adds the
 * type, also where the schema is a reference, and null to the list.
 */
function typeNullable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(typeNullable);
  if (typeof value !== 'object' || value === null) return value;
  const parts = Object.entries(value).map(([key, part]) => [key, typeNullable(part)] as const);
  const schema = Object.fromEntries(parts) as Record<string, unknown>;
  if (!schema['nullable']) return schema;
  const { enum: values } = schema;
  if (Array.isArray(values) && !values.includes(null)) schema['enum'] = [...(values as unknown[]), null];
  return 'allOf' in schema && !('type' in schema) ? { type: 'object', ...schema } : schema;
}

/** Swagger UI at /docs, the document at /docs/openapi.json. */
export function serveDocs(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => describeApi(app), {
    raw: ['json'],
    jsonDocumentUrl: 'docs/openapi.json',
    customSiteTitle: 'agent-runtime',
  });
}
