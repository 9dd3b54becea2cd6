// Fields that many requests carry alike, judged and written out once.
import type { FlatHeaders } from '../core/flat-headers.ts';
import { flatText } from '../core/flat-text.ts';
import { fieldLines } from '../http1/write-head.ts';
import type { OutgoingHead } from './contract.ts';

export class HeaderBlock {
  readonly fields: FlatHeaders;
  #lines: string | undefined;

  constructor(fields: FlatHeaders) {
    this.fields = fields;
  }

  /** As they stand on the wire. Throws `internal` where one of them cannot be written. */
  get lines(): string {
    return (this.#lines ??= flatText(fieldLines(this.fields)));
  }
}

/** Every field of a request, those of its block included. */
export function fieldsOf({ headers, block }: OutgoingHead): string[] {
  return [...headers, ...(block?.fields ?? [])];
}
