// `node faulty-store.ts FOLDER STEP FAULT`: writes 'new' to a storage, with a disk that fails at one step of it, or a
// process that is killed there. Prints the code of what was thrown, or `written`.
import fsPromises, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/** Everything that a write asks of the file system, in order. */
export const STEPS = [
  'mkdir',
  'open',
  'chmod',
  'half',
  'writeFile',
  'sync',
  'close',
  'rename',
  'open folder',
];

export const FAULTS = ['ENOSPC', 'EIO', 'kill'];

export const KEY = 'certificates/acme.example/a.example.pem';

function fail(fault: string): never {
  if (fault === 'kill') process.kill(process.pid, 'SIGKILL');
  throw Object.assign(new Error(`${fault}: for a test`), { code: fault });
}

function spoil(step: string, fault: string): void {
  const original = { ...fsPromises };
  const handleOf = (handle: FileHandle): FileHandle => {
    const methods = ['chmod', 'sync', 'close'] as const;
    for (const method of methods)
      if (step === method) handle[method] = () => Promise.resolve().then(() => fail(fault));
    const write = handle.writeFile.bind(handle);
    if (step === 'writeFile') handle.writeFile = () => Promise.resolve().then(() => fail(fault));
    if (step === 'half')
      handle.writeFile = async (data) => {
        await write((data as string).slice(0, 2));
        fail(fault);
      };
    return handle;
  };
  let opened = 0;
  Object.assign(fsPromises, {
    mkdir: async (...args: Parameters<typeof original.mkdir>) =>
      step === 'mkdir' ? fail(fault) : await original.mkdir(...args),
    open: async (...args: Parameters<typeof original.open>) => {
      opened++;
      if (step === 'open' && opened === 1) fail(fault);
      if (step === 'open folder' && opened === 2) fail(fault);
      const handle = await original.open(...args);
      return opened === 1 ? handleOf(handle) : handle;
    },
    rename: async (...args: Parameters<typeof original.rename>) =>
      step === 'rename' ? fail(fault) : await original.rename(...args),
  });
  syncBuiltinESMExports();
}

if (import.meta.main) {
  const [folder = '', step = '', fault = ''] = process.argv.slice(2);
  const { FileStorage } = await import('../../src/certs/storage/file-storage.ts');
  spoil(step, fault);
  try {
    await new FileStorage(folder).write(KEY, 'new');
    console.log('written');
  } catch (error) {
    console.log((error as NodeJS.ErrnoException).code);
  }
}
