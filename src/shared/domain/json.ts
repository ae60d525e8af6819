/** Any value JSON can carry. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** A JSON object, as stored in `jsonb` columns and sent in event data. */
export type JsonObject = { [key: string]: JsonValue };
