// A proxy with a host where client certificates are given, its CA on disk, and requests for certificates.
import path from 'node:path';
import { prepareDevCertificates } from '../../src/certs/dev-certificates.ts';
import { clientNames, type MoreNames } from '../../src/certs/client-names.ts';
import { invite } from '../../src/certs/invitations.ts';
import type { ProxyOptions } from '../../src/app/proxy-contract.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { makeCsr } from '../../src/pki/csr.ts';
import { newKey } from '../../src/pki/new-key.ts';
import { call, type Answer, type Call } from './client.ts';
import { temporaryFolder } from './folder.ts';
import { type RunningProxy, startProxy } from './proxy.ts';

export const ENROL_HOST = 'enrol.sallyport.localhost';
/** The same, for those alone who have a certificate. */
export const EST_HOST = 'est.sallyport.localhost';
export const WHOAMI_HOST = 'whoami.sallyport.localhost';

/** What a client shows of itself. */
export interface ShownCertificate {
  readonly cert?: string;
  readonly key?: string;
  readonly localAddress?: string;
}

export interface EnrolSetUp extends RunningProxy {
  readonly folder: string;
  /** The token of a new invitation. */
  readonly invite: (who: string, more?: MoreNames & { readonly until?: number }) => Promise<string>;
  readonly call: (made: Call & { readonly host: string }, shown?: ShownCertificate) => Promise<Answer>;
  /** POSTs a request for a certificate; `made` overrides. */
  readonly ask: (operation: string, made?: Call, shown?: ShownCertificate) => Promise<Answer>;
}

type Teardown = Parameters<typeof startProxy>[0];

/** The development CAs in a folder of their own. */
export async function devFolder(t: Teardown): Promise<string> {
  const folder = temporaryFolder(t);
  await prepareDevCertificates({ folder, now: Date.now(), isFresh: false, permit: [] });
  return folder;
}

/** `more.routes` come after those of enrolment. */
export async function startEnrolment(
  t: Teardown,
  more: Partial<ConfigInput> = {},
  { folder: given, ...options }: ProxyOptions & { readonly folder?: string } = {},
): Promise<EnrolSetUp> {
  const folder = given ?? (await devFolder(t));
  const enrol = { ca_dir: folder, certificate_lifetime: '1h' };
  const { routes = [], ...others } = more;
  const running = await startProxy(
    t,
    {
      downstream_mtls: { ca_file: path.join(folder, 'client-ca.crt') },
      hosts: [{ host: ENROL_HOST, downstream_mtls: { client_certificate: 'request' } }],
      ...others,
      routes: [
        { from: `https://${ENROL_HOST}`, allow_public_unauthenticated_access: true, enrol },
        { from: `https://${EST_HOST}`, enrol },
        ...routes,
      ],
    },
    options,
  );
  const { port, pki } = running;
  const callHost: EnrolSetUp['call'] = (made, shown) =>
    call({ host: '127.0.0.1', port, ca: pki.serverCa.certPem, servername: made.host, ...shown }, made);
  return {
    ...running,
    folder,
    call: callHost,
    invite: (who, { until = Date.now() + 60_000, ...names } = {}) =>
      invite(folder, { ...clientNames(who, names), until }),
    ask: async (operation, made = {}, shown) =>
      await callHost(
        {
          host: ENROL_HOST,
          method: 'POST',
          path: `/.well-known/est/${operation}`,
          body: made.body ?? (await newRequest()).body,
          ...made,
          headers: { 'content-type': 'application/pkcs10', ...made.headers },
        },
        shown,
      ),
  };
}

/** A key and the body that asks for a certificate for it; `names` are what the request says. */
export async function newRequest(...names: string[]): Promise<{ key: string; body: string }> {
  const key = newKey('ec-p256');
  const csr = await makeCsr(key, names);
  return { key: key.export({ type: 'pkcs8', format: 'pem' }), body: csr.toString('base64') };
}

export const basic = (token: string, user = ''): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`,
});
