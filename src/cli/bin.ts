#!/usr/bin/env node
// The command `sallyport`. First of all: is this Node one to run on? So nothing here is newer than that question.
import { nodeVersionFault } from '../core/node-version.ts';
import { EXIT } from './exit-codes.ts';

const fault = nodeVersionFault(process.versions.node);
if (fault === undefined) {
  import('./main.ts')
    .then(({ main }) => main(process.argv.slice(2)))
    .catch((error) => {
      console.error(error);
      process.exitCode = EXIT.failed;
    });
} else {
  console.error(fault);
  process.exitCode = EXIT.node;
}
