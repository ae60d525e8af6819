/** Makes identifiers: UUIDv7 (RFC 9562), which sort by the time they were made. */
export abstract class Ids {
  abstract next(): string;
}

/** Whether something can be an identifier at all; what cannot names nothing. */
export const isId = (value: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
