// Settings of a host where people and machines get client certificates.
import { z } from 'zod';
import { duration, file } from './schema-values.ts';

export const enrol = z.strictObject({
  ca_dir: file()
    .prefault('certs')
    .describe('Folder of the CAs that `sallyport ca init` made; `client-ca.key` there signs.'),
  certificate_lifetime: duration({ min: 300_000, max: 2_073_600_000 })
    .prefault('168h')
    .describe('How long a certificate is valid.'),
});
