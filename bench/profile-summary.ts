/** Says where the time of a CPU profile went: `node bench/profile-summary.ts bench/results/profiles/NAME.cpuprofile`. */
import { readFile } from 'node:fs/promises';

const SHOWN = 25;

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

interface Profile {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A package, a file of this project, or Node.js itself. */
function placeOf({ functionName, url }: Node['callFrame']): string {
  const [, npm] = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(url) ?? [];
  const [, ours] = /\/dist\/(.*)$/.exec(url) ?? [];
  if (url === '') return functionName; // (garbage collector), (program), (idle), or native code
  return npm ?? ours ?? url.replace(/^file:.*\//, '');
}

const add = (sums: Map<string, number>, key: string, ms: number) => sums.set(key, (sums.get(key) ?? 0) + ms);

function print(title: string, sums: Map<string, number>, totalMs: number): void {
  console.log(`\n${title}`);
  for (const [key, ms] of [...sums].toSorted(([, a], [, b]) => b - a).slice(0, SHOWN)) {
    console.log(
      `${((ms / totalMs) * 100).toFixed(1).padStart(6)} %  ${ms.toFixed(0).padStart(7)} ms  ${key}`,
    );
  }
}

const { nodes, samples, timeDeltas } = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as Profile;
const byId = new Map(nodes.map((node) => [node.id, node]));
const parents = new Map(
  nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
);
const [selfByPlace, selfByFunction, withCallees] = [new Map(), new Map(), new Map()] as Map<string, number>[];
let busyMs = 0;
let totalMs = 0;
for (const [index, id] of samples.entries()) {
  const { callFrame } = byId.get(id)!;
  const ms = (timeDeltas[index] ?? 0) / 1000;
  totalMs += ms;
  if (callFrame.functionName === '(idle)') continue;
  busyMs += ms;
  add(selfByPlace!, placeOf(callFrame), ms);
  add(
    selfByFunction!,
    `${callFrame.functionName || '(anonymous)'}  ${placeOf(callFrame)}:${callFrame.lineNumber + 1}`,
    ms,
  );
  const places = new Set<string>();
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    places.add(placeOf(byId.get(at)!.callFrame));
  }
  for (const place of places) add(withCallees!, place, ms);
}
console.log(`busy ${busyMs.toFixed(0)} ms of ${totalMs.toFixed(0)} ms`);
print('Itself, by package or file', selfByPlace!, busyMs);
print('Itself, by function', selfByFunction!, busyMs);
print('With all that it calls, by package or file', withCallees!, busyMs);
