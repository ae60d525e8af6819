import { DomainEvent } from './domain-event.js';

/** Collects the events that its verbs give rise to, until the repository that saves it hands them on. */
export abstract class AggregateRoot {
  #events: DomainEvent[] = [];

  protected record(event: DomainEvent): void {
    this.#events.push(event);
  }

  /** The events since the last call, oldest first. */
  pullEvents(): DomainEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
