// One thing wrong with a configuration, said by the room that knows, at the place where the user wrote it.

/** Where in the configuration: keys and list indexes from the top, e.g. `['routes', 2, 'to']`. */
export type IssuePath = readonly (string | number)[];

export interface Issue {
  readonly path: IssuePath;
  /** What is wrong and what to do about it: one sentence, no trailing period, names the offending value. */
  readonly message: string;
  /** A warning does not stop the start. Default `error`. */
  readonly severity?: 'error' | 'warning';
}

/** `routes[2].to`, as printed in front of a message. */
export function pathText(path: IssuePath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}
