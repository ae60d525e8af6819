import type { OutputDisplay } from '#client/edit';

/** In characters. */
const MAX_OUTPUT = 10_000;

/** What people are shown of a command. */
export const outputOf = (result: {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit_code: number | null;
}): OutputDisplay => ({
  type: 'output',
  text: (result.stdout + result.stderr).slice(0, MAX_OUTPUT).toWellFormed(),
  exit_code: result.exit_code,
});
