import pg from 'pg';

const INT8 = 20;

/**
 * Reads `bigint` as a number: event numbers stay far below 2^53. Set per connection, so that nothing else in the
 * process that uses pg is changed.
 */
export const numberedTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 && format !== 'binary'
      ? Number
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};
