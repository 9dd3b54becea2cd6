import t from 'tap';
import { type ProxiedAddresses, SIGNATURE, proxyHeader } from '../../../src/core/proxy-protocol.ts';
import { crc32c } from '../../../src/edge/crc32c.ts';
import { parseProxyHeader } from '../../../src/edge/proxy-header.ts';
import * as fc from '../../support/property.ts';

const v1 = (line: string) => parseProxyHeader(Buffer.from(`${line}\r\n`, 'latin1'));
const v2 = (command: number, family: number, rest: Buffer | string, length?: number) => {
  const body = Buffer.from(rest as string, 'hex');
  const size = Buffer.alloc(2);
  size.writeUInt16BE(length ?? body.length);
  return Buffer.concat([SIGNATURE, Buffer.from([command, family]), size, body]);
};
/** 192.0.2.1, 192.0.2.2, 8080, 443. */
const FOUR = 'c0000201c00002021f9001bb';
const ADDRESSES = {
  sourceAddress: '192.0.2.1',
  sourcePort: 8080,
  destinationAddress: '192.0.2.2',
  destinationPort: 443,
};

t.test('version 1', (t) => {
  t.match(v1('PROXY TCP4 192.0.2.1 192.0.2.2 8080 443'), { length: 41, addresses: ADDRESSES });
  t.match(v1('PROXY TCP6 2001:DB8::0:1 ::1 1 65535'), {
    addresses: { sourceAddress: '2001:db8::1', destinationAddress: '::1', destinationPort: 65_535 },
  });
  t.match(v1('PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2'), { addresses: { sourceAddress: '192.0.2.1' } });
  t.match(v1('PROXY UNKNOWN'), { length: 15, addresses: undefined });
  t.match(v1('PROXY UNKNOWN ffff::1 ffff::2 1 2'), { addresses: undefined });
  for (const wrong of [
    'PROXY',
    'PROXY ',
    'PROXY TCP4',
    'PROXY TCP4 192.0.2.1 192.0.2.2 8080',
    'PROXY TCP4 192.0.2.1 192.0.2.2 8080 443 ',
    'PROXY  TCP4 192.0.2.1 192.0.2.2 8080 443',
    'PROXY TCP4 ::1 ::1 8080 443',
    'PROXY TCP6 192.0.2.1 192.0.2.2 8080 443',
    'PROXY TCP4 192.0.2.256 192.0.2.2 8080 443',
    'PROXY TCP4 192.0.2.1 192.0.2.2 08080 443',
    'PROXY TCP4 192.0.2.1 192.0.2.2 65536 443',
    'PROXY TCP4 192.0.2.1 192.0.2.2 -1 443',
    'PROXY UDP4 192.0.2.1 192.0.2.2 8080 443',
    'proxy TCP4 192.0.2.1 192.0.2.2 8080 443',
    `PROXY UNKNOWN ${'x'.repeat(100)}`,
    'PROXY UNKNOWN\0',
    'PROXY TCP4 192.0.2.1 192.0.2.2 8080 443\n',
  ])
    t.match(v1(wrong), /^proxy_header_/, JSON.stringify(wrong));
  t.end();
});

t.test('version 2', (t) => {
  t.strictSame(parseProxyHeader(v2(0x21, 0x11, FOUR)), { length: 28, addresses: ADDRESSES });
  t.strictSame(parseProxyHeader(v2(0x20, 0, '')), { length: 16, addresses: undefined }, 'LOCAL');
  t.strictSame(
    parseProxyHeader(v2(0x20, 0x11, FOUR)),
    { length: 28, addresses: undefined },
    'LOCAL, ignored',
  );
  t.match(parseProxyHeader(v2(0x21, 0x31, Buffer.alloc(216).toString('hex'))), { addresses: undefined });
  t.match(parseProxyHeader(v2(0x21, 0x11, `${FOUR}020003616263`)), { length: 34, addresses: ADDRESSES });
  const summed = v2(0x21, 0x11, `${FOUR}03000400000000`);
  summed.writeUInt32BE(crc32c(summed), summed.length - 4);
  t.match(parseProxyHeader(summed), { addresses: ADDRESSES });
  summed.writeUInt32BE(1, summed.length - 4);
  for (const [name, wrong] of Object.entries({
    'a checksum that is wrong': summed,
    'version 1 in its form': v2(0x11, 0x11, FOUR),
    'an unknown command': v2(0x22, 0x11, FOUR),
    'an unknown family': v2(0x21, 0x41, FOUR),
    UDP: v2(0x21, 0x12, FOUR),
    'too short for its addresses': v2(0x21, 0x11, FOUR.slice(0, -2)),
    'IPv6 in the room of IPv4': v2(0x21, 0x21, FOUR),
    'a value beyond the end': v2(0x21, 0x11, `${FOUR}0200ff61`),
    'half a value': v2(0x21, 0x11, `${FOUR}02`),
    'a checksum of two bytes': v2(0x21, 0x11, `${FOUR}0300020000`),
    'too long': v2(0x21, 0x11, FOUR, 0xffff),
  }))
    t.equal(parseProxyHeader(wrong), 'proxy_header_malformed', name);
  t.end();
});

t.test('what is no header is said at the first byte that differs', (t) => {
  for (const other of ['\x16\x03\x01', 'GET / HTTP/1.1', 'PROXX', '\r\n\r\n\0\r\nQUIX'])
    t.equal(parseProxyHeader(Buffer.from(other, 'latin1')), 'proxy_header_missing', JSON.stringify(other));
  t.end();
});

t.test('CRC-32C of RFC 3720', (t) => {
  t.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  t.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  t.end();
});

const address4 = fc.ipV4();
const address6 = fc.ipV6().filter((address) => URL.canParse(`http://[${address}]`));
const port = fc.integer({ min: 0, max: 65_535 });

t.test('what we write we read; cut anywhere it asks for more, and never for more than there is', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom('v1' as const, 'v2' as const),
      fc.oneof(fc.tuple(address4, address4), fc.tuple(address6, address6)),
      fc.tuple(port, port),
      (version, [sourceAddress, destinationAddress], [sourcePort, destinationPort]) => {
        const addresses: ProxiedAddresses = {
          sourceAddress,
          sourcePort,
          destinationAddress,
          destinationPort,
        };
        const bytes = proxyHeader(version, addresses, 'db.example.com');
        const whole = parseProxyHeader(Buffer.concat([bytes, Buffer.from('more')]));
        if (typeof whole === 'string' || 'needed' in whole) return false;
        const ports = [whole.addresses?.sourcePort, whole.addresses?.destinationPort];
        if (whole.length !== bytes.length || ports.join() !== `${sourcePort},${destinationPort}`)
          return false;
        for (let cut = 1; cut < bytes.length; cut++) {
          const part = parseProxyHeader(bytes.subarray(0, cut));
          if (typeof part === 'string' || !('needed' in part)) return false;
          if (part.needed <= cut || part.needed > bytes.length) return false;
        }
        return true;
      },
    ),
  );
  t.end();
});

t.test('no bytes make it throw', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (random, isSigned) => {
      parseProxyHeader(isSigned ? Buffer.concat([SIGNATURE, random]) : Buffer.from(random));
      return true;
    }),
  );
  t.end();
});
