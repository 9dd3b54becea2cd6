// Everything that is asked of a client that sends one request at a time is asked of one that lets them stand in line.
process.env['UPSTREAM_CLIENT'] = 'raw';
process.env['PIPELINING'] = '8';
await import('./faults.test.ts');
await import('./plain-request.test.ts');
await import('./request-body.test.ts');
await import('./response-body.test.ts');
await import('./storm.test.ts');
await import('./timeouts.test.ts');
await import('./tls.test.ts');
await import('./upgrade.test.ts');
