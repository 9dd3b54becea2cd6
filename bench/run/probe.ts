// Before a peer is measured it is shown that it does the whole job; a proxy that verifies less or says less is faster.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { EDGE_NAME, type BenchCertificates } from './certificates.ts';
import { TOLD_HEADERS } from './upstream.ts';

/** Throws with the first thing that the peer on this port does not do. */
export async function probe(port: number, pki: BenchCertificates): Promise<void> {
  const identity = { cert: readFileSync(pki.client.certFile), key: readFileSync(pki.client.keyFile) };
  const { status, body, protocol } = await get(port, pki, identity);
  if (status !== 200) throw new Error(`answers ${status} to a good client: ${body.slice(0, 200)}`);
  if (protocol !== 'TLSv1.3') throw new Error(`speaks ${protocol}, not TLSv1.3`);
  const lines = body.split('\n');
  for (const [i, name] of TOLD_HEADERS.entries())
    if ((lines[i] ?? '') === '') throw new Error(`does not tell the upstream ${name}`);
  if (!/Bench Client/.test(lines[2] ?? '')) throw new Error(`does not tell who is calling: ${lines[2]}`);
  if (!/Proxy/.test(lines[3] ?? '')) throw new Error('shows the upstream no certificate of its own');
  if (await admits(port, pki)) throw new Error('admits a client without a certificate');
}

async function admits(port: number, pki: BenchCertificates): Promise<boolean> {
  try {
    return (await get(port, pki, {})).status < 400;
  } catch {
    return false; // Closed in TLS, which is a refusal too.
  }
}

async function get(port: number, pki: BenchCertificates, identity: { cert?: Buffer; key?: Buffer }) {
  const call = request({
    host: '127.0.0.1',
    port,
    path: '/told',
    servername: EDGE_NAME,
    headers: { host: `${EDGE_NAME}:${port}` },
    ca: readFileSync(pki.serverCaFile),
    agent: false,
    ...identity,
  });
  call.setTimeout(5000, () => call.destroy(new Error('does not answer')));
  call.end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const protocol = (response.socket as TLSSocket).getProtocol();
  return { status: response.statusCode ?? 0, body: await text(response), protocol };
}
