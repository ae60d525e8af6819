import { OnEvent } from '@nestjs/event-emitter';
import type { StoredEvent } from '../../application/event-stream.js';
import type { EventType } from '../../domain/domain-event.js';

/** Subscribes a method to the events of a type stored by this process (EventHub). The compiler checks its parameter. */
export const OnStored =
  <Type extends EventType>(type: Type) =>
  <Listener extends (event: StoredEvent<Type>) => void | Promise<void>>(
    target: object,
    key: string | symbol,
    method: TypedPropertyDescriptor<Listener>,
  ): void => {
    OnEvent(type)(target, key, method);
  };
