// What changes without a look at the configuration, which may be in the middle of an edit: revocation lists that were
// fetched, certificates that were renewed, apps that fall out and come back.
import type { CredentialStore } from '../certs/credential-store.ts';
import { Staples, type StaplesParts } from '../certs/staples.ts';
import { OcspAnswers } from '../certs/ocsp-answers.ts';
import type { EdgeSettings } from '../edge/edge.ts';
import { Discoveries } from '../upstream/discoveries.ts';
import { HealthChecks } from '../upstream/health-check.ts';
import type { PoolSource } from '../upstream/pooled-endpoint.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { Autocert, type AutocertParts } from './autocert.ts';
import type { Build } from './build.ts';
import { hstsWith } from './hsts.ts';
import type { NotedCertificate } from './inventory.ts';
import { RemoteLists } from './remote-lists.ts';

/** Where certificates stand in the inventory that no setting names. */
const PLACE = 'autocert';

export type RenewalTrigger = 'crl' | 'certificate';

export interface RenewalsParts extends Omit<AutocertParts, 'onChange'> {
  /** Something is new: `renewed` says what. */
  readonly onChange: (trigger: RenewalTrigger) => void;
  readonly onListFailure: (url: string, why: string) => void;
  readonly onStapleFailure: StaplesParts['onFailure'];
  /** Where the apps are that are looked at; undefined: none is. */
  readonly apps?: PoolSource;
}

export class Renewals {
  readonly remote: RemoteLists;
  readonly ocsp: OcspAnswers;
  readonly autocert: Autocert;
  readonly staples: Staples;
  /** What DNS says about the apps. */
  readonly names = new Discoveries(() => this.#check());
  readonly #checks: HealthChecks | undefined;
  #followed: readonly Upstream[] = [];

  constructor(parts: RenewalsParts) {
    this.remote = new RemoteLists({
      clock: parts.clock,
      onChange: () => parts.onChange('crl'),
      onFailure: parts.onListFailure,
    });
    this.#checks = parts.apps && new HealthChecks(parts.apps);
    this.ocsp = new OcspAnswers(parts.clock);
    this.staples = new Staples({ clock: parts.clock, onFailure: parts.onStapleFailure });
    this.autocert = new Autocert({ ...parts, onChange: () => parts.onChange('certificate') });
  }

  /** What this build needs is looked after from now on, and nothing else. */
  follow({ edge, autocert, settings, followed }: Build): void {
    this.#followed = followed;
    this.names.follow(followed);
    this.#check();
    this.remote.retain(edge.tls.groups);
    this.staples.follow(settings.ocsp_stapling ? (edge.tls.groups[0]?.credentials.all ?? []) : []);
    this.autocert.apply(autocert);
  }

  /** The same with the lists and certificates of `now`; the very same object where nothing is new. */
  async renewed(build: Build, now: number): Promise<Build> {
    const { edge } = build;
    const groups = this.remote.renewed(edge.tls.groups, now);
    const withLists = groups === edge.tls.groups ? build : { ...build, edge: withGroups(edge, groups) };
    return await withCertificates(withLists, this.autocert, now);
  }

  stop(): void {
    this.names.stop();
    this.#checks?.stop();
    this.remote.stop();
    this.ocsp.stop();
    this.staples.stop();
    this.autocert.stop();
  }

  #check(): void {
    this.#checks?.follow(this.#followed.flatMap(({ checked }) => checked));
  }
}

/** The same with the certificates of now; the very same object where none is new. */
export async function withCertificates(build: Build, autocert: Autocert, now: number): Promise<Build> {
  if (build.autocert === undefined) return build;
  const before = build.edge.tls.groups[0]?.credentials;
  const credentials = await autocert.credentials(build.autocert, now);
  return before !== undefined && isSame(before, credentials) ? build : withCredentials(build, credentials);
}

/** Certificates that nobody has written into the configuration are noted, too. */
function withCredentials(build: Build, credentials: CredentialStore): Build {
  const groups = build.edge.tls.groups.map((group) => ({ ...group, credentials }));
  const given = build.inventory.filter(({ place }) => place !== PLACE);
  const known = new Set(given.map(({ facts }) => facts.sha256));
  const others = credentials.all
    .filter(({ leaf }) => !known.has(leaf.sha256))
    .flatMap(({ leaf, chain }) => [leaf].concat(chain))
    .map((facts): NotedCertificate => ({ use: 'edge', place: PLACE, facts }));
  return {
    ...build,
    edge: withGroups(build.edge, groups),
    served: { ...build.served, hsts: hstsWith(credentials) },
    inventory: [...given, ...others],
  };
}

function withGroups(edge: EdgeSettings, groups: EdgeSettings['tls']['groups']): EdgeSettings {
  return { ...edge, tls: { ...edge.tls, groups } };
}

function isSame(one: CredentialStore, other: CredentialStore): boolean {
  const [these, those] = [one.all, other.all];
  return these.length === those.length && these.every((credential, index) => credential === those[index]);
}
