// What the fields that govern a message say, gathered in one walk over the head: framing, Host, Connection, Expect,
// Upgrade. Repeated fields are counted, so that the reader can refuse what must stand once.
import type { FlatHeaders } from '../core/flat-headers.ts';
import { HTAB, isMadeOf, SP, TOKEN } from './grammar.ts';
import { SallyportError } from '../core/errors.ts';

/** One for each decoder, filled anew for each message. */
export class MessageFields {
  hosts = 0;
  host = '';
  lengths = 0;
  length = '';
  codings = 0;
  coding = '';
  expectations = 0;
  expectation = '';
  upgrades = 0;
  upgrade = '';
  /** The options of `Connection` that are known here. */
  hasClose = false;
  hasKeepAlive = false;
  hasUpgrade = false;

  /** Forgets the last message and its strings. */
  clear(): void {
    this.hosts = this.lengths = this.codings = this.expectations = this.upgrades = 0;
    this.host = this.length = this.coding = this.expectation = this.upgrade = '';
    this.hasClose = this.hasKeepAlive = this.hasUpgrade = false;
  }

  /** Throws bad_header where `Connection` is not a list of tokens (RFC 9110 7.6.1). */
  gather(headers: FlatHeaders): void {
    this.clear();
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string;
      switch (name.length) {
        case 4:
          if (isName(name, 0x68, 'host') && ++this.hosts === 1) this.host = headers[i + 1] as string;
          break;
        case 6:
          if (isName(name, 0x65, 'expect') && ++this.expectations === 1)
            this.expectation = headers[i + 1] as string;
          break;
        case 7:
          if (isName(name, 0x75, 'upgrade') && ++this.upgrades === 1) this.upgrade = headers[i + 1] as string;
          break;
        case 10:
          if (isName(name, 0x63, 'connection')) this.#readConnection(headers[i + 1] as string);
          break;
        case 14:
          if (isName(name, 0x63, 'content-length') && ++this.lengths === 1)
            this.length = headers[i + 1] as string;
          break;
        case 17:
          if (isName(name, 0x74, 'transfer-encoding') && ++this.codings === 1)
            this.coding = headers[i + 1] as string;
          break;
        default:
      }
    }
  }

  #readConnection(value: string): void {
    // What nearly every client sends, without taking a list apart.
    if (value === 'keep-alive') this.hasKeepAlive = true;
    else if (value === 'close') this.hasClose = true;
    else
      for (const option of listOf(value)) {
        if (option === 'close') this.hasClose = true;
        else if (option === 'keep-alive') this.hasKeepAlive = true;
        else if (option === 'upgrade') this.hasUpgrade = true;
      }
  }
}

/** The members of a comma-separated list of tokens, lower case, empty ones left out; throws bad_header. */
function listOf(value: string): string[] {
  const members: string[] = [];
  for (const part of value.split(',')) {
    const member = trimmed(part);
    if (member === '') continue;
    if (!isMadeOf(TOKEN, member))
      throw new SallyportError('bad_header', 'Connection is not a list of tokens');
    members.push(member.toLowerCase());
  }
  return members;
}

/** Without SP and HTAB around it: `trim` would also take 0xA0 away, which is no white space on the wire. */
function trimmed(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}

/** Whether `name` is `known` in any case; the first letter sorts out nearly all others for the price of a byte. */
function isName(name: string, firstLetter: number, known: string): boolean {
  return (name.charCodeAt(0) | 0x20) === firstLetter && (name === known || name.toLowerCase() === known);
}
