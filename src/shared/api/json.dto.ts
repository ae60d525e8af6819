import { z } from 'zod';
import { JsonValue } from '../domain/json.js';

/** Any JSON. Named, so that the OpenAPI document refers to it by name. */
export const JsonDto: z.ZodType<JsonValue> = z
  .union([
    z.string(),
    z.number(),
    z.boolean(),
    z.null(),
    z.array(z.lazy(() => JsonDto)),
    z.record(
      z.string(),
      z.lazy(() => JsonDto),
    ),
  ])
  .meta({ id: 'Json', description: 'Any JSON' });
