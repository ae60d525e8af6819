import { AsyncLocalStorage } from 'node:async_hooks';

/** What a log line is about, besides what it says. */
export type LogFields = Readonly<Record<string, string | null>>;

const fields = new AsyncLocalStorage<LogFields>();

/** Whatever is logged by the work, and by what it sets in motion, carries these fields, besides those around it. */
export const withLogFields = <T>(added: LogFields, work: () => T): T =>
  fields.run({ ...fields.getStore(), ...added }, work);

/** The fields of the present line. */
export const logFields = (): LogFields => fields.getStore() ?? {};
