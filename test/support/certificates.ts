// The certificates that tests use: made in memory once a process, in tens of milliseconds, none on disk.
import {
  type LeafOptions,
  type RootOptions,
  issueClient,
  issueIntermediate,
  issueRoot,
  issueServer,
} from '../../src/pki/issue.ts';
import type { Issued, KeyPair } from '../../src/pki/issue-certificate.ts';

export interface TestPki {
  /** Signs what servers show: the edge and the apps. */
  readonly serverCa: Issued;
  /** Signs people; what the edge trusts for clients. */
  readonly clientCa: Issued;
  /** Signs Sallyport's own identity; what the apps trust for clients. */
  readonly upstreamCa: Issued;
  /** The edge's certificate: `localhost`, `sallyport.localhost`, `*.sallyport.localhost`, 127.0.0.1, ::1. */
  readonly edge: Issued;
  /** Alice: alice@example.com, spiffe://example.com/alice. */
  readonly client: Issued;
  /** What Sallyport shows to upstream apps. */
  readonly upstreamClient: Issued;
  /** An upstream app: `localhost`, `app.internal`, 127.0.0.1. */
  readonly app: Issued;
  /** Another client, Alice's fields unless said otherwise, from `issuer` (the client CA by default). */
  readonly issueClient: (overrides?: Partial<LeafOptions>, issuer?: KeyPair) => Promise<Issued>;
  /** Another server certificate, for localhost unless said otherwise, from `issuer` (the server CA by default). */
  readonly issueServer: (overrides?: Partial<LeafOptions>, issuer?: KeyPair) => Promise<Issued>;
}

const DAYS = 30;
const ALICE: LeafOptions = {
  commonName: 'Alice Example',
  organization: 'Example',
  days: DAYS,
  names: { email: ['alice@example.com'], uri: ['spiffe://example.com/alice'] },
};
const LOCALHOST: LeafOptions = {
  commonName: 'localhost',
  days: DAYS,
  names: { dns: ['localhost'], ip: ['127.0.0.1', '::1'] },
};
const EDGE_NAMES = {
  dns: ['localhost', 'sallyport.localhost', '*.sallyport.localhost', '*.localhost.pomerium.io'],
  ip: ['127.0.0.1', '::1'],
};

let made: Promise<TestPki> | undefined;

/** The same certificates for every caller in this process. */
export function makeTestPki(): Promise<TestPki> {
  made ??= make();
  return made;
}

/** A CA that nobody trusts, unless the test says so. */
export function makeTestRoot(commonName: string, overrides: Partial<RootOptions> = {}): Promise<Issued> {
  return issueRoot({ commonName, organization: 'Test', days: DAYS, ...overrides });
}

/** A CA under `issuer`, which needs a path length for it. */
export function makeTestIntermediate(
  issuer: KeyPair,
  commonName: string,
  overrides: Partial<RootOptions> = {},
): Promise<Issued> {
  return issueIntermediate(issuer, { commonName, organization: 'Test', days: DAYS, ...overrides });
}

async function make(): Promise<TestPki> {
  const [serverCa, clientCa, upstreamCa] = await Promise.all([
    makeTestRoot('Test server CA'),
    makeTestRoot('Test client CA'),
    makeTestRoot('Test upstream CA'),
  ]);
  const [edge, client, upstreamClient, app] = await Promise.all([
    issueServer(serverCa, { ...LOCALHOST, names: EDGE_NAMES }),
    issueClient(clientCa, ALICE),
    issueClient(upstreamCa, { commonName: 'Sallyport', days: DAYS, names: { dns: ['sallyport.internal'] } }),
    issueServer(serverCa, { ...LOCALHOST, names: { dns: ['localhost', 'app.internal'], ip: ['127.0.0.1'] } }),
  ]);
  return {
    serverCa,
    clientCa,
    upstreamCa,
    edge,
    client,
    upstreamClient,
    app,
    issueClient: (overrides = {}, issuer = clientCa) => issueClient(issuer, { ...ALICE, ...overrides }),
    issueServer: (overrides = {}, issuer = serverCa) => issueServer(issuer, { ...LOCALHOST, ...overrides }),
  };
}
