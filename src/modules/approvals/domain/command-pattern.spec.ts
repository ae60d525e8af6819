import { describe, expect, it } from 'vitest';
import { fitsCommandPattern, suggestedCommandPattern } from './command-pattern.js';

describe('the pattern "npm test *"', () => {
  it.each([
    'npm test',
    'npm test ',
    ' npm  test',
    'npm test src/a.spec.ts',
    'npm test a b c',
    'npm test -- --x',
    'npm test -- --reporter=dot',
    'npm test A=1',
    'npm test @scope/pkg,other:x+y',
    'npm test ../other',
    'npm test /tmp/x',
  ])('fits %j', (command) => {
    expect(fitsCommandPattern('npm test *', command)).toBe(true);
  });

  const SLIPS: Readonly<Record<string, readonly string[]>> = {
    'other words': [
      ...[
        '',
        ' ',
        'npm',
        'npm testevil',
        'npm test:evil',
        'npm testevil x',
        'npmtest',
        'npm-test',
        'npmx test',
      ],
      ...[
        'npm run test',
        'npm --prefix x test',
        'npm -C .. test',
        'npm x test',
        'test npm',
        'xnpm test',
        'npm tes t',
      ],
      ...[
        'NPM test',
        'npm TEST',
        'Npm Test',
        'npm,test',
        'npm=test',
        'npm/test',
        'npm+test',
        'npm.test',
        'npm.cmd test',
      ],
    ],
    separators: [
      ...[
        'npm test; rm -rf .',
        'npm test;rm x',
        'npm test ;',
        'npm test && rm x',
        'npm test&&rm x',
        'npm test || rm x',
      ],
      ...[
        'npm test | sh',
        'npm test |& sh',
        'npm test & rm x',
        'npm test &',
        ';npm test',
        '&& npm test',
        'rm x; npm test',
      ],
      ...[
        'rm x && npm test',
        'npm test\nrm x',
        'npm test\r\nrm x',
        'npm test\rrm x',
        'npm test\n',
        '\nnpm test',
      ],
      ...['npm test\vrm x', 'npm test\frm x', 'npm test\u0085rm x', 'npm test\u2028rm x', 'npm test\0rm x'],
    ],
    substitutions: [
      ...[
        'npm test $(rm x)',
        'npm test `rm x`',
        'npm test ${IFS}x',
        'npm test $HOME',
        '$(npm test)',
        '`npm test`',
      ],
      ...[
        'npm test <(rm x)',
        'npm test >(rm x)',
        'npm test $((1))',
        "npm test $'\\x3b'",
        'npm test $"x"',
        '(npm test)',
      ],
      ...['{ npm test; }', 'npm test !!', 'npm test !rm', 'npm test #x', 'npm$IFS test'],
    ],
    redirections: [
      ...[
        'npm test > .git/hooks/pre-commit',
        'npm test >> .bashrc',
        'npm test >x',
        'npm test 2>&1',
        'npm test &> x',
      ],
      ...['npm test < /etc/passwd', 'npm test <<EOF', 'npm test <<< x', '>x npm test', 'npm test >| x'],
    ],
    'environment and wrappers': [
      ...[
        'env npm test',
        'A=1 npm test',
        'PATH=. npm test',
        'NODE_OPTIONS=--require=./x npm test',
        'env A=1 npm test',
      ],
      ...[
        '=npm test',
        'npm= test',
        'sudo npm test',
        'exec npm test',
        'command npm test',
        'time npm test',
        'xargs npm test',
      ],
      ...[
        'sh -c npm test',
        'eval npm test',
        'cd .. npm test',
        '. npm test',
        'nohup npm test',
        'npx npm test',
      ],
    ],
    'other programs of the name': [
      ...[
        '/usr/bin/npm test',
        '/npm test',
        './npm test',
        '../npm test',
        'a/../npm test',
        '..',
        '~/npm test',
        '~npm test',
      ],
      ...[
        'C:/npm test',
        'c:npm test',
        'C:\\npm test',
        '\\npm test',
        '.\\npm test',
        '\\\\host\\npm test',
        'bin/npm test',
      ],
    ],
    'quotes and globs': [
      ...[
        '"npm" test',
        "'npm' test",
        'n"p"m test',
        'npm "test"',
        "npm test 'x'",
        'npm test "x;y"',
        'npm\\ test',
        'n\\pm test',
      ],
      ...[
        'npm test\\\n',
        'npm test *',
        'npm test a?',
        'npm test [a]',
        'npm test {a,b}',
        'npm test ~',
        'npm test ~/x',
        'np* test',
      ],
    ],
    'shells of Windows': [
      ...[
        'npm test ^& rm x',
        'npm^ test',
        'n^pm test',
        'npm test %PATH%',
        'npm test %x:~0,1%',
        '%COMSPEC% /c npm test',
      ],
      ...[
        'cmd /c npm test',
        'powershell npm test',
        'npm test; Remove-Item x',
        'npm test --% & x',
        '& npm test',
        'npm test $env:X',
      ],
      ...['npm test `n rm x', 'npm test !x!', 'npm test (x)'],
    ],
    'characters that look like others': [
      ...[
        'npm\u00a0test',
        'npm test\u00a0x',
        'npm\u2003test',
        'npm\u3000test',
        'npm\ttest',
        'npm test\tx',
        'npm\u200btest',
      ],
      ...[
        'n\u200bpm test',
        'npm te\u200dst',
        'npm test\ufeff',
        '\ufeffnpm test',
        'npm t\u0435st',
        '\u0578pm test',
      ],
      ...[
        'npm test\uff1b rm x',
        'npm test \uff06 x',
        '\uff4epm test',
        'npm test \u2013x',
        'npm test \u202ex',
        'npm tést',
      ],
      ...[
        'npm test \u037e x',
        'npm test \u2502 x',
        'npm test e\u0301',
        'npm test \ud800',
        'npm test 😀',
        'ｎｐｍ test',
      ],
    ],
  };
  const slips = Object.entries(SLIPS).flatMap(([by, commands]) =>
    commands.map((command) => [by, command] as const),
  );

  it.each(slips)('is not fitted by %s: %j', (_by, command) => {
    expect(fitsCommandPattern('npm test *', command)).toBe(false);
  });

  it('is tried with at least a hundred of them, each once', () => {
    expect(new Set(slips.map(([, command]) => command)).size).toBe(slips.length);
    expect(slips.length).toBeGreaterThan(100);
  });
});

