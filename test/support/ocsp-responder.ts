// An OCSP responder: OpenSSL's answers over HTTP.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { parseCertificate } from '../../src/pki/facts.ts';
import type { Issued, KeyPair } from '../../src/pki/issue-certificate.ts';
import { temporaryFolder } from './folder.ts';

export interface OcspResponder {
  readonly url: string;
  readonly requests: number;
  /** Whom it knows: `revoked` or not; nobody else. */
  readonly known: Map<Issued, 'good' | 'revoked'>;
  /** Who signs. Default: the CA. */
  signer: KeyPair;
  /** More for `openssl ocsp`. */
  more: string[];
  /** Answers instead of OpenSSL, where it is set. */
  instead: ((response: ServerResponse) => void) | undefined;
  close(): void;
}

interface Teardown {
  teardown(fn: () => unknown): void;
}

/** For the certificates of `ca`. */
export async function startOcspResponder(t: Teardown, ca: KeyPair): Promise<OcspResponder> {
  const folder = temporaryFolder(t);
  const file = (name: string) => path.join(folder, name);
  writeFileSync(file('ca.pem'), ca.certPem);
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    const number = requests;
    const answer = async (): Promise<void> => {
      const question = await buffer(request);
      if (responder.instead !== undefined) {
        responder.instead(response);
        return;
      }
      writeFileSync(file(`${number}.req`), question);
      writeFileSync(file('index.txt'), indexOf(responder.known));
      writeFileSync(file('signer.pem'), responder.signer.certPem + responder.signer.keyPem);
      const args = ['-index', 'index.txt', '-CA', 'ca.pem', '-rsigner', 'signer.pem', '-rmd', 'sha256'];
      const files = ['-reqin', `${number}.req`, '-respout', `${number}.resp`];
      await promisify(execFile)('openssl', ['ocsp', ...args, ...files, ...responder.more], { cwd: folder });
      response.writeHead(200, { 'content-type': 'application/ocsp-response' });
      response.end(readFileSync(file(`${number}.resp`)));
    };
    answer().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const responder: OcspResponder = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ocsp`,
    get requests() {
      return requests;
    },
    known: new Map(),
    signer: ca,
    more: ['-nmin', '60'],
    instead: undefined,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return responder;
}

/** OpenSSL's own kind of database. */
function indexOf(known: OcspResponder['known']): string {
  const lines = Array.from(known, ([{ der }, status]) => {
    const serial = parseCertificate(der).serial.toUpperCase();
    const revoked = status === 'revoked' ? '260101000000Z,keyCompromise' : '';
    return [
      status === 'revoked' ? 'R' : 'V',
      '400101000000Z',
      revoked,
      serial,
      'unknown',
      `/CN=${serial}`,
    ].join('\t');
  });
  return `${lines.join('\n')}\n`;
}
