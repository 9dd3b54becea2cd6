// `npm run demo:revoke`: takes one person's certificate back while thousands of connections are open, and shows who is
// shown out, how fast, and that nobody else is.
import { parseArgs } from 'node:util';
import { type DemoResult, runDemo } from './revoke/run.ts';

const USAGE = `Usage: npm run demo:revoke -- [options]

  --connections N   in all (default 1000)
  --people N        who hold them (default: one for every ten connections)
  --processes N     that hold them (default 2)
  --json            prints the result as JSON`;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      connections: { type: 'string', default: '1000' },
      people: { type: 'string' },
      processes: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const connections = whole('connections', values.connections);
  const people = values.people === undefined ? Math.ceil(connections / 10) : whole('people', values.people);
  const processes = whole('processes', values.processes);
  if (connections < 3 * people) throw new Error('--connections: each of the people needs three at least');
  const say = values.json ? () => undefined : (text: string) => console.log(text);
  const result = await runDemo({ connections, people, processes }, say);
  console.log(values.json ? JSON.stringify(result) : storyOf(result));
}

function whole(name: string, text: string): number {
  const number = Number(text);
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`--${name}: '${text}' is not a whole number from 1`);
  return number;
}

function storyOf(result: DemoResult): string {
  const { held, people, closed, othersClosed, answered, silent, reloadMs, again, revocations } = result;
  const lines = closed.map(({ use, code, afterMs }) => {
    const how = { idle: 'closed', websocket: `closed with ${code}`, download: 'cut at the deadline' }[use];
    return `  ${use.padEnd(10)} ${how}, ${afterMs} ms after the reload`;
  });
  return [
    '',
    `${people} people hold ${held} connections. One certificate is revoked; the reload takes ${reloadMs} ms.`,
    ...lines,
    `Of everybody else, ${othersClosed} connections closed; ${answered} answered afterwards, ${silent} did not.`,
    `Whoever lost access and connects again gets ${again}.`,
    `The log has ${revocations.length} lines for it, each with the reason '${revocations[0]?.reason}'.`,
  ].join('\n');
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
