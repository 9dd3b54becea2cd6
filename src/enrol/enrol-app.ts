// What answers on a host with `enrol`: EST for machines, and a page for people that speaks it, too.
import { clientRecord } from '../core/client-record.ts';
import { headerValue } from '../core/flat-headers.ts';
import { modulePagePolicy } from '../core/page.ts';
import type { EnrolmentRecord, Observer } from '../core/observer.ts';
import type { LocalAnswer, LocalApp, LocalRequest } from '../exchange/local-app.ts';
import type { CertificateFacts } from '../pki/identity.ts';
import { browserScripts, PAGE_SCRIPT } from './browser-scripts.ts';
import { EnrolFault } from './enrol-fault.ts';
import { Enrolment, type EnrolmentSettings } from './enrolment.ts';
import { certificatesAnswer, EST, enrol, faultAnswer, operationOf, otherMethods, proofIn } from './est.ts';
import { enrolPage } from './page.ts';

const SCRIPTS = '/enrol/';
const READS = ['GET', 'HEAD'];
const PAGE_FIELDS = [
  'Content-Type',
  'text/html; charset=utf-8',
  'Cache-Control',
  'no-store',
  'Content-Security-Policy',
  modulePagePolicy(),
  'Referrer-Policy',
  'no-referrer',
];
/** A request with an RSA key of 4096 bits and many names has 2 KiB. */
const MAX_BODY = 16 * 1024;

export class EnrolApp implements LocalApp {
  readonly maxBodyBytes = MAX_BODY;
  readonly #enrolment: Enrolment;

  constructor(settings: EnrolmentSettings) {
    this.#enrolment = new Enrolment(settings);
  }

  async answer(request: LocalRequest, observer: Observer): Promise<LocalAnswer> {
    const operation = request.path.startsWith(EST) ? operationOf(request.path) : undefined;
    if (operation === undefined) return await this.#show(request);
    const allowed = otherMethods(operation, request.method);
    if (allowed !== undefined) return methodAnswer(allowed);
    switch (operation) {
      case 'cacerts':
        return certificatesAnswer(await this.#enrolment.authorities(request.time));
      case 'csrattrs':
        return { status: 204, fields: [], body: Buffer.alloc(0) };
      case 'simpleenroll':
      case 'simplereenroll':
        return await this.#enrol(proofIn(operation, request), request, observer);
      default:
        return operation satisfies never;
    }
  }

  /** The page, what belongs to it, or nothing. */
  async #show({ method, path, identity, time }: LocalRequest): Promise<LocalAnswer> {
    const script = path.startsWith(SCRIPTS)
      ? (await browserScripts()).get(path.slice(SCRIPTS.length))
      : undefined;
    if (path !== '/' && script === undefined) return textAnswer(404, 'There is nothing here.');
    if (!READS.includes(method)) return methodAnswer(READS);
    if (script !== undefined)
      return {
        status: 200,
        fields: ['Content-Type', 'text/javascript; charset=utf-8', 'Cache-Control', 'no-cache'],
        body: script,
      };
    const isOurs = identity !== undefined && (await this.#enrolment.gave(identity.leaf, time));
    const text = enrolPage(`${SCRIPTS}${PAGE_SCRIPT}`, isOurs ? identity.leaf : undefined);
    return { status: 200, fields: PAGE_FIELDS, body: Buffer.from(text) };
  }

  async #enrol(by: EnrolmentRecord['by'], request: LocalRequest, observer: Observer): Promise<LocalAnswer> {
    try {
      const issued = await enrol(by, request, this.#enrolment);
      observer.enrolment(record(by, request, issued));
      return certificatesAnswer([issued.der]);
    } catch (fault) {
      if (!(fault instanceof EnrolFault)) throw fault;
      observer.enrolment(record(by, request, fault));
      return faultAnswer(fault, /^bearer /i.test(headerValue(request.headers, 'authorization') ?? ''));
    }
  }
}

function record(
  by: EnrolmentRecord['by'],
  { time, requestId, remoteAddress, identity }: LocalRequest,
  outcome: CertificateFacts | EnrolFault,
): EnrolmentRecord {
  const isRefused = outcome instanceof EnrolFault;
  const told = isRefused ? identity?.leaf : outcome;
  return {
    time,
    requestId,
    remoteAddress,
    by,
    reason: isRefused ? outcome.reason : undefined,
    detail: isRefused ? outcome.detail : undefined,
    client: told && clientRecord(told),
    notAfter: isRefused ? undefined : outcome.notAfter,
  };
}

const methodAnswer = (allowed: readonly string[]): LocalAnswer =>
  textAnswer(405, 'This method is not served here.', ['Allow', allowed.join(', ')]);

function textAnswer(status: number, text: string, more: readonly string[] = []): LocalAnswer {
  const fields = ['Content-Type', 'text/plain; charset=utf-8', 'Cache-Control', 'no-store', ...more];
  return { status, fields, body: Buffer.from(`${text}\n`) };
}
