import type { Reporter, TestModule } from 'vitest/node';

/**
 * Names the tests that passed with another try only: each is a race to be found. Says in the last line how many tests there were;
 * a suite that breaks outside of its tests counts as one that failed.
 */
export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const states = tests.map((test) => test.result().state);
    const flaky = tests.filter((test) => test.diagnostic()?.flaky);
    const count = (state: string) => states.filter((other) => other === state).length;
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const broken = suites.filter((suite) => suite.errors().length > 0).length + errors.length;
    const skipped = states.length - count('passed') - count('failed');
    // After what is printed at the end by others.
    process.once('exit', () => {
      for (const { module, fullName } of flaky) {
        console.log(`Passed with another try only: ${module.relativeModuleId} > ${fullName}`);
      }
      console.log(
        `${count('passed')} passed, ${count('failed') + broken} failed${skipped ? `, ${skipped} skipped` : ''}`,
      );
    });
  }
}