describe('a command pattern', () => {
  it.each([
    ['npm test', 'npm test', true],
    ['npm test', 'npm test -- --x', false],
    ['npm test', 'npm', false],
    ['npm *', 'npm install evil', true],
    ['npm *', 'npm', true],
    ['./gradlew test *', './gradlew test --info', true],
    // Those that fit nothing.
    ['*', 'npm test', false],
    [' *', 'npm test', false],
    ['npm te*', 'npm test', false],
    ['npm te*', 'npm te*', false],
    ['npm * test', 'npm x test', false],
    ['npm * *', 'npm test x', false],
    ['* test', 'npm test', false],
    ['npm test; *', 'npm test; rm x', false],
    ['A=1 *', 'A=1 npm test', false],
    ['/bin/ls *', '/bin/ls x', false],
    ['../x *', '../x y', false],
    ['C:/x *', 'C:/x y', false],
    ['npm test\n*', 'npm test\nx', false],
  ])('%j on %j: %s', (pattern, command, fits) => {
    expect(fitsCommandPattern(pattern, command)).toBe(fits);
  });
});

describe('a pattern that is offered', () => {
  it.each<[command: string, pattern: string | undefined]>([
    ['npm test', 'npm test *'],
    ['npm test -- --run a.spec.ts', 'npm test *'],
    ['npm run build', 'npm run build *'],
    ['npm run build -- --watch', 'npm run build *'],
    ['go test ./...', 'go test *'],
    ['cargo build --release', 'cargo build *'],
    ['git status --short', 'git status *'],
    ['./gradlew test', './gradlew test *'],
    ...[
      ...[
        'npm',
        'npm run',
        'npm install x',
        'npm exec x',
        'npx vitest',
        'git push',
        'git commit -m x',
        'rm -rf x',
        'ls',
      ],
      ...[
        'npm test; ls',
        'npm test > x',
        'npm run "build"',
        'A=1 npm test',
        'sudo npm test',
        'node x.js',
        'bash x.sh',
      ],
    ].map((command): [string, undefined] => [command, undefined]),
  ])('for %j is %j', (command, pattern) => {
    expect(suggestedCommandPattern(command)).toBe(pattern);
  });
});
