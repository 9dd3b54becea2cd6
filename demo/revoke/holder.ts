// A child process that holds connections for people, as many as it is told, and reports each one that closes. In a
// process of its own, so that the clients' work is not done by the one that is being watched.
import { HeldConnection } from './held-connection.ts';
import type { HoldOrder, Order, Report, Use } from './messages.ts';

/** Handshakes under way at once. */
const AT_ONCE = 32;
const USES: readonly Use[] = ['idle', 'websocket', 'download'];

const held: HeldConnection[] = [];

const report = (message: Report): void => {
  process.send?.(message);
};

async function hold({ port, host, caPem, people }: HoldOrder): Promise<void> {
  const wanted = people.flatMap((person) =>
    USES.flatMap((use) => Array.from({ length: person.holds[use] }, () => ({ person, use }))),
  );
  const next = wanted.values();
  const openAll = async (): Promise<void> => {
    for (const { person, use } of next) {
      const options = {
        host: '127.0.0.1',
        port,
        servername: host,
        ca: caPem,
        cert: person.certPem,
        key: person.keyPem,
      };
      held.push(await HeldConnection.open(options, { person: person.name, use, host }, report));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, openAll));
  report({ kind: 'held', open: held.length });
}

async function useAll(): Promise<void> {
  let answered = 0;
  const open = held.filter(({ isOpen }) => isOpen);
  const next = open.values();
  const askAll = async (): Promise<void> => {
    for (const connection of next) if (await connection.answers()) answered++;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askAll));
  report({ kind: 'used', answered, silent: open.length - answered });
}

process.on('message', (order: Order) => {
  const work = order.kind === 'hold' ? hold(order) : useAll();
  work.catch((error: unknown) => {
    report({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  });
});
process.on('disconnect', () => process.exit());
