import t from 'tap';
import { formatDocument, type BenchResults } from '../../../bench/run/document.ts';

const RESULTS: BenchResults = {
  measuredAt: '2026-01-02T03:04:05.000Z',
  command: 'npm run bench -- --rounds 3',
  rounds: 3,
  minutes: 7.5,
  machine: {
    processor: 'Some Processor',
    processors: 2,
    memoryGib: 8,
    kernel: 'Linux 6.1',
    node: '26.10.0',
    openssl: '3.5.0',
    loadAverage: 0.1,
  },
  upstream: 'nginx 1.22.1',
  reference: 'nginx',
  peers: [{ name: 'nginx', version: '1.22.1', settings: 'one worker' }],
  missing: ['caddy'],
  summary: [],
  figures: [],
};
const TABLES = [{ title: 'Idle connections', head: ['proxy', 'KiB'], rows: [['nginx', '21.3']] }];

t.test('the document says on what, how, by which command and against whom', async (t) => {
  const text = await formatDocument(RESULTS, TABLES);
  t.match(text, /`npm run bench -- --rounds 3` on 2026-01-02 in 7\.5 minutes/);
  t.match(text, /2 x Some Processor, 8 GiB, Linux 6\.1; load average before the bench 0\.1/);
  t.match(text, /- nginx 1\.22\.1: one worker\n/);
  t.match(text, /- caddy was not installed\n/);
  t.match(text, /### Idle connections\n\n\| proxy \| +KiB \|\n\| :?-+ \| -+: \|\n\| nginx \| 21\.3 \|\n$/);
});

t.test('nothing is said about missing proxies when none is', async (t) => {
  const text = await formatDocument({ ...RESULTS, missing: [] }, TABLES);
  t.notMatch(text, /not installed/);
  t.notMatch(text, /undefined|\n\n\n/);
});
