/**
 * Writes nothing. A read-only server refuses it (SQLSTATE 25006), and PostgresClient then replaces the connections to
 * it: reads and LISTEN work on a server that was replaced as well.
 */
export const WRITE_PROBE = 'update migrations set name = name where false';
