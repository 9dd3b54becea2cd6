// The revocation lists in a file or an answer: DER, or PEM with one list or several.
import { SallyportError } from '../core/errors.ts';
import { TimeSlices } from '../core/time-slices.ts';
import { type Crl, parseCrlInSteps } from './crl.ts';
import { parsePem } from './pem.ts';

/** Reads in slices, so that a list of megabytes holds nobody up. Throws `client_certificate_invalid` with the fault. */
export async function readCrls(content: Buffer): Promise<Crl[]> {
  const lists: Crl[] = [];
  for (const der of listsIn(content)) lists.push(await parseInSlices(der));
  return lists;
}

/** DER of every list in PEM, or the one that the content is. */
function listsIn(content: Buffer): Buffer[] {
  if (content[0] === 0x30) return [content];
  const blocks = parsePem(content.toString('latin1'));
  const other = blocks.find(({ label }) => label !== 'X509 CRL');
  if (other !== undefined)
    throw new SallyportError('client_certificate_invalid', `has a '${other.label}' where lists belong`);
  if (blocks.length === 0)
    throw new SallyportError('client_certificate_invalid', 'there is no revocation list in it');
  return blocks.map(({ der }) => der);
}

async function parseInSlices(der: Buffer): Promise<Crl> {
  const slices = new TimeSlices();
  const steps = parseCrlInSteps(der);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (slices.isOver) await slices.pause();
  }
}
