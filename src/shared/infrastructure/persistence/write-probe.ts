/**
 * Writes nothing. A read-only server refuses it (SQLSTATE 25006), and PostgresClient then replaces the connections to
 * it: to a connection that only reads or listens, a server that was replaced looks sound.
 */
export const WRITE_PROBE = 'update migrations set name = name where false';
