// Everything that is asked of the first client for apps is asked of the second as well: the same tests, again.
process.env['UPSTREAM_CLIENT'] = 'raw';
await import('./faults.test.ts');
await import('./plain-request.test.ts');
await import('./request-body.test.ts');
await import('./response-body.test.ts');
await import('./storm.test.ts');
await import('./timeouts.test.ts');
await import('./tls.test.ts');
await import('./upgrade.test.ts');
