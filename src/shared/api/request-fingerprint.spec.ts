import { describe, expect, it } from 'vitest';
import { fingerprintOf } from './request-fingerprint.js';

const POST = {
  method: 'POST',
  originalUrl: '/v1/sessions',
  body: { title: 'A', metadata: { b: [1, 2], a: null } },
};
const of = (part: object) => fingerprintOf({ ...POST, ...part }).toString('hex');

describe('The fingerprint of a request', () => {
  it('is the same for the same JSON, however it is written', () => {
    expect(of({ body: JSON.parse('{"metadata":{"a":null,"b":[1.0,2]},"title":"\\u0041"}') })).toBe(of({}));
  });

  it.each([
    ['address', { originalUrl: '/v1/sessions/' }],
    ['query', { originalUrl: '/v1/sessions?x=1' }],
    ['method', { method: 'PUT' }],
    ['value', { body: { ...POST.body, title: 'B' } }],
    ['type of a value', { body: { title: 'A', metadata: { b: ['1', 2], a: null } } }],
    ['order in a list', { body: { title: 'A', metadata: { b: [2, 1], a: null } } }],
    ['key more', { body: { ...POST.body, agent: 'ask' } }],
    ['key less', { body: { title: 'A' } }],
    ['key elsewhere', { body: { title: 'A', metadata: { b: [1, 2] }, a: null } }],
    ['body that is not there', { body: undefined }],
    ['body that is empty', { body: {} }],
    ['body that is a list', { body: [] }],
  ])('is another one for another %s', (_, part) => {
    expect(of(part)).not.toBe(of({}));
  });

  it('cannot be forged by the contents of a text', () => {
    expect(of({ body: { a: '1,"b":2' } })).not.toBe(of({ body: { a: '1', b: 2 } }));
    expect(of({ body: ['a,b'] })).not.toBe(of({ body: ['a', 'b'] }));
    expect(of({ body: JSON.parse('{"__proto__":{"a":1}}') })).not.toBe(of({ body: {} }));
  });
});
