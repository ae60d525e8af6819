import { DomainEvent, EventType } from './domain-event.js';

/** Collects the events of an aggregate until its repository pulls them. */
export abstract class AggregateRoot {
  #events: DomainEvent[] = [];

  protected record<Type extends EventType>(event: DomainEvent<Type>): void {
    // The compiler does not see that an event of a type parameter is one of the union.
    this.#events.push(event as DomainEvent);
  }

  /** The events since the last call, oldest first. */
  pullEvents(): DomainEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
