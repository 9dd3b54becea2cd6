import * as fc from '../../support/property.ts';
import t from 'tap';
import { parseYaml } from '../../../src/config/document.ts';

const faultOf = (text: string): string | undefined => {
  const [fault] = parseYaml(text).faults;
  return fault && `${fault.line}:${fault.column} ${fault.message}`;
};

t.test('YAML is plain data', (t) => {
  t.same(parseYaml('a: 1\nb: [x, true, ~]\nc: {d: "5"}\n').value, {
    a: 1,
    b: ['x', true, null],
    c: { d: '5' },
  });
  t.end();
});

t.test('words of YAML 1.1 are text', (t) => {
  t.same(parseYaml('a: no\nb: 0o17\nc: 12:30:00\n').value, { a: 'no', b: 15, c: '12:30:00' });
  t.end();
});

t.test('what another reader might take otherwise is a fault at its place', (t) => {
  const cases: [string, string][] = [
    ['a: 1\nb: 2\na: 3\n', '3:1 this key is written twice in one place: remove one'],
    ['a:\n\tb: 1\n', '2:1 a tab is no indentation in YAML: write spaces'],
    ['a: 1\n---\nb: 2\n', '2:1 a second document begins here: one file holds one configuration'],
    ['a: !!binary aGk=\n', '1:4 tags (!…) are not understood here: write the value alone'],
    ['a: !ruby/object:Gem x\n', '1:4 tags (!…) are not understood here: write the value alone'],
    ['? [a]\n: b\n', '1:3 every key must be text: put it in quotes'],
    ['a: "x\n', '2:1 bad YAML: Missing closing "quote'],
  ];
  for (const [text, fault] of cases) t.equal(faultOf(text), fault, JSON.stringify(text));
  t.end();
});

t.test('aliases work, until they multiply without bounds', (t) => {
  t.same(parseYaml('a: &x [1]\nb: *x\n').value, { a: [1], b: [1] });
  t.match(faultOf('a: *x\n'), /^1:4 bad YAML: Unresolved alias|cannot be read: Unresolved alias/);
  const laughs = ['a0: &a0 [lol]'];
  for (let i = 1; i < 12; i++) laughs.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}]`);
  t.match(faultOf(laughs.join('\n')), /Excessive alias count/);
  t.end();
});

t.test('nesting deeper than the stack is a fault, not an exception', (t) => {
  t.type(faultOf('['.repeat(100_000)), 'string');
  t.type(faultOf('{a: '.repeat(100_000)), 'string');
  t.end();
});

t.test('a __proto__ in the file is a key like any other', (t) => {
  const { value } = parseYaml('__proto__: {polluted: true}\n');
  t.same(Object.keys(value as object), ['__proto__']);
  t.equal(({} as { polluted?: boolean }).polluted, undefined);
  t.end();
});

t.test('a path leads back to where its value stands', (t) => {
  const { locate } = parseYaml(
    '# head\na: 1\nlist:\n  - to: x\n    deep: {b: [p, q]}\nempty:\nalias: &z {k: v}\nuse: *z\n',
  );
  t.same(locate(['a']), { line: 2, column: 4 });
  t.same(locate(['a'], 'key'), { line: 2, column: 1 });
  t.same(locate(['list', 0, 'to']), { line: 4, column: 9 });
  t.same(locate(['list', 0, 'deep', 'b', 1]), { line: 5, column: 19 });
  t.same(locate(['empty']), { line: 6, column: 1 }, 'no value: its key');
  t.same(locate(['use', 'k']), { line: 7, column: 15 }, 'through an alias: where it was written');
  t.end();
});

t.test('a path that leads nowhere ends at the nearest ancestor', (t) => {
  const { locate } = parseYaml('a: 1\nlist:\n  - to: x\n');
  t.same(locate([]), { line: 1, column: 1 });
  t.same(locate(['nowhere', 5]), { line: 1, column: 1 });
  t.same(locate(['list', 0, 'from']), { line: 3, column: 5 });
  t.same(locate(['list', 7]), { line: 3, column: 3 });
  t.end();
});

t.test('no text makes it throw', (t) => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(fc.string(), { maxLength: 3 }),
      (text, path) => {
        const document = parseYaml(text);
        const { line, column } = document.locate(path);
        return line >= 1 && column >= 1 && (document.faults.length === 0 || document.value === undefined);
      },
    ),
  );
  t.end();
});
