/** SQL: the lowest id of a time, since ids begin with theirs (RFC 9562). @param time in SQL */
export const idOfTime = (time: string): string =>
  `(lpad(to_hex(floor(extract(epoch from ${time}) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid`;
