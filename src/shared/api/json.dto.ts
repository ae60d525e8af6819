import { z } from 'zod';
import { JsonValue } from '../domain/json.js';

/** Any JSON. Named, so that the OpenAPI document refers to it by name. */
export const JsonDto: z.ZodType<JsonValue> = z.json().meta({ id: 'Json', description: 'Any JSON' });
