// What answers on a host with `enrol`: EST for machines, and a page for people that speaks it, too.
import { clientRecord } from '../core/client-record.ts';
import { headerValue } from '../core/flat-headers.ts';
import type { EnrolmentRecord, Observer } from '../core/observer.ts';
import type { LocalAnswer, LocalApp, LocalRequest } from '../exchange/local-app.ts';
import type { CertificateFacts } from '../pki/identity.ts';
import { EnrolFault } from './enrol-fault.ts';
import { Enrolment, type EnrolmentSettings } from './enrolment.ts';
import { certificatesAnswer, EST, enrol, faultAnswer, operationOf, otherMethods, proofIn } from './est.ts';

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
    if (operation === undefined) return textAnswer(404, 'There is nothing here.');
    const allowed = otherMethods(operation, request.method);
    if (allowed !== undefined)
      return textAnswer(405, 'This method is not served here.', ['Allow', allowed.join(', ')]);
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

function textAnswer(status: number, text: string, more: readonly string[] = []): LocalAnswer {
  const fields = ['Content-Type', 'text/plain; charset=utf-8', 'Cache-Control', 'no-store', ...more];
  return { status, fields, body: Buffer.from(`${text}\n`) };
}
