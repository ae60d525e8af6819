/**
 * The data of every event, by its type. Each module adds its own (declaration merging, in its `domain/*.events.ts`), so
 * that shared code knows the type of every event without knowing a module.
 */
export interface EventCatalogue {}

export type EventType = keyof EventCatalogue;

/**
 * A fact worth telling: it is appended to the log of its session in the transaction that stores the state it
 * tells of, and reaches clients as a server-sent event of the same type.
 */
export type DomainEvent<Type extends EventType = EventType> = {
  [Each in Type]: {
    readonly type: Each;
    readonly sessionId: string;
    readonly runId: string | null;
    readonly data: EventCatalogue[Each];
    /** From here on only those pieces of the run's answers are appended that have this token. */
    readonly writer?: string | undefined;
  };
}[Type];
