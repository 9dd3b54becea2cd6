// The value of a header in `set_request_headers`: text with `${variables}`, compiled when the configuration is applied.
import { suggest } from '../core/suggest.ts';
import { type Caller, VARIABLE_NAMES, variable } from './caller-variables.ts';

/** The value for a caller; undefined: a variable in it has none, and the header is left out. */
export type HeaderTemplate = (caller: Caller) => string | undefined;

/** What a header value may hold (RFC 9110 5.5), without what only looks like it. */
const PLAIN = /^[\x20-\x7e]*$/;

/** The template, or what is wrong with it as a sentence. */
export function compileHeaderTemplate(text: string): HeaderTemplate | string {
  if (!PLAIN.test(text)) return 'may hold printable ASCII only';
  const pieces = text.split(/\$\{([^}]*)\}/);
  const texts = pieces.filter((_, index) => index % 2 === 0);
  const readers: ((caller: Caller) => string | undefined)[] = [];
  for (const name of pieces.filter((_, index) => index % 2 === 1)) {
    const read = variable(name.trim());
    if (read === undefined) return unknownVariable(name.trim());
    readers.push(read);
  }
  if (texts.some((piece) => piece.includes('${'))) return 'has a variable without a closing brace';
  return (caller) => {
    let value = texts[0] ?? '';
    for (const [index, read] of readers.entries()) {
      const part = read(caller);
      if (part === undefined) return undefined;
      value += part + (texts[index + 1] ?? '');
    }
    return value;
  };
}

function unknownVariable(name: string): string {
  const near = suggest(name, VARIABLE_NAMES);
  return near === undefined
    ? `\${${name}} is no variable: those there are ${VARIABLE_NAMES.join(', ')}`
    : `\${${name}} is no variable: did you mean \${${near}}?`;
}
