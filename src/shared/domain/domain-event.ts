/**
 * The data of every event, by its type. Each module adds its own (declaration merging, in its `domain/*.events.ts`), so
 * that shared code knows the type of every event without knowing a module.
 */
export interface EventCatalogue {}

export type EventType = keyof EventCatalogue;

/**
 * A fact that is appended to the log of its session in the transaction that stores the new state, and reaches clients
 * as a server-sent event of the same type.
 */
export type DomainEvent<Type extends EventType = EventType> = {
  [Each in Type]: {
    readonly type: Each;
    readonly sessionId: string;
    readonly runId: string | null;
    readonly data: EventCatalogue[Each];
    /** After this event only deltas with this token are appended to the run's messages. */
    readonly writer?: string | undefined;
  };
}[Type];
