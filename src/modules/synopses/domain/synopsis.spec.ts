import { describe, expect, it } from 'vitest';
import { SynopsisItem } from './synopsis-content.js';
import { Synopsis } from './synopsis.js';
import { SynopsisVersionChanged } from './synopsis.errors.js';

const NOW = new Date('2026-11-20T10:15:00Z');
const content = { title: 'Title', items: [{ kind: 'text', text: 'Text' } satisfies SynopsisItem] };
const coverage = { coversUpTo: 7, coversUpToMessageId: 'm7' };
const generated = (basedOn: number) => ({ id: `g${basedOn}`, content, coverage, jobId: 'j1', basedOn });
const edited = (basedOn?: number) => ({ id: 'e', content, author: 'ada', basedOn });

const begun = () => Synopsis.begin('s1', NOW);

function formed(): Synopsis {
  const synopsis = begun();
  synopsis.generate(generated(0), NOW);
  synopsis.pullEvents();
  synopsis.pullVersions();
  return synopsis;
}

const updated = (version: number) => [
  { type: 'synopsis.updated', sessionId: 's1', runId: null, data: { version } },
];

describe('A synopsis', () => {
  it('has no live version before anything is written', () => {
    expect(begun().live).toBeNull();
    expect(begun().snapshot()).toMatchObject({ liveVersion: 0, version: 0 });
  });

  it('is generated: the version covers what was summed up, and is live', () => {
    const synopsis = begun();
    synopsis.generate(generated(0), NOW);
    const first = {
      ...{ id: 'g0', sessionId: 's1', version: 1, kind: 'generated', jobId: 'j1', author: null },
      ...content,
      ...coverage,
      createdAt: NOW,
    };
    expect(synopsis.live).toEqual(first);
    expect(synopsis.pullVersions()).toEqual([first]);
    expect(synopsis.pullEvents()).toEqual(updated(1));
    expect(synopsis.snapshot()).toMatchObject({ id: 's1', liveVersion: 1 });
  });

  it('is edited by a human: the version covers what the one before covered', () => {
    const synopsis = formed();
    synopsis.edit(edited(1), NOW);
    expect(synopsis.live).toMatchObject({
      ...{ version: 2, kind: 'edited', jobId: null, author: 'ada' },
      ...coverage,
    });
    expect(synopsis.pullEvents()).toEqual(updated(2));
    expect(synopsis.pullVersions()).toHaveLength(1);
  });

  it('is edited before anything is summed up: then it covers nothing', () => {
    const synopsis = begun();
    synopsis.edit(edited(0), NOW);
    expect(synopsis.live).toMatchObject({ version: 1, coversUpTo: 0, coversUpToMessageId: null });
  });

  it('is edited without a check of the live version, if the user does not name a version', () => {
    const synopsis = formed();
    synopsis.edit(edited(), NOW);
    expect(synopsis.live?.version).toBe(2);
  });

  it.each([0, 2])('refuses what was made of version %i when version 1 is live', (basedOn) => {
    const synopsis = formed();
    expect(() => synopsis.generate(generated(basedOn), NOW)).toThrow(SynopsisVersionChanged);
    expect(() => synopsis.edit(edited(basedOn), NOW)).toThrow(SynopsisVersionChanged);
    expect([synopsis.live?.version, synopsis.pullVersions(), synopsis.pullEvents()]).toEqual([1, [], []]);
  });
});
