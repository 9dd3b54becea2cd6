import { readFileSync } from 'node:fs';
import t from 'tap';
import { hidesSentChains, nodeVersionFault } from '../../../src/core/node-version.ts';

t.test('a Node that keeps sessions to their host is taken', (t) => {
  for (const version of [
    '24.17.0',
    '24.21.3',
    '26.3.1',
    '26.4.0',
    '26.10.0',
    '27.0.0',
    process.versions.node,
  ])
    t.equal(nodeVersionFault(version), undefined, version);
  t.end();
});

t.test('every other Node is refused in one sentence', (t) => {
  const refused = [
    '0.10.48',
    '18.20.0',
    '20.20.2',
    '22.23.3',
    '24.16.9',
    '25.9.0',
    '26.0.0',
    '26.2.0',
    '26.3.0',
    '',
  ];
  for (const version of refused) {
    const fault = nodeVersionFault(version);
    t.match(fault, /^Sallyport needs Node .*\.$/, version);
    t.notMatch(fault, '\n');
  }
  t.end();
});

t.test('the range is the one that the package states', (t) => {
  const { engines } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  t.equal(engines.node, '^24.17.0 || >=26.3.1');
  t.end();
});

t.test('which versions hide the intermediates that clients send', (t) => {
  for (const [version, isSo] of [
    ['24.17.0', false],
    ['24.20.0', false],
    ['24.21.0', true],
    ['26.3.1', false],
    ['26.10.0', false],
  ] as const)
    t.equal(hidesSentChains(version), isSo, version);
  t.end();
});
