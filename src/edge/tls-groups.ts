// The TLS groups of a listener: which of them a ClientHello falls under, and how a reload changes them. A name that no
// setting speaks of falls under the default; a hello without a name under the group made for that, or under none.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { HostMap } from '../core/host-map.ts';
import type { Hostname } from '../core/hostname.ts';
import { Judge } from './judge.ts';
import type { TicketKeys } from './ticket-keys.ts';
import { type StapleFor, TlsGroup, type TlsGroupSettings } from './tls-group.ts';

export interface TlsGroupsSettings {
  /** Never empty; names are unique. */
  readonly groups: readonly TlsGroupSettings[];
  /** Name of a group by host. */
  readonly hosts: HostMap<string>;
  /** Name of the group for every other host. */
  readonly defaultGroup: string;
  /** Name of the group for clients that name no host; undefined: they are refused. */
  readonly namelessGroup: string | undefined;
}

/** Name of the group that a hello falls under; undefined: it names no host, and such clients are refused. */
export function groupNameFor(settings: TlsGroupsSettings, sni: Hostname | undefined): string | undefined {
  return sni === undefined ? settings.namelessGroup : (settings.hosts.lookup(sni) ?? settings.defaultGroup);
}

/** A group with whoever judges its clients. */
export interface GroupMember {
  readonly group: TlsGroup;
  /** Undefined where no certificate is asked for. */
  readonly judge: Judge | undefined;
}

export interface TlsGroupsEvents {
  /** As in `TlsGroupEvents`. */
  onSecure(member: GroupMember, socket: TLSSocket, raw: Socket): void;
  onFailed(error: Error, raw: Socket | undefined): void;
  readonly staple?: StapleFor | undefined;
}

export class TlsGroups {
  readonly #ticketKeys: TicketKeys;
  readonly #events: TlsGroupsEvents;
  #settings: TlsGroupsSettings;
  #members = new Map<string, GroupMember>();

  /** Throws when a certificate or key of a group is unusable. */
  constructor(settings: TlsGroupsSettings, ticketKeys: TicketKeys, events: TlsGroupsEvents) {
    this.#ticketKeys = ticketKeys;
    this.#events = events;
    this.#settings = settings;
    this.#members = new Map(settings.groups.map((group) => [group.name, this.#create(group)]));
  }

  /** As `groupNameFor`. */
  forHello(sni: Hostname | undefined): TlsGroup | undefined {
    const name = groupNameFor(this.#settings, sni);
    return name === undefined ? undefined : this.#members.get(name)?.group;
  }

  /** Puts new ticket keys in force where it is time. */
  rotateTicketKeys(): void {
    for (const { group } of this.#members.values()) group.rotate();
  }

  /** Whether this very group is still in force. */
  has({ group }: GroupMember): boolean {
    return this.#members.get(group.settings.name)?.group === group;
  }

  /**
   * Swaps the settings of all groups, or of none: throws with nothing changed when a certificate is unusable. Returns
   * whether what is trusted has changed anywhere.
   */
  apply(settings: TlsGroupsSettings): boolean {
    const members = new Map<string, GroupMember>();
    const commits: (() => void)[] = [];
    let isTrustNew = false;
    for (const next of settings.groups) {
      const known = this.#members.get(next.name);
      const isKept = known !== undefined && isAlike(known.group.settings, next);
      if (!isKept) {
        members.set(next.name, this.#create(next));
        continue;
      }
      const { group, judge } = known;
      const commit = group.prepare(next);
      isTrustNew ||= next.trust?.version !== group.settings.trust?.version;
      commits.push(() => {
        commit();
        if (judge !== undefined && next.trust !== undefined) judge.trust = next.trust;
      });
      members.set(next.name, known);
    }
    for (const commit of commits) commit();
    this.#members = members;
    this.#settings = settings;
    return isTrustNew;
  }

  #create(settings: TlsGroupSettings): GroupMember {
    const group = new TlsGroup(settings, this.#ticketKeys, {
      onSecure: (socket, raw) => this.#events.onSecure(member, socket, raw),
      onFailed: (error, raw) => this.#events.onFailed(error, raw),
      staple: this.#events.staple,
    });
    const member: GroupMember = {
      group,
      judge: settings.trust === undefined ? undefined : new Judge(settings.trust),
    };
    return member;
  }
}

/** Whether a group may go on with these settings. */
function isAlike(one: TlsGroupSettings, other: TlsGroupSettings): boolean {
  return one.clientCertificate === other.clientCertificate && one.protocols.join() === other.protocols.join();
}
