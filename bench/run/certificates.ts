// The certificates of one bench, made at its start and removed with its folder: three CAs as in development, so that a
// proxy which confuses who vouches for whom fails to start the race.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { KeyPair } from '../../src/pki/issue-certificate.ts';
import { issueClient, issueRoot, issueServer } from '../../src/pki/issue.ts';

/** The host that clients ask the proxies for. */
export const EDGE_NAME = 'bench.localhost';
/** The name in the upstream's certificate. */
export const APP_NAME = 'app.bench.localhost';

export interface PairFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Certificate and key in one file. */
  readonly bundleFile: string;
}

export interface BenchCertificates {
  /** Vouches for the proxies and for the upstream. */
  readonly serverCaFile: string;
  /** Vouches for clients of the proxies. */
  readonly clientCaFile: string;
  /** Vouches for clients of the upstream, that is, for the proxies. */
  readonly upstreamCaFile: string;
  readonly edge: PairFiles;
  readonly client: PairFiles;
  /** What a proxy shows to the upstream. */
  readonly proxy: PairFiles;
  readonly app: PairFiles;
}

const DAYS = 1;

/** Issues everything (EC P-256, some 30 ms) and writes it to the folder. */
export async function writeCertificates(folder: string): Promise<BenchCertificates> {
  const root = (commonName: string) => issueRoot({ commonName, organization: 'Sallyport bench', days: DAYS });
  const [serverCa, clientCa, upstreamCa] = await Promise.all([
    root('Bench server CA'),
    root('Bench client CA'),
    root('Bench upstream CA'),
  ]);
  const [edge, client, proxy, app] = await Promise.all([
    issueServer(serverCa, { commonName: EDGE_NAME, days: DAYS, names: { dns: [EDGE_NAME] } }),
    issueClient(clientCa, {
      commonName: 'Bench Client',
      organization: 'Bench',
      days: DAYS,
      names: { email: ['client@bench.localhost'], uri: ['spiffe://bench.localhost/client'] },
    }),
    issueClient(upstreamCa, { commonName: 'Proxy', days: DAYS, names: { dns: ['proxy.bench.localhost'] } }),
    issueServer(serverCa, { commonName: APP_NAME, days: DAYS, names: { dns: [APP_NAME] } }),
  ]);
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const writePair = (name: string, { certPem, keyPem }: KeyPair): PairFiles => ({
    certFile: write(`${name}.crt`, certPem),
    keyFile: write(`${name}.key`, keyPem),
    bundleFile: write(`${name}.pem`, certPem + keyPem),
  });
  return {
    serverCaFile: write('server-ca.crt', serverCa.certPem),
    clientCaFile: write('client-ca.crt', clientCa.certPem),
    upstreamCaFile: write('upstream-ca.crt', upstreamCa.certPem),
    edge: writePair('edge', edge),
    client: writePair('client', client),
    proxy: writePair('proxy', proxy),
    app: writePair('app', app),
  };
}
