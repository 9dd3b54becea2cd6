// What stands in the place of a request whose head could not be read, so that its refusal is an exchange like others.
import type { RequestHead } from '../http1/request-head.ts';

export const UNREADABLE_REQUEST: RequestHead = {
  method: '-',
  authority: '',
  target: '-',
  version: 'HTTP/1.1',
  headers: [],
  contentLength: undefined,
  upgrade: undefined,
  isKeepAlive: false,
  expectsContinue: false,
};
