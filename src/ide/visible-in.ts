import { visible } from '#client/edit';

/** The same, but for what is seen of the texts in it: a terminal obeys control characters, and hides others. */
export const visibleIn = <T>(data: T): T =>
  JSON.parse(JSON.stringify(data), (_, value: unknown) =>
    typeof value === 'string' ? visible(value) : value,
  ) as T;
