import { types, type CustomTypesConfig } from 'pg';

/**
 * Reads `bigint` as a number: event numbers stay far below 2^53. Set per connection, so that nothing else in the
 * process that uses pg is changed.
 */
export const numberedTypes: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === types.builtins.INT8 && format !== 'binary' ? Number : types.getTypeParser(oid, format),
};
