// Imported before everything else by what embeds the proxy: on a Node that is not safe, the one sentence is thrown
// before any library has had a chance to fail with a less helpful one.
import { nodeVersionFault } from './node-version.ts';

const fault = nodeVersionFault(process.versions.node);
if (fault !== undefined) throw new Error(fault);
