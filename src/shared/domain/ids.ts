/** Makes identifiers: UUIDv7 (RFC 9562), which sort by creation time. */
export abstract class Ids {
  abstract next(): string;
}

/** Whether text has the form of an identifier. */
export const isId = (value: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
